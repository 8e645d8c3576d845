package pmmlpipeline.bridge.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON object that is read key by key. What is not of the expected form is named by its path, as
 * {@code certificate.engines[0].rows}.
 */
public final class JsonObject {

  /** A value is not of the expected form. */
  public static final class FormException extends Exception {
    private static final long serialVersionUID = 1L;

    FormException(String message) {
      super(message);
    }
  }

  private final String path;
  private final Map<?, ?> members;

  private JsonObject(String path, Map<?, ?> members) {
    this.path = path;
    this.members = members;
  }

  /** The value, if it is an object. */
  public static JsonObject of(Object value) throws FormException {
    return object("", value);
  }

  private static JsonObject object(String path, Object value) throws FormException {
    if (value instanceof Map<?, ?> members) {
      return new JsonObject(path, members);
    }
    throw new FormException((path.isEmpty() ? "it" : path) + " must be an object");
  }

  /** Its keys, in the order of the text. */
  public List<String> keys() {
    return members.keySet().stream().map(String.class::cast).toList();
  }

  /** Whether there is a value that is not null. */
  public boolean has(String key) {
    return members.get(key) != null;
  }

  public String text(String key) throws FormException {
    return as(key, String.class, "a text");
  }

  /** The text, or null where there is none. */
  public String textOrNull(String key) throws FormException {
    return has(key) ? text(key) : null;
  }

  public boolean truth(String key) throws FormException {
    return as(key, Boolean.class, "true or false");
  }

  public long whole(String key) throws FormException {
    return as(key, Long.class, "a whole number");
  }

  public double number(String key) throws FormException {
    Object value = members.get(key);
    if (value instanceof Long || value instanceof Double || value instanceof BigInteger) {
      return ((Number) value).doubleValue();
    }
    throw wrong(key, "a number");
  }

  /** The number, or null where there is none. */
  public Double numberOrNull(String key) throws FormException {
    return has(key) ? (Double) number(key) : null;
  }

  /** A text, a number or a truth value, as text; null where there is none. */
  public String scalarOrNull(String key) throws FormException {
    Object value = members.get(key);
    if (value instanceof Map || value instanceof List) {
      throw wrong(key, "a text, a number or a truth value");
    }
    return value == null ? null : value.toString();
  }

  public JsonObject object(String key) throws FormException {
    return object(at(key), members.get(key));
  }

  /** The objects of an array. */
  public List<JsonObject> objects(String key) throws FormException {
    List<JsonObject> found = new ArrayList<>();
    for (Object element : list(key)) {
      found.add(object(at(key) + "[" + found.size() + "]", element));
    }
    return found;
  }

  /** Scalars of an array, as texts; none where there is no such array. */
  public List<String> scalars(String key) throws FormException {
    List<String> found = new ArrayList<>();
    if (has(key)) {
      for (Object element : list(key)) {
        if (element == null || element instanceof Map || element instanceof List) {
          throw wrong(key, "an array of texts, numbers or truth values");
        }
        found.add(element.toString());
      }
    }
    return found;
  }

  /** The members whose values are objects, in the order of the text. */
  public Map<String, JsonObject> members() throws FormException {
    Map<String, JsonObject> found = new LinkedHashMap<>();
    for (String key : keys()) {
      found.put(key, object(key));
    }
    return found;
  }

  /** What {@code read} makes of each object of an array. */
  public <T> List<T> each(String key, Reader<T> read) throws FormException {
    List<T> found = new ArrayList<>();
    for (JsonObject element : objects(key)) {
      found.add(read.read(element));
    }
    return found;
  }

  /** Makes something of an object. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(JsonObject object) throws FormException;
  }

  /** An error of a key's value. */
  public FormException wrong(String key, String wanted) {
    return new FormException(at(key) + (has(key) ? " must be " + wanted : " is missing"));
  }

  private List<?> list(String key) throws FormException {
    return as(key, List.class, "an array");
  }

  private <T> T as(String key, Class<T> type, String wanted) throws FormException {
    Object value = members.get(key);
    if (!type.isInstance(value)) {
      throw wrong(key, wanted);
    }
    return type.cast(value);
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
