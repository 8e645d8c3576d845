package pmmlpipeline.bridge.server;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.Interval;
import pmmlpipeline.bridge.LiveModel;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.VersionStatus;

/** What the service says of models: their states, and what a version is. */
final class Descriptions {

  // What TensorFlow Serving's clients know, which are gRPC's names.
  private static final Map<String, String> CODES =
      Map.of(
          "checksum", "DATA_LOSS",
          "manifest", "DATA_LOSS",
          "golden_row", "FAILED_PRECONDITION",
          "not_certified", "FAILED_PRECONDITION",
          "engine_unavailable", "UNAVAILABLE",
          "engine_unsupported_document", "UNIMPLEMENTED",
          "store", "UNAVAILABLE",
          "not_a_version", "NOT_FOUND");

  private Descriptions() {}

  /** All models, by name, with the states of their versions. */
  static Map<String, Object> models(ModelStore store) {
    List<Object> models = new ArrayList<>();
    store.live().stream()
        .sorted(Comparator.comparing(LiveModel::name))
        .forEach(
            model -> {
              Map<String, Object> entry = new LinkedHashMap<>();
              entry.put("name", model.name());
              entry.putAll(states(model, null));
              entry.put("labels", new TreeMap<>(model.labels()));
              models.add(entry);
            });
    return Map.of("models", models);
  }

  /**
   * The states of versions, newest first.
   *
   * @param only the one version that is told; null for all
   */
  static Map<String, Object> states(LiveModel model, Long only) {
    List<Object> states = new ArrayList<>();
    model.statuses().stream()
        .filter(status -> only == null || status.version() == only)
        .sorted(Comparator.comparingLong(VersionStatus::version).reversed())
        .forEach(status -> states.add(state(status)));
    return Map.of("model_version_status", states);
  }

  private static Map<String, Object> state(VersionStatus status) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("version", Long.toString(status.version()));
    entry.put("state", status.state().name());
    Map<String, Object> error = new LinkedHashMap<>();
    boolean well = status.code() == null;
    error.put("error_code", well ? "OK" : CODES.getOrDefault(status.code(), "UNKNOWN"));
    error.put("error_message", well ? "" : status.message());
    entry.put("status", error);
    return entry;
  }

  /** What a version is: TensorFlow Serving's signature, and PMML's own words beside it. */
  static Map<String, Object> metadata(Scorer scorer) {
    Manifest manifest = scorer.manifest();
    Map<String, Object> inputs = new LinkedHashMap<>();
    scorer.inputs().forEach(f -> inputs.put(f.name(), tensor(f.name(), f.dataType())));
    Map<String, Object> outputs = new LinkedHashMap<>();
    scorer.outputs().forEach(f -> outputs.put(f.name(), tensor(f.name(), f.dataType())));
    Map<String, Object> signature = new LinkedHashMap<>();
    signature.put("inputs", inputs);
    signature.put("outputs", outputs);
    signature.put("method_name", "tensorflow/serving/predict");
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("signature_def", Map.of("signature_def", Map.of("serving_default", signature)));
    metadata.put("pmml", pmml(scorer));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("name", manifest.model());
    spec.put("signature_name", "");
    spec.put("version", Long.toString(manifest.version()));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model_spec", spec);
    answer.put("metadata", metadata);
    return answer;
  }

  private static Map<String, Object> tensor(String name, DataType type) {
    String kind =
        switch (type) {
          case DOUBLE -> "DT_DOUBLE";
          case FLOAT -> "DT_FLOAT";
          case BOOLEAN -> "DT_BOOL";
          default -> type.kind() == DataType.Kind.INTEGER ? "DT_INT64" : "DT_STRING";
        };
    Map<String, Object> shape = new LinkedHashMap<>();
    shape.put("dim", List.of(Map.of("size", "-1", "name", "")));
    shape.put("unknown_rank", false);
    Map<String, Object> tensor = new LinkedHashMap<>();
    tensor.put("dtype", kind);
    tensor.put("tensor_shape", shape);
    tensor.put("name", name + ":0");
    return tensor;
  }

  private static Map<String, Object> pmml(Scorer scorer) {
    Manifest manifest = scorer.manifest();
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("function", manifest.function());
    told.put("created", manifest.created());
    told.put("engine", scorer.engine());
    told.put("agreement", manifest.certificate().describe());
    Map<String, Object> files = new LinkedHashMap<>();
    manifest.files().forEach((name, fact) -> files.put(name, fact.sha256()));
    told.put("sha256", files);
    told.put("inputs", scorer.inputs().stream().map(Descriptions::input).toList());
    told.put("outputs", scorer.outputs().stream().map(Descriptions::output).toList());
    return told;
  }

  private static Object input(InputField field) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", field.name());
    entry.put("dataType", field.dataType().pmml());
    entry.put("required", field.required());
    entry.put("expected", field.describe());
    if (!field.values().isEmpty()) {
      entry.put("values", field.values());
    }
    if (!field.intervals().isEmpty()) {
      entry.put("intervals", field.intervals().stream().map(Interval::toString).toList());
    }
    return entry;
  }

  private static Object output(OutputField field) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", field.name());
    entry.put("dataType", field.dataType().pmml());
    entry.put("feature", field.feature());
    if (field.value() != null) {
      entry.put("value", field.value());
    }
    return entry;
  }
}
