package pmmlpipeline.bridge.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.Scorer;

/** {@code :predict}, in row form and in column form. */
final class Predict {

  private static final Set<String> KEYS =
      Set.of("signature_name", "instances", "inputs", "partial");

  private Predict() {}

  /**
   * @param most records of a request
   */
  static Map<String, Object> answer(Scorer scorer, byte[] body, int most) throws Refusal {
    Request request = Request.of(body, KEYS);
    if (request.has("instances") == request.has("inputs")) {
      throw Refusal.badRequest("the body must have exactly one of instances and inputs");
    }
    boolean partial = request.truth("partial");
    if (request.has("instances")) {
      List<?> rows = request.list("instances", most);
      Scores scores = Scores.of(scorer, Rows.ofList(scorer, "instances", rows));
      return byRow(scorer, scores, partial);
    }
    if (partial) {
      throw Refusal.badRequest("partial needs the records in row form, as instances");
    }
    return byColumn(
        scorer, Scores.of(scorer, Rows.ofColumns(scorer, request.get("inputs"), most)).all());
  }

  private static Map<String, Object> byRow(Scorer scorer, Scores scores, boolean partial)
      throws Refusal {
    List<Map<String, Object>> rows = partial ? scores.rows() : scores.all();
    List<Object> predictions = new ArrayList<>(rows.size());
    for (Map<String, Object> row : rows) {
      if (row == null) { // in its place, and never null
        predictions.add(scores.refused(predictions.size()));
      } else {
        predictions.add(scorer.outputs().size() == 1 ? only(row) : row);
      }
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("predictions", predictions);
    return answer;
  }

  private static Map<String, Object> byColumn(Scorer scorer, List<Map<String, Object>> rows) {
    Map<String, Object> columns = new LinkedHashMap<>();
    for (OutputField output : scorer.outputs()) {
      List<Object> column = new ArrayList<>(rows.size());
      rows.forEach(row -> column.add(row.get(output.name())));
      columns.put(output.name(), column);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("outputs", columns.size() == 1 ? only(columns) : columns);
    return answer;
  }

  /** The name of a single output is left out. */
  private static Object only(Map<String, Object> values) {
    return values.values().iterator().next();
  }
}
