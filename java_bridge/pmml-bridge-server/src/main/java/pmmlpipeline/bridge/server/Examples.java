package pmmlpipeline.bridge.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.Scorer;

/** {@code :classify} and {@code :regress}. */
final class Examples {

  private static final Set<String> KEYS = Set.of("signature_name", "context", "examples");

  private Examples() {}

  /** A list of label and probability for every example. */
  static Map<String, Object> classified(Scorer scorer, byte[] body, int most) throws Refusal {
    List<OutputField> classes =
        scorer.outputs().stream()
            .filter(output -> output.feature().equals("probability") && output.value() != null)
            .toList();
    if (classes.isEmpty()) {
      throw Refusal.badRequest("the model gives no probabilities of classes; use :predict");
    }
    List<Object> results = new ArrayList<>();
    for (Map<String, Object> row : scored(scorer, body, most)) {
      List<Object> labels = new ArrayList<>(classes.size());
      for (OutputField output : classes) {
        labels.add(List.of(output.value(), row.get(output.name())));
      }
      results.add(labels);
    }
    return Map.of("results", results);
  }

  /** A number for every example. */
  static Map<String, Object> regressed(Scorer scorer, byte[] body, int most) throws Refusal {
    OutputField target = scorer.outputs().get(0);
    if (!scorer.manifest().function().equals("regression")) {
      throw Refusal.badRequest("the model is no regression; use :predict or :classify");
    }
    List<Object> results = new ArrayList<>();
    for (Map<String, Object> row : scored(scorer, body, most)) {
      results.add(row.get(target.name()));
    }
    return Map.of("results", results);
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> scored(Scorer scorer, byte[] body, int most)
      throws Refusal {
    Request request = Request.of(body, KEYS);
    List<Map<String, Object>> records =
        Rows.ofList(scorer, "examples", request.list("examples", most));
    if (!request.has("context")) {
      return Scores.of(scorer, records).all();
    }
    if (!(request.get("context") instanceof Map)) {
      throw Refusal.badRequest("context must be an object of field and value");
    }
    Map<String, Object> context = (Map<String, Object>) request.get("context");
    check(scorer, context);
    return Scores.of(scorer, records, context).all();
  }

  /** Fields that are none are refused here: every example would have them. */
  private static void check(Scorer scorer, Map<String, Object> context) throws Refusal {
    Set<String> known = new HashSet<>(scorer.manifest().supplementary());
    scorer.inputs().forEach(field -> known.add(field.name()));
    for (String name : context.keySet()) {
      if (!known.contains(name)) {
        String shown = name.length() <= 60 ? name : name.substring(0, 60) + "…";
        throw Refusal.badRequest("context has the field " + shown + ", which is no input");
      }
    }
  }
}
