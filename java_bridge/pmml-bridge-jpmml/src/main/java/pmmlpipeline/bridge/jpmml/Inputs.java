package pmmlpipeline.bridge.jpmml;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.FieldValue;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;

/**
 * From cells to JPMML-Evaluator's arguments. It prepares an input when the model comes to it; a
 * declared level is prepared here, once, since that is the same for every record.
 */
final class Inputs {

  private final Map<String, Integer> places = new HashMap<>();
  private final boolean[] whole;
  private final List<Map<String, FieldValue>> levels;

  Inputs(List<InputField> fields, Evaluator evaluator) {
    Map<String, org.jpmml.evaluator.InputField> theirs = new HashMap<>();
    evaluator.getInputFields().forEach(field -> theirs.put(field.getName(), field));
    whole = new boolean[fields.size()];
    for (int i = 0; i < whole.length; i++) {
      places.put(fields.get(i).name(), i);
      whole[i] = fields.get(i).dataType().kind() == DataType.Kind.INTEGER;
    }
    levels = fields.stream().map(field -> prepared(field, theirs.get(field.name()))).toList();
  }

  private static Map<String, FieldValue> prepared(
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
        values[i] = whole[i] ? (Object) integer((Long) cell) : cell;
      }
    }
    return new Arguments(places, values);
  }

  /** JPMML's own whole numbers are of 32 bits, where they fit. */
  private static Number integer(Long value) {
    if (value != null && value == value.intValue()) {
      return value.intValue();
    }
    return value;
  }
}
