package pmmlpipeline.bridge.admission;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.FieldError;

/**
 * The checks of a model's inputs: one record, a map from field name to value, to cells in the order
 * of the inputs. The same checks, with the same codes, as the Python package's.
 */
public final class Admission {

  private final FieldReader[] readers;
  private final Set<String> known;

  /**
   * @param inputs the inputs, in the order in which cells come out
   * @param supplementary names that a record may bring although they are no inputs
   */
  public Admission(List<InputField> inputs, List<String> supplementary) {
    readers = inputs.stream().map(FieldReader::new).toArray(FieldReader[]::new);
    known = new HashSet<>(supplementary);
    inputs.forEach(field -> known.add(field.name()));
  }

  /**
   * The cells of one record. A field that is absent is missing.
   *
   * @return a Double, Long, Boolean or String for every input; null for a missing one
   * @throws DataErrorException with one entry for every field that is wrong
   */
  public Object[] cells(Map<String, ?> record) {
    try {
      return cellsOf(record);
    } catch (ClassCastException e) {
      // Sorted by keys that are no texts, or with such keys: they are unknown fields.
      Map<String, Object> named = new HashMap<>();
      ((Map<?, ?>) record).forEach((name, value) -> named.put(String.valueOf(name), value));
      return cellsOf(named);
    }
  }

  private Object[] cellsOf(Map<String, ?> record) {
    Object[] cells = new Object[readers.length];
    int given = 0;
    try {
      for (int i = 0; i < cells.length; i++) {
        Object value = record.get(readers[i].field.name());
        given += value == null ? 0 : 1;
        cells[i] = readers[i].read(value);
      }
    } catch (RefusedException e) {
      throw new DataErrorException(errors(record));
    }
    // Most records bring nothing else, which their size shows.
    if (given != record.size() && !known.containsAll(record.keySet())) {
      throw new DataErrorException(errors(record));
    }
    return cells;
  }

  /** Everything that is wrong with the record. Only called when something is. */
  private List<FieldError> errors(Map<String, ?> record) {
    List<FieldError> errors = new ArrayList<>();
    for (FieldReader reader : readers) {
      InputField field = reader.field;
      Object value = record.get(field.name());
      try {
        reader.read(value);
      } catch (RefusedException e) {
        String expected = e.expected == null ? field.describe() : e.expected;
        errors.add(new FieldError(field.name(), e.code, value, expected));
      }
    }
    for (String name : record.keySet()) {
      if (!known.contains(name)) {
        errors.add(
            new FieldError(
                String.valueOf(name),
                FieldError.Code.UNKNOWN_FIELD,
                null,
                "the model has no input of this name"));
      }
    }
    return errors;
  }
}
