package pmmlpipeline.bridge.cli;

import java.nio.charset.StandardCharsets;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import pmmlpipeline.bridge.errors.BridgeException;

/** The command {@code pmml-bridge}. The engines are those that are on the class path. */
@Command(
    name = "pmml-bridge",
    description = "Checks and scores artifacts of pmml-pipeline in Java.",
    subcommands = {Verify.class, Score.class, Bench.class, CommandLine.HelpCommand.class})
public final class Main {

  private Main() {}

  /** Ends with 0 when all is well, 1 when something is refused, 2 when it was called wrongly. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int status =
        new CommandLine(new Main())
            .setOut(out)
            .setErr(err)
            .setExecutionExceptionHandler(Main::failed)
            .execute(arguments);
    if (out.checkError()) { // it keeps its errors to itself
      err.println("error: the results cannot be written; is the disk full, or the reader gone?");
      return 1;
    }
    return status;
  }

  private static int failed(Exception error, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (error instanceof BridgeException refused) {
      command.getErr().println("error (" + refused.code() + "): " + refused.getMessage());
      return 1;
    }
    if (error instanceof java.io.IOException || error instanceof java.io.UncheckedIOException) {
      command.getErr().println("error: " + said(error));
      return 1;
    }
    throw error;
  }

  /** The error's own words; those of the system are only the name of a file. */
  private static String said(Exception error) {
    if (error instanceof java.io.UncheckedIOException) {
      return String.valueOf(error.getCause().getMessage());
    }
    boolean own = error.getClass() == java.io.IOException.class && error.getMessage() != null;
    return own ? error.getMessage() : error.toString();
  }
}
