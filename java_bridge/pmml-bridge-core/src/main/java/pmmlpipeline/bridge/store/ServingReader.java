package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.Serving;
import pmmlpipeline.bridge.VersionPolicy;
import pmmlpipeline.bridge.errors.ServingException;
import pmmlpipeline.bridge.json.Json;
import pmmlpipeline.bridge.json.JsonObject;
import pmmlpipeline.bridge.json.JsonObject.FormException;

/**
 * Reads serving.json, which {@code pmml-pipeline serving} writes into the folder of a model:
 *
 * <pre>{"format": 1, "policy": {"latest": 2}, "labels": {"stable": 3, "canary": 4}}</pre>
 *
 * <p>The policy is {@code {"latest": n}}, {@code {"all": true}} or {@code {"specific": [2, 3]}}.
 */
final class ServingReader {

  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_]{1,128}");
  private static final String FIX = "write it with pmml-pipeline serving";

  private ServingReader() {}

  /**
   * @param where the file, for messages
   * @throws ServingException the text has not the published form
   */
  static Serving parse(byte[] text, String where) {
    try {
      JsonObject root = JsonObject.of(Json.parse(text));
      if (root.whole("format") != 1) {
        throw root.wrong("format", "1, which is the one that this release reads");
      }
      return new Serving(policy(root), labels(root));
    } catch (FormException e) {
      throw because(e, new ServingException(where + ": " + e.getMessage(), FIX));
    } catch (IOException e) {
      throw because(e, new ServingException(where + " is not JSON: " + e.getMessage(), FIX));
    }
  }

  private static VersionPolicy policy(JsonObject root) throws FormException {
    if (!root.has("policy")) {
      return VersionPolicy.NEWEST;
    }
    JsonObject policy = root.object("policy");
    if (policy.keys().equals(List.of("latest"))) {
      long newest = policy.whole("latest");
      if (newest < 1 || newest > Integer.MAX_VALUE) {
        throw policy.wrong("latest", "at least 1");
      }
      return VersionPolicy.latest((int) newest);
    }
    if (policy.keys().equals(List.of("all")) && policy.truth("all")) {
      return VersionPolicy.all();
    }
    if (policy.keys().equals(List.of("specific"))) {
      Set<Long> versions = new HashSet<>();
      for (String number : policy.scalars("specific")) {
        versions.add(
            Names.version(number)
                .orElseThrow(() -> policy.wrong("specific", "an array of version numbers")));
      }
      if (!versions.isEmpty()) {
        return VersionPolicy.specific(versions);
      }
    }
    throw root.wrong("policy", "one of latest, all and specific");
  }

  private static Map<String, Long> labels(JsonObject root) throws FormException {
    Map<String, Long> found = new LinkedHashMap<>();
    if (root.has("labels")) {
      JsonObject labels = root.object("labels");
      for (String label : labels.keys()) {
        if (!LABEL.matcher(label).matches()) {
          throw root.wrong("labels", "names of letters, digits and _");
        }
        if (labels.whole(label) < 1) {
          throw labels.wrong(label, "a version number");
        }
        found.put(label, labels.whole(label));
      }
    }
    return Map.copyOf(found);
  }
}
