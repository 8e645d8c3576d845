package pmmlpipeline.bridge;

import java.util.List;

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
 */
public record InputField(
    String name,
    DataType dataType,
    boolean required,
    List<String> values,
    List<Interval> intervals,
    List<String> missingValues,
    List<String> invalidValues,
    String invalidTreatment) {

  private static final int LEVELS_TOLD = 8;

  /** Whether an invalid value is a data error. */
  public boolean refusesInvalid() {
    return invalidTreatment.equals("returnInvalid");
  }

  /** What is admitted, for a person. */
  public String describe() {
    String type = described();
    if (!refusesInvalid()) {
      return type;
    }
    String levels = values.isEmpty() ? "" : "one of " + listed(values);
    String ranges = "";
    if (!intervals.isEmpty()) {
      List<String> shown = intervals.stream().map(Interval::toString).toList();
      ranges = type + " in " + String.join(" or ", shown);
    }
    if (!levels.isEmpty() && !ranges.isEmpty()) {
      return levels + " or " + ranges;
    }
    if (!levels.isEmpty() || !ranges.isEmpty()) {
      return levels + ranges;
    }
    return invalidValues.isEmpty() ? type : type + " other than " + listed(invalidValues);
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
