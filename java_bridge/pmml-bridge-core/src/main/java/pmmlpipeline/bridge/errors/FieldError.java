package pmmlpipeline.bridge.errors;

/**
 * What is wrong with one field of one record.
 *
 * @param field name of the input, or of the unknown field; empty for the record as a whole
 * @param code what kind of fault it is
 * @param value the value as given; null when it is missing
 * @param expected what would be valid, for a person
 */
public record FieldError(String field, Code code, Object value, String expected) {

  private static final int SHOWN = 60;

  /** The kinds of faults, named as in the Python package. */
  public enum Code {
    /** A required field is absent, null or NaN. */
    MISSING,
    /** The value cannot be read as the declared dataType. */
    WRONG_TYPE,
    /** A categorical value that the document does not declare. */
    UNSEEN_LEVEL,
    /** A number outside every declared interval. */
    OUT_OF_RANGE,
    /** The document has no input of this name. */
    UNKNOWN_FIELD,
    /** The inputs are admitted one by one, but the model gives no score for them. */
    UNSCORABLE;

    /** As in JSON: {@code out_of_range}. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Override
  public String toString() {
    boolean quoted =
        code == Code.WRONG_TYPE || code == Code.UNSEEN_LEVEL || code == Code.OUT_OF_RANGE;
    String name = field.isEmpty() ? "" : cut(field, 200) + ": ";
    String shown = quoted ? " " + quoted(value) : "";
    return name + code.text().replace('_', ' ') + shown + " (" + expected + ")";
  }

  private static String quoted(Object value) {
    return value instanceof CharSequence ? "'" + cut(value, SHOWN) + "'" : cut(value, SHOWN);
  }

  /** As text, cut so that a hostile value does not fill the log. */
  private static String cut(Object value, int limit) {
    String text = String.valueOf(value);
    return text.length() <= limit ? text : text.substring(0, limit - 1) + "…";
  }
}
