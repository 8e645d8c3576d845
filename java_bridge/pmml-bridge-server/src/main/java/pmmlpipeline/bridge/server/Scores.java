package pmmlpipeline.bridge.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.FieldError;

/**
 * The scores of some records, and what is wrong with the others.
 *
 * @param rows the score of every record; null for one that has none
 * @param errors what is wrong with the records that have none, by their place
 */
record Scores(List<Map<String, Object>> rows, Map<Integer, DataErrorException> errors) {

  private static final int ERRORS_TOLD = 100;
  private static final int LONGEST_VALUE = 200;

  static Scores of(Scorer scorer, List<Map<String, Object>> records) {
    return of(scorer, records, Map.of());
  }

  /**
   * @param context fields that every record has that does not bring them itself
   */
  static Scores of(
      Scorer scorer, List<Map<String, Object>> records, Map<String, Object> context) {
    List<Map<String, Object>> rows = new ArrayList<>(records.size());
    Map<Integer, DataErrorException> errors = new LinkedHashMap<>();
    for (Map<String, Object> record : records) {
      try {
        rows.add(scorer.score(merged(context, record)));
      } catch (DataErrorException e) {
        errors.put(rows.size(), e);
        rows.add(null);
      }
    }
    return new Scores(rows, errors);
  }

  /** One record at a time, so that no more than one has a copy of the context. */
  private static Map<String, Object> merged(
      Map<String, Object> context, Map<String, Object> record) {
    if (context.isEmpty()) {
      return record;
    }
    Map<String, Object> merged = new LinkedHashMap<>(context);
    merged.putAll(record);
    return merged;
  }

  /**
   * The scores, when there is one for every record.
   *
   * @throws Refusal a record is a data error
   */
  List<Map<String, Object>> all() throws Refusal {
    if (errors.isEmpty()) {
      return rows;
    }
    Map.Entry<Integer, DataErrorException> first = errors.entrySet().iterator().next();
    String message = first.getValue().getMessage();
    if (rows.size() > 1) {
      String which =
          errors.size() + " of " + rows.size() + " records, the first of which is record "
              + first.getKey() + ": ";
      message = message.replaceFirst(": ", ": " + which); // behind 数据错误 (data error)
    }
    Refusal refusal = Refusal.badRequest(message).with("data_errors", told());
    int all = errors.values().stream().mapToInt(error -> error.fields().size()).sum();
    throw all <= ERRORS_TOLD ? refusal : refusal.with("data_errors_omitted", all - ERRORS_TOLD);
  }

  /** What stands in the place of the score of a record that has none. */
  Map<String, Object> refused(int place) {
    DataErrorException error = errors.get(place);
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("error", error.getMessage());
    entry.put("data_errors", error.fields().stream().limit(ERRORS_TOLD).map(Scores::told).toList());
    return entry;
  }

  /** What is wrong with which field of which record, the first of them. */
  private List<Object> told() {
    List<Object> told = new ArrayList<>();
    errors.forEach(
        (place, error) -> {
          for (FieldError field : error.fields()) {
            if (told.size() < ERRORS_TOLD) {
              Map<String, Object> entry = new LinkedHashMap<>();
              entry.put("record", place);
              entry.putAll(told(field));
              told.add(entry);
            }
          }
        });
    return told;
  }

  private static Map<String, Object> told(FieldError field) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("field", cut(field.field()));
    told.put("code", field.code().text());
    told.put("value", value(field.value()));
    told.put("expected", field.expected());
    return told;
  }

  /** As it came, if that is short: it may be a list of a million. */
  private static Object value(Object value) {
    if (value instanceof String text) {
      return cut(text);
    }
    boolean plain = value == null || value instanceof Number || value instanceof Boolean;
    return plain ? value : cut(String.valueOf(value));
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
  }
}
