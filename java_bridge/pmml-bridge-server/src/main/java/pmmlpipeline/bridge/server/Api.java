package pmmlpipeline.bridge.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.VersionStatus;
import pmmlpipeline.bridge.json.Json;
import pmmlpipeline.bridge.store.Names;

/** Answers requests: TensorFlow Serving's REST under {@code /v1}, and health under {@code /v2}. */
final class Api implements HttpHandler {

  private static final Logger LOG = LoggerFactory.getLogger(Api.class);
  private static final String ID = "X-Request-Id";
  private static final String DOCUMENT = "X-Document-SHA256"; // which document gave the score
  private static final Pattern ID_FORM = Pattern.compile("[A-Za-z0-9._:/+=-]{1,128}");
  private static final long LOOK_MILLIS = 5;
  private static final int OK = 200;
  private static final int INTERNAL = 500;

  private final ModelStore store;
  private final BridgeServer.Options options;
  private final Semaphore places;
  private final AtomicInteger present = new AtomicInteger(); // requests that are not answered yet
  private volatile boolean draining;

  Api(ModelStore store, BridgeServer.Options options) {
    this.store = store;
    this.options = options;
    places = new Semaphore(options.concurrent());
  }

  /** Refuses every further request, and waits until those that are there are answered. */
  void drain(Duration most) {
    draining = true;
    long end = System.nanoTime() + most.toNanos();
    try {
      while (present.get() > 0 && System.nanoTime() - end < 0) {
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    present.incrementAndGet();
    try {
      answered(exchange);
    } finally {
      present.decrementAndGet();
    }
  }

  private void answered(HttpExchange exchange) throws IOException {
    String id = exchange.getRequestHeaders().getFirst(ID);
    if (id != null && ID_FORM.matcher(id).matches()) {
      exchange.getResponseHeaders().set(ID, id);
    }
    int status = OK;
    Map<String, Object> answer;
    try {
      answer = answer(exchange);
    } catch (Refusal e) {
      status = e.status();
      answer = e.body();
      if (status == Refusal.TOO_MANY) {
        exchange.getResponseHeaders().set("Retry-After", "1");
      } else if (status == Refusal.METHOD_NOT_ALLOWED) {
        exchange.getResponseHeaders().set("Allow", "GET, POST");
      }
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      LOG.error("a request to {} failed", exchange.getRequestURI().getRawPath(), e);
      status = INTERNAL;
      answer = Map.of("error", "the service failed; its log says why");
    }
    send(exchange, status, answer);
  }

  private static void send(HttpExchange exchange, int status, Map<String, Object> answer)
      throws IOException {
    byte[] body = (Json.write(answer) + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private Map<String, Object> answer(HttpExchange exchange) throws Refusal, IOException {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getRawPath();
    if (draining) {
      exchange.getResponseHeaders().set("Connection", "close");
      throw new Refusal(Refusal.UNAVAILABLE, "the service ends");
    }
    boolean get = method.equals("GET") || method.equals("HEAD");
    if (!get && !method.equals("POST")) {
      throw new Refusal(Refusal.METHOD_NOT_ALLOWED, "use GET or POST");
    }
    switch (path) {
      case "/v2/health/live":
        return checked(get, Map.of("live", true));
      case "/v2/health/ready":
        if (!store.isReady()) {
          throw new Refusal(Refusal.UNAVAILABLE, "the models are being loaded");
        }
        return checked(get, Map.of("ready", true));
      case "/v1/models":
        return checked(get, Descriptions.models(store));
      default:
    }
    Target target = Target.of(path);
    boolean described = target.verb().isEmpty() || target.verb().equals("metadata");
    checked(get == described, Map.of());
    if (target.verb().isEmpty()) {
      return states(target);
    }
    Scorer scorer = target.scorer(store);
    return described ? Descriptions.metadata(scorer) : scored(exchange, target.verb(), scorer);
  }

  private static Map<String, Object> checked(boolean method, Map<String, Object> answer)
      throws Refusal {
    if (!method) {
      throw new Refusal(Refusal.METHOD_NOT_ALLOWED, "records are sent by POST, the rest is GET");
    }
    return answer;
  }

  private Map<String, Object> states(Target target) throws Refusal {
    Long only = null;
    if (target.label() != null) {
      only = target.scorer(store).manifest().version();
    } else if (target.version() != null) {
      only = Long.parseLong(target.version());
    }
    for (VersionStatus status : target.live(store).statuses()) {
      if (only == null || status.version() == only) {
        return Descriptions.states(target.live(store), only);
      }
    }
    throw target.notFound();
  }

  private Map<String, Object> scored(HttpExchange exchange, String verb, Scorer scorer)
      throws Refusal, IOException {
    exchange
        .getResponseHeaders()
        .set(DOCUMENT, scorer.manifest().files().get(Names.DOCUMENT).sha256());
    byte[] body = Request.bytes(exchange, options.largestBody());
    // Bodies may come slowly; only what is computed with them is bounded.
    if (!places.tryAcquire()) {
      throw new Refusal(Refusal.TOO_MANY, "too many requests at once");
    }
    try {
      return switch (verb) {
        case "predict" -> Predict.answer(scorer, body, options.mostRows());
        case "classify" -> Examples.classified(scorer, body, options.mostRows());
        default -> Examples.regressed(scorer, body, options.mostRows());
      };
    } finally {
      places.release();
    }
  }
}
