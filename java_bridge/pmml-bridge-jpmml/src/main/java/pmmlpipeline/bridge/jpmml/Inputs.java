package pmmlpipeline.bridge.jpmml;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.FieldValue;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;

/**
 * From cells to JPMML-Evaluator's arguments, prepared as its documentation shows. A declared level
 * is prepared once, since that is the same for every record.
 */
final class Inputs {

  private final Map<String, Integer> places = new HashMap<>();
  private final boolean[] whole;
  private final org.jpmml.evaluator.InputField[] theirs;
  private final List<Map<String, FieldValue>> levels;

  Inputs(List<InputField> fields, Evaluator evaluator) {
    Map<String, org.jpmml.evaluator.InputField> named = new HashMap<>();
    evaluator.getInputFields().forEach(field -> named.put(field.getName(), field));
    theirs = new org.jpmml.evaluator.InputField[fields.size()];
    whole = new boolean[fields.size()];
    for (int i = 0; i < whole.length; i++) {
      places.put(fields.get(i).name(), i);
      whole[i] = fields.get(i).dataType().kind() == DataType.Kind.INTEGER;
      theirs[i] = named.get(fields.get(i).name());
    }
    levels = fields.stream().map(field -> levels(field, named.get(field.name()))).toList();
  }

  private static Map<String, FieldValue> levels(
      InputField field, org.jpmml.evaluator.InputField theirs) {
    Map<String, FieldValue> found = new HashMap<>();
    if (theirs != null && field.dataType() == DataType.STRING) {
      for (String level : field.values()) {
        try {
          found.put(level, theirs.prepare(level));
        } catch (RuntimeException e) {
          // What JPMML has against it is said of the record that brings it.
          continue;
        }
      }
    }
    return found;
  }

  Map<String, Object> of(Object[] cells) {
    Object[] values = new Object[cells.length];
    for (int i = 0; i < values.length; i++) {
      Object cell = cells[i];
      FieldValue level = cell instanceof String text ? levels.get(i).get(text) : null;
      if (level != null) {
        values[i] = level;
      } else {
        values[i] = prepared(theirs[i], whole[i] ? (Object) integer((Long) cell) : cell);
      }
    }
    return new Arguments(places, values);
  }

  private static Object prepared(org.jpmml.evaluator.InputField field, Object cell) {
    if (field == null) {
      return cell;
    }
    try {
      return field.prepare(cell);
    } catch (RuntimeException e) {
      return cell; // which is refused when the model comes to it, if it does
    }
  }

  /** JPMML's own whole numbers are of 32 bits, where they fit. */
  private static Number integer(Long value) {
    if (value != null && value == value.intValue()) {
      return value.intValue();
    }
    return value;
  }
}
