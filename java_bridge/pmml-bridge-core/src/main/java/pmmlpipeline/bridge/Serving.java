package pmmlpipeline.bridge;

import java.util.Map;

/**
 * What a store says about serving a model, in its file serving.json.
 *
 * @param policy which versions are loaded
 * @param labels names that stand for versions, such as {@code canary}; those versions are loaded too
 */
public record Serving(VersionPolicy policy, Map<String, Long> labels) {

  /** The newest version and no label: what holds where the store says nothing. */
  public static final Serving DEFAULT = new Serving(VersionPolicy.NEWEST, Map.of());
}
