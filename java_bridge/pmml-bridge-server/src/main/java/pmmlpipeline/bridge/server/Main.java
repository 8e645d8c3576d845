package pmmlpipeline.bridge.server;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.errors.BridgeException;

/** The command {@code pmml-bridge-server}. The engines are those that are on the class path. */
@Command(
    name = "pmml-bridge-server",
    description = "Answers for every model of a store over HTTP, as TensorFlow Serving does.",
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "STORE",
      description = "the folder of the artifacts, or its http address")
  String store;

  @Option(names = "--host", description = "the address to listen on")
  String host = BridgeServer.Options.defaults().host();

  @Option(names = "--port", description = "the port; 0 for any free one")
  int port = BridgeServer.Options.defaults().port();

  @Option(names = "--engine", description = "jpmml or pypmml; else the first certified one")
  String engine;

  @Option(names = "--poll", description = "seconds between two looks at the store")
  double poll = ModelStore.Options.defaults().poll().toMillis() / 1000.0;

  @Option(names = "--max-body", description = "bytes of a request's body, after decompression")
  int largestBody = BridgeServer.Options.defaults().largestBody();

  @Option(names = "--max-rows", description = "records of a request")
  int mostRows = BridgeServer.Options.defaults().mostRows();

  @Option(names = "--concurrent", description = "requests that are scored at once")
  int concurrent = BridgeServer.Options.defaults().concurrent();

  @Option(names = "--drain", description = "seconds that requests have when the server ends")
  int drain = (int) BridgeServer.Options.defaults().drain().toSeconds();

  /** Ends with 1 when it cannot start, 2 when it was called wrongly. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Main())
            .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
            .setExecutionExceptionHandler(Main::failed)
            .execute(arguments));
  }

  private static int failed(Exception error, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (error instanceof BridgeException refused) {
      command.getErr().println("error (" + refused.code() + "): " + refused.getMessage());
      return 1;
    }
    throw error;
  }

  @Override
  public Integer call() throws InterruptedException {
    ModelStore.Options how =
        ModelStore.Options.defaults()
            .withEngine(engine)
            .withPoll(Duration.ofMillis(Math.round(poll * 1000)))
            .withEverything();
    try (ModelStore opened =
        store.contains("://")
            ? ModelStore.open(URI.create(store), how)
            : ModelStore.open(Path.of(store), how)) {
      BridgeServer server =
          BridgeServer.start(
              opened,
              new BridgeServer.Options(
                  host, port, largestBody, mostRows, concurrent, Duration.ofSeconds(drain)));
      Runtime.getRuntime().addShutdownHook(new Thread(server::close));
      // Whoever started it with port 0 reads here where it is.
      spec.commandLine().getOut().println("listening on http://" + host + ":" + server.port());
      new CountDownLatch(1).await(); // until a signal ends the process
    }
    return 0;
  }
}
