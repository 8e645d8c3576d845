package pmmlpipeline.bridge.server;

import java.util.LinkedHashMap;
import java.util.Map;

/** A request that is answered with an error. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  static final int BAD_REQUEST = 400;
  static final int NOT_FOUND = 404;
  static final int METHOD_NOT_ALLOWED = 405;
  static final int TOO_LARGE = 413;
  static final int UNSUPPORTED = 415;
  static final int TOO_MANY = 429;
  static final int UNAVAILABLE = 503;

  private final int status;
  private final transient Map<String, Object> details = new LinkedHashMap<>();

  /**
   * @param status HTTP's
   * @param message for the caller; never a value of another one
   */
  Refusal(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  static Refusal badRequest(String message) {
    return new Refusal(BAD_REQUEST, message);
  }

  /** The same with one more key beside {@code error} in the answer. */
  Refusal with(String key, Object value) {
    details.put(key, value);
    return this;
  }

  int status() {
    return status;
  }

  /** The body of the answer. */
  Map<String, Object> body() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", getMessage());
    body.putAll(details);
    return body;
  }
}
