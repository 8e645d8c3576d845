package pmmlpipeline.bridge;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The versions of a model that are loaded at a moment. Never changes, so that whoever scores looks
 * at one of these and takes no lock.
 *
 * @param versions by number
 * @param latest the one that is taken where none is named; null while there is none
 * @param labels the versions that have a label
 */
record Loaded(
    NavigableMap<Long, VersionScorer> versions,
    VersionScorer latest,
    Map<String, VersionScorer> labels) {

  static final Loaded NONE = new Loaded(new TreeMap<>(), null, Map.of());

  /** The same and one more version, which nothing points to yet. */
  Loaded with(long version, VersionScorer scorer) {
    NavigableMap<Long, VersionScorer> more = new TreeMap<>(versions);
    more.put(version, scorer);
    return new Loaded(more, latest, labels);
  }

  /**
   * Points {@code latest} and the labels anew, and lets go of versions that are not wanted.
   *
   * <ul>
   *   <li>For every chosen version that is not loaded, another one stays, the newest first: so a
   *       version that is refused changes nothing, and the last one is not let go before another
   *       takes its place.
   *   <li>A label moves once its version is loaded, and stays where it is until then.
   *   <li>A version that is loaded only for its label is never the latest: it may be a trial.
   * </ul>
   *
   * @param chosen by the policy, of those that are published
   * @param declared the version that every label is to have
   */
  Loaded arranged(List<Long> chosen, Map<String, Long> declared) {
    NavigableMap<Long, VersionScorer> standing = new TreeMap<>(versions);
    standing.keySet().retainAll(new HashSet<>(chosen));
    int absent = chosen.size() - standing.size();
    for (Map.Entry<Long, VersionScorer> other : versions.descendingMap().entrySet()) {
      if (absent > 0 && standing.putIfAbsent(other.getKey(), other.getValue()) == null) {
        absent--;
      }
    }
    VersionScorer latest = standing.isEmpty() ? null : standing.lastEntry().getValue();
    NavigableMap<Long, VersionScorer> kept = new TreeMap<>(standing);
    Map<String, VersionScorer> pointed = new TreeMap<>();
    declared.forEach(
        (label, version) -> {
          VersionScorer target = versions.getOrDefault(version, labels.get(label));
          if (target != null) {
            pointed.put(label, target);
            kept.put(target.manifest().version(), target);
          }
        });
    return new Loaded(kept, latest, Map.copyOf(pointed));
  }
}
