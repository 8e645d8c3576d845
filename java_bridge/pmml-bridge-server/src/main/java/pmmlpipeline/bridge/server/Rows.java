package pmmlpipeline.bridge.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.Scorer;

/** The records of a request, whichever form it has. */
final class Rows {

  private Rows() {}

  /**
   * Row form: a list of records. A model of one input may have its bare values.
   *
   * @param key where they are, for messages
   */
  static List<Map<String, Object>> ofList(Scorer scorer, String key, List<?> rows)
      throws Refusal {
    List<Map<String, Object>> records = new ArrayList<>(rows.size());
    for (Object row : rows) {
      records.add(record(scorer, key, records.size(), row));
    }
    return records;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> record(Scorer scorer, String key, int place, Object row)
      throws Refusal {
    if (row instanceof Map) {
      return (Map<String, Object>) row;
    }
    String only = only(scorer);
    if (only == null || row instanceof List) {
      throw Refusal.badRequest(key + "[" + place + "] must be an object of field and value");
    }
    Map<String, Object> record = new LinkedHashMap<>();
    record.put(only, row);
    return record;
  }

  /** Column form: a list of values by field. A model of one input may have the bare list. */
  static List<Map<String, Object>> ofColumns(Scorer scorer, Object inputs, int most)
      throws Refusal {
    if (inputs instanceof List<?> values && only(scorer) != null) {
      return ofColumns(scorer, Map.of(only(scorer), values), most);
    }
    if (!(inputs instanceof Map<?, ?> columns) || columns.isEmpty()) {
      throw Refusal.badRequest("inputs must be an object of field and list of values");
    }
    List<Map<String, Object>> records = null;
    for (Map.Entry<?, ?> column : columns.entrySet()) {
      if (!(column.getValue() instanceof List<?> values) || values.isEmpty()) {
        throw Refusal.badRequest("every field of inputs must have a list that is not empty");
      }
      if (records == null) {
        if (values.size() > most) {
          throw new Refusal(Refusal.TOO_LARGE, "inputs has more than " + most + " rows");
        }
        records = new ArrayList<>(values.size());
        for (int i = 0; i < values.size(); i++) {
          records.add(new LinkedHashMap<>());
        }
      }
      if (values.size() != records.size()) {
        throw Refusal.badRequest("the lists of inputs must be of one length");
      }
      for (int i = 0; i < values.size(); i++) {
        records.get(i).put((String) column.getKey(), values.get(i));
      }
    }
    return records;
  }

  private static String only(Scorer scorer) {
    List<InputField> inputs = scorer.inputs();
    return inputs.size() == 1 ? inputs.get(0).name() : null;
  }
}
