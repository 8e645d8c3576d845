package pmmlpipeline.bridge;

import java.util.List;
import java.util.Set;

/**
 * Which published versions of a model are loaded: the newest ones, all, or those that are named.
 *
 * @param newest how many of the newest; 0 for another policy
 * @param specific the versions by number; empty for another policy
 */
public record VersionPolicy(int newest, Set<Long> specific) {

  /** The newest version, which is what holds where nothing else is said. */
  public static final VersionPolicy NEWEST = latest(1);

  /** The newest versions, at least one. */
  public static VersionPolicy latest(int newest) {
    if (newest < 1) {
      throw new IllegalArgumentException("at least one version is loaded, not " + newest);
    }
    return new VersionPolicy(newest, Set.of());
  }

  /** Every published version. */
  public static VersionPolicy all() {
    return new VersionPolicy(0, Set.of());
  }

  /** The versions of these numbers, where they are published. */
  public static VersionPolicy specific(Set<Long> versions) {
    if (versions.isEmpty()) {
      throw new IllegalArgumentException("at least one version is named");
    }
    return new VersionPolicy(0, Set.copyOf(versions));
  }

  /** Those of the published versions (ascending) that are loaded, ascending. */
  public List<Long> choose(List<Long> published) {
    if (!specific.isEmpty()) {
      return published.stream().filter(specific::contains).toList();
    }
    int skipped = newest == 0 ? 0 : Math.max(0, published.size() - newest);
    return List.copyOf(published.subList(skipped, published.size()));
  }
}
