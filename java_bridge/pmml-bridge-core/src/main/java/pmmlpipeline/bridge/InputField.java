package pmmlpipeline.bridge;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One field that a record brings.
 *
 * @param name as in the record
 * @param dataType PMML's type
 * @param required whether a record without it is a data error
 * @param values the levels that are valid, as text; none when any value is
 * @param intervals the ranges that are valid; none when any number is
 * @param missingValues values that stand for a missing one, as text
 * @param invalidValues values declared invalid, as text
 * @param invalidTreatment {@code returnInvalid} when an invalid value is a data error; otherwise
 *     the model takes it
 * @param invalidReplacement what an invalid value is taken for; null when it is not replaced
 */
public record InputField(
    String name,
    DataType dataType,
    boolean required,
    List<String> values,
    List<Interval> intervals,
    List<String> missingValues,
    List<String> invalidValues,
    String invalidTreatment,
    String invalidReplacement) {

  private static final int LEVELS_TOLD = 8;

  /** Whether an invalid value is a data error. */
  public boolean refusesInvalid() {
    return invalidTreatment.equals("returnInvalid");
  }

  /**
   * What is admitted, for a person. A range or a set of levels is a condition only where what is
   * outside is refused. Elsewhere it says how the model takes what is outside; a range that changes
   * nothing is left out.
   */
  public String describe() {
    String type = described();
    String levels = values.isEmpty() ? "" : "one of " + listed(values);
    String within =
        " in " + intervals.stream().map(Interval::toString).collect(Collectors.joining(" or "));
    if (refusesInvalid()) {
      if (intervals.isEmpty() && levels.isEmpty()) {
        return invalidValues.isEmpty() ? type : type + " other than " + listed(invalidValues);
      }
      String range = intervals.isEmpty() ? "" : type + within;
      return levels.isEmpty() || range.isEmpty() ? levels + range : levels + " or " + range;
    }
    if (!intervals.isEmpty()) {
      return invalidTreatment.equals("asIs")
          ? type
          : type + "; any that is not" + within + " " + treated();
    }
    return levels.isEmpty() ? type : levels + "; any other " + treated();
  }

  /** What becomes of an invalid value, in a few words that the value can precede. */
  private String treated() {
    if (invalidTreatment.equals("asMissing")) {
      return "counts as missing";
    }
    return invalidReplacement == null ? "is taken as it is" : "is taken for " + invalidReplacement;
  }

  private String described() {
    return switch (dataType) {
      case DOUBLE, FLOAT -> "a number";
      case INTEGER -> "a whole number";
      case BOOLEAN -> "true or false";
      case STRING -> "text";
      case DATE -> "a date in ISO 8601, such as 2012-02-13";
      case TIME -> "a time in ISO 8601 without a time zone, such as 08:18:05";
      case DATE_TIME ->
          "a date and time in ISO 8601 without a time zone, such as 2012-02-13T08:18:05";
      default ->
          "a whole number of " + (dataType.pmml().contains("Seconds") ? "seconds" : "days")
              + " (" + dataType.pmml() + ")";
    };
  }

  private static String listed(List<String> values) {
    String some = String.join(", ", values.subList(0, Math.min(LEVELS_TOLD, values.size())));
    return values.size() <= LEVELS_TOLD ? some : some + ", … (" + values.size() + ")";
  }
}
