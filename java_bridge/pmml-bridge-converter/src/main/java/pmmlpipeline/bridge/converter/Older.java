package pmmlpipeline.bridge.converter;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import sklearn.Step;

/**
 * Makes steps of a later scikit-learn look like those of one that the library knows: it refuses
 * later ones by their number, and reads attributes that these no longer write.
 */
final class Older {
  /** What scikit-learn meant when it still wrote the attribute, by class and attribute. */
  private static final Map<String, Map<String, Object>> ATTRIBUTES =
      Map.of(
          "sklearn.linear_model._logistic.LogisticRegression", Map.of("multi_class", "auto"),
          "sklearn.linear_model._logistic.LogisticRegressionCV", Map.of("multi_class", "auto"));

  private final String version;
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * @param version the newest scikit-learn that the library knows
   */
  Older(String version) {
    this.version = version;
  }

  /** Changes every step in a value, whatever holds it. */
  void visit(Object value) {
    if (value instanceof Map<?, ?> map) {
      if (seen.add(value)) {
        if (value instanceof Step step) {
          change(step);
        }
        map.values().forEach(this::visit);
      }
    } else if (value instanceof Iterable<?> items) {
      if (seen.add(value)) {
        items.forEach(this::visit);
      }
    } else if (value instanceof Object[] items && seen.add(value)) {
      for (Object item : items) {
        visit(item);
      }
    }
  }

  private void change(Step step) {
    if (step.getSkLearnVersion() != null) {
      step.put("_sklearn_version", version);
    }
    ATTRIBUTES.getOrDefault(step.getClassName(), Map.of()).forEach(step::putIfAbsent);
  }
}
