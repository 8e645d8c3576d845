package pmmlpipeline.bridge.server;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.errors.StoreException;

/**
 * Every model of a store over HTTP.
 *
 * <p>Requests are those of TensorFlow Serving's REST, and so are the answers. The server is the one
 * of the JDK; on Java 21 and newer every request has a virtual thread.
 */
public final class BridgeServer implements AutoCloseable {

  /**
   * How the server works.
   *
   * @param host the address to listen on
   * @param port 0 for any free one
   * @param largestBody bytes of a request's body, after decompression
   * @param mostRows records of a request
   * @param concurrent requests that are scored at once; one more is answered with 429
   * @param drain how long requests that are there may take when the server is closed
   */
  public record Options(
      String host, int port, int largestBody, int mostRows, int concurrent, Duration drain) {

    /** 127.0.0.1:8501, 10 MiB, 10,000 records, 64 requests, half a minute. */
    public static Options defaults() {
      return new Options("127.0.0.1", 8501, 10 << 20, 10_000, 64, Duration.ofSeconds(30));
    }

    /** The same on another address. */
    public Options at(String otherHost, int otherPort) {
      return new Options(otherHost, otherPort, largestBody, mostRows, concurrent, drain);
    }
  }

  private static final int BACKLOG = 1024;

  private final HttpServer server;
  private final Api api;
  private final ExecutorService threads;
  private final Options options;

  private BridgeServer(HttpServer server, Api api, ExecutorService threads, Options options) {
    this.server = server;
    this.api = api;
    this.threads = threads;
    this.options = options;
  }

  /**
   * Starts to answer.
   *
   * @param store opened with everything; it stays open when the server is closed
   * @throws StoreException the address cannot be listened on
   */
  public static BridgeServer start(ModelStore store, Options options) {
    ServerProperties.set();
    try {
      InetSocketAddress address = new InetSocketAddress(options.host(), options.port());
      HttpServer server = HttpServer.create(address, BACKLOG);
      ExecutorService threads = Threads.perRequest();
      server.setExecutor(threads);
      Api api = new Api(store, options);
      server.createContext("/", api);
      server.start();
      return new BridgeServer(server, api, threads, options);
    } catch (IOException e) {
      throw because(
          e,
          new StoreException(
              "cannot listen on " + options.host() + ":" + options.port() + ": " + e.getMessage(),
              "choose another port, or end what listens there"));
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /**
   * Answers further requests with 503, so that whoever spreads the load looks elsewhere, and ends
   * when those that are there are answered, or after a while. The server's own stop would not do:
   * it waits for the whole time even when nothing is there.
   */
  @Override
  public void close() {
    api.drain(options.drain());
    server.stop(0);
    threads.shutdownNow();
  }
}
