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
    return new CommandLine(new Main())
        .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler(Main::failed)
        .execute(arguments);
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
    boolean own = error.getClass() == java.io.IOException.class && error.getMessage() != null;
    return own ? error.getMessage() : error.toString();
  }
}
