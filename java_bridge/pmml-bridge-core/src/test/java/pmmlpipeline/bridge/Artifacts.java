package pmmlpipeline.bridge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import pmmlpipeline.bridge.json.Json;

/** Writes artifacts for the engine of {@link EchoProvider}. */
final class Artifacts {

  private Artifacts() {}

  /** A version whose golden rows come out. */
  static Path publish(Path store, String model, long version) throws IOException {
    return publish(store, model, version, Long.toString(version), golden(version), true);
  }

  static String golden(double p) {
    return "{\"input\": {\"Age\": 30, \"Home\": \"rent\"}, \"output\": {\"Status\": \"good\", \"p\": "
        + (30 + p)
        + "}}\n{\"input\": {\"Age\": 17, \"Home\": \"rent\"}, \"error\": \"out of range\"}\n"
        + "{\"input\": {\"Home\": \"moon\"}, \"error\": \"unseen level\"}\n";
  }

  static Path publish(
      Path store, String model, long version, String document, String golden, boolean certified)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model.pmml", document.getBytes(StandardCharsets.UTF_8));
    files.put("golden.jsonl", golden.getBytes(StandardCharsets.UTF_8));
    files.put("baseline.json", "{}".getBytes(StandardCharsets.UTF_8));
    Path staging = Files.createDirectories(store.resolve(model).resolve(".staging-" + version));
    Map<String, Object> facts = new LinkedHashMap<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(staging.resolve(file.getKey()), file.getValue());
      facts.put(
          file.getKey(),
          Map.of("sha256", sha256(file.getValue()), "size", file.getValue().length));
    }
    Map<String, Object> manifest = manifest(model, version, facts, certified);
    Files.writeString(staging.resolve("manifest.json"), Json.write(manifest));
    return Files.move(staging, store.resolve(model).resolve(Long.toString(version)));
  }

  static Map<String, Object> manifest(
      String model, long version, Map<String, Object> files, boolean certified) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", 1);
    root.put("model", model);
    root.put("version", version);
    root.put("created", "2026-01-02T03:04:05Z");
    root.put("files", files);
    root.put("function", "classification");
    root.put(
        "inputs",
        List.of(
            Map.of(
                "name", "Age",
                "dataType", "double",
                "required", false,
                "intervals",
                    List.of(Map.of("closure", "closedOpen", "leftMargin", 18, "rightMargin", 100)),
                "invalid", Map.of("treatment", "returnInvalid")),
            Map.of(
                "name", "Home",
                "dataType", "string",
                "required", true,
                "values", List.of("rent", "own", "其他"),
                "missingValues", List.of("n/a"),
                "invalid", Map.of("treatment", "returnInvalid"))));
    root.put("supplementary", List.of("id"));
    root.put(
        "outputs",
        List.of(
            Map.of("name", "Status", "dataType", "string"),
            Map.of("name", "p", "dataType", "double", "feature", "probability", "value", "good"),
            Map.of("name", "n", "dataType", "integer", "feature", "transformedValue")));
    List<Object> engines = new ArrayList<>();
    engines.add(engine("compiled", true, null));
    engines.add(engine("jpmml", certified, "14 of 420 boundary rows are refused"));
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("tolerance", 1e-10);
    certificate.put("created", "2026-01-02T03:04:05Z");
    certificate.put("preferred", "compiled");
    certificate.put("engines", engines);
    root.put("certificate", certificate);
    return root;
  }

  private static Map<String, Object> engine(String name, boolean certified, String reason) {
    Map<String, Object> engine = new LinkedHashMap<>();
    engine.put("engine", name);
    engine.put("certified", certified);
    engine.put("versions", Map.of(name, "1"));
    engine.put("reason", certified ? null : reason);
    return engine;
  }

  private static String sha256(byte[] data) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
