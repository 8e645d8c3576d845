package pmmlpipeline.bridge.server;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import pmmlpipeline.bridge.json.Json;

/** The body of a request: a JSON object of known keys. */
final class Request {

  private static final int DRAINED = 16; // times the largest body

  private final Map<String, Object> members;

  private Request(Map<String, Object> members) {
    this.members = members;
  }

  /**
   * Reads the body.
   *
   * @param keys that it may have
   * @throws Refusal it is no JSON object, or has another key
   */
  @SuppressWarnings("unchecked")
  static Request of(byte[] body, Set<String> keys) throws Refusal {
    Object value;
    try {
      value = Json.parseWithNaN(body);
    } catch (IOException e) {
      throw Refusal.badRequest("the body is not JSON: " + e.getMessage());
    }
    if (!(value instanceof Map)) {
      throw Refusal.badRequest("the body must be a JSON object");
    }
    Map<String, Object> members = (Map<String, Object>) value;
    for (String key : members.keySet()) {
      if (!keys.contains(key)) {
        throw Refusal.badRequest(
            "the key " + cut(key) + " is unknown; known are " + String.join(", ", sorted(keys)));
      }
    }
    Request request = new Request(members);
    if (request.has("signature_name") && !"serving_default".equals(members.get("signature_name"))) {
      throw Refusal.badRequest("signature_name must be serving_default, the one that there is");
    }
    return request;
  }

  /**
   * The bytes of a body.
   *
   * @param largest how many there may be, after decompression
   * @throws Refusal there are more, or they are compressed in a way that is not known
   * @throws IOException the connection broke
   */
  static byte[] bytes(HttpExchange exchange, int largest) throws Refusal, IOException {
    String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
    String known = encoding == null ? "identity" : encoding.strip().toLowerCase(Locale.ROOT);
    if (!known.equals("identity") && !known.equals("gzip")) {
      throw new Refusal(Refusal.UNSUPPORTED, "Content-Encoding must be gzip or identity");
    }
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    InputStream raw = exchange.getRequestBody();
    if (length != null && length.length() <= 18 && Long.parseLong(length) > largest) {
      drain(raw, largest);
      throw tooLarge(largest);
    }
    byte[] body;
    if (known.equals("gzip")) {
      try {
        body = new GZIPInputStream(raw).readNBytes(largest + 1);
      } catch (java.util.zip.ZipException | java.io.EOFException e) {
        throw Refusal.badRequest("the body is not what gzip writes");
      }
    } else {
      body = raw.readNBytes(largest + 1);
    }
    if (body.length > largest) {
      drain(raw, largest);
      throw tooLarge(largest);
    }
    return body;
  }

  /** Most clients read no answer before they have sent everything; so much of it is passed over. */
  private static void drain(InputStream raw, int largest) throws IOException {
    byte[] chunk = new byte[1 << 16];
    long left = (long) DRAINED * largest;
    for (int n = 0; n >= 0 && left > 0; n = raw.read(chunk)) {
      left -= n;
    }
  }

  private static Refusal tooLarge(int largest) {
    return new Refusal(Refusal.TOO_LARGE, "the body has more than " + largest + " bytes");
  }

  boolean has(String key) {
    return members.get(key) != null;
  }

  Object get(String key) {
    return members.get(key);
  }

  /** A truth value; false where there is none. */
  boolean truth(String key) throws Refusal {
    Object value = members.get(key);
    if (value != null && !(value instanceof Boolean)) {
      throw Refusal.badRequest(key + " must be true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  /**
   * A list that is not empty.
   *
   * @param most elements
   */
  List<?> list(String key, int most) throws Refusal {
    if (!(members.get(key) instanceof List<?> list) || list.isEmpty()) {
      throw Refusal.badRequest(key + " must be a list that is not empty");
    }
    if (list.size() > most) {
      throw new Refusal(Refusal.TOO_LARGE, key + " has more than " + most + " rows");
    }
    return list;
  }

  private static List<String> sorted(Set<String> keys) {
    return keys.stream().sorted().toList();
  }

  private static String cut(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
