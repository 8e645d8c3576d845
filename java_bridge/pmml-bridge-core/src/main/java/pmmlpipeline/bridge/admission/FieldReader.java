package pmmlpipeline.bridge.admission;

import static pmmlpipeline.bridge.errors.FieldError.Code.MISSING;
import static pmmlpipeline.bridge.errors.FieldError.Code.OUT_OF_RANGE;
import static pmmlpipeline.bridge.errors.FieldError.Code.UNSEEN_LEVEL;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.Interval;
import pmmlpipeline.bridge.admission.Conversions.Conversion;
import pmmlpipeline.bridge.errors.ManifestException;

/**
 * One value of one field: read as the declared type, checked against the declared values.
 *
 * <p>What comes out is a cell: a Double, a Long, a Boolean or a String; null is missing. A value of
 * the wrong type is refused whatever the document's invalidValueTreatment, because guessing at it
 * would hide a fault upstream; a value of the right type that is not a valid one is refused when
 * the treatment is {@code returnInvalid} and handed to the engine otherwise.
 *
 * <p>Source: PMML 4.4, DataDictionary ("valid, invalid and missing values") and MiningSchema.
 */
final class FieldReader {

  final InputField field;
  private final Conversion conversion;
  private final boolean number;
  private final boolean single;
  private final boolean checked;
  private final Set<Object> missing;
  private final Set<Object> valid;
  private final Set<Object> invalid;
  private final Range[] ranges;
  private final Map<String, String> levels;

  FieldReader(InputField field) {
    this.field = field;
    number = field.dataType().kind() == DataType.Kind.DOUBLE;
    single = field.dataType() == DataType.FLOAT;
    conversion = conversion(field.dataType());
    missing = declared(field.missingValues());
    missing.remove(Double.NaN); // a NaN is missing in any case
    boolean refuses = field.refusesInvalid();
    valid = refuses ? declared(field.values()) : Set.of();
    invalid = refuses ? declared(field.invalidValues()) : Set.of();
    ranges =
        refuses
            ? field.intervals().stream()
                .map(interval -> Range.of(single ? interval.asFloat32() : interval))
                .toArray(Range[]::new)
            : new Range[0];
    checked = !(valid.isEmpty() && invalid.isEmpty() && ranges.length == 0);
    levels = field.dataType() == DataType.STRING ? levels() : Map.of();
  }

  /** An {@link Interval} as bare numbers, since every value of a record is looked for in one. */
  private record Range(double left, boolean closesLeft, double right, boolean closesRight) {

    static Range of(Interval interval) {
      return new Range(
          interval.left() == null ? Double.NEGATIVE_INFINITY : interval.left(),
          interval.left() == null || interval.closesLeft(),
          interval.right() == null ? Double.POSITIVE_INFINITY : interval.right(),
          interval.right() == null || interval.closesRight());
    }

    boolean contains(double number) {
      return (closesLeft ? number >= left : number > left)
          && (closesRight ? number <= right : number < right);
    }
  }

  /** The declared texts that are cells as they are: to find one here is all checks at once. */
  private Map<String, String> levels() {
    Map<String, String> found = new HashMap<>();
    for (String level : field.values()) {
      if (!missing.contains(level) && (!checked || valid.contains(level))) {
        found.put(level, level);
      }
    }
    return found;
  }

  private static Conversion conversion(DataType type) {
    return switch (type) {
      case DOUBLE, FLOAT -> Conversions::number;
      case INTEGER -> Conversions::whole;
      case BOOLEAN -> Conversions::truth;
      case STRING -> Conversions::text;
      case DATE -> Conversions::date;
      case TIME -> Conversions::time;
      case DATE_TIME -> Conversions::dateTime;
      default -> Conversions::numberText;
    };
  }

  private Set<Object> declared(List<String> values) {
    Set<Object> found = new HashSet<>();
    for (String value : values) {
      try {
        Object typed = conversion.of(value);
        found.add(key(typed));
        if (single) { // a record brings 0.1 as a double or as the float32
          found.add((double) ((Double) typed).floatValue());
        }
      } catch (RefusedException e) {
        throw new ManifestException(
            "the value " + value + " of " + field.name() + " is no " + field.dataType().pmml(),
            "export the model again");
      }
    }
    return found;
  }

  /** Zeros of both signs are one number. */
  private static Object key(Object typed) {
    return typed instanceof Double number && number == 0.0 ? (Object) 0.0 : typed;
  }

  Object read(Object value) throws RefusedException {
    String level = value instanceof String text ? levels.get(text) : null;
    if (level != null) {
      return level;
    }
    Object cell = isMissing(value) ? null : conversion.of(value);
    if (number && cell != null && Double.isNaN((Double) cell)) {
      cell = null;
    }
    if (cell == null || (!missing.isEmpty() && missing.contains(key(cell)))) {
      if (field.required()) {
        throw new RefusedException(MISSING);
      }
      return null;
    }
    if (checked) {
      check(cell);
    }
    return cell;
  }

  private void check(Object cell) throws RefusedException {
    // The hash of a number takes longer than to see that there is nothing to look for.
    if (!valid.isEmpty() && valid.contains(key(cell))) {
      return;
    }
    if (!invalid.isEmpty() && invalid.contains(key(cell))) {
      throw new RefusedException(ranges.length == 0 ? UNSEEN_LEVEL : OUT_OF_RANGE);
    }
    if (ranges.length > 0) {
      double number = ((Number) cell).doubleValue();
      double compared = single ? (double) (float) number : number;
      for (Range range : ranges) {
        if (range.contains(compared)) {
          return;
        }
      }
      throw new RefusedException(OUT_OF_RANGE);
    }
    if (!valid.isEmpty()) {
      throw new RefusedException(UNSEEN_LEVEL);
    }
  }

  private static boolean isMissing(Object value) {
    return value == null
        || (value instanceof Double number && Double.isNaN(number))
        || (value instanceof Float single && Float.isNaN(single));
  }
}
