package pmmlpipeline.bridge;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import pmmlpipeline.bridge.VersionStatus.State;
import pmmlpipeline.bridge.errors.BridgeException;
import pmmlpipeline.bridge.errors.LabelException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.store.Source;

/**
 * The versions of one model that are loaded, kept as the store wants them.
 *
 * <p>A look at the store loads and proves what is wanted and new, beside what scores; only then the
 * new one takes its place. Scoring takes no lock and never waits for a look.
 */
public final class LiveModel {

  private static final Logger LOG = LoggerFactory.getLogger(LiveModel.class);

  private final String name;
  private final Source source;
  private final LongFunction<VersionScorer> loader;
  private final Map<Long, VersionStatus> statuses = new ConcurrentSkipListMap<>();
  private final Scorer following = new FollowingScorer(this::newest);
  private volatile Loaded loaded = Loaded.NONE;
  private volatile boolean looked;

  // Only a look has these, and there is one at a time.
  private final Map<Long, Refused> refused = new TreeMap<>();
  private String complaint = "";

  /**
   * @param name of the model
   * @param loader loads and proves a version, or throws why not
   */
  LiveModel(String name, Source source, LongFunction<VersionScorer> loader) {
    this.name = name;
    this.source = source;
    this.loader = loader;
  }

  /** The name that the model is published under. */
  public String name() {
    return name;
  }

  /**
   * The version that is taken where none is named: the newest one that the policy chose.
   *
   * @throws NotAVersionException none is loaded
   */
  public Scorer latest() {
    return newest();
  }

  /**
   * A version that is loaded.
   *
   * @throws NotAVersionException it is not loaded
   */
  public Scorer version(long version) {
    VersionScorer scorer = loaded.versions().get(version);
    if (scorer == null) {
      throw new NotAVersionException(
          "version " + version + " of " + name + " is not loaded",
          "choose one of " + loaded.versions().keySet());
    }
    return scorer;
  }

  /**
   * The version that has a label.
   *
   * @throws LabelException no loaded version has it
   */
  public Scorer labelled(String label) {
    return pointed(label);
  }

  /** The same, whatever is loaded later. */
  Scorer following() {
    return following;
  }

  VersionScorer newest() {
    VersionScorer scorer = loaded.latest();
    if (scorer == null) {
      throw new NotAVersionException(
          "no version of " + name + " is loaded", "look at the states of its versions");
    }
    return scorer;
  }

  VersionScorer pointed(String label) {
    VersionScorer scorer = loaded.labels().get(label);
    if (scorer == null) {
      throw new LabelException(
          "no loaded version of " + name + " has the label " + label,
          loaded.labels().isEmpty()
              ? "give one to a version with pmml-pipeline serving"
              : "choose one of " + new TreeSet<>(loaded.labels().keySet()));
    }
    return scorer;
  }

  /** The loaded version of every label. */
  public Map<String, Long> labels() {
    return loaded.labels().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().manifest().version()));
  }

  /** How it stands with every version that was tried, ascending. */
  public List<VersionStatus> statuses() {
    return new ArrayList<>(statuses.values());
  }

  /** Whether the store was looked at once. */
  public boolean hasLooked() {
    return looked;
  }

  boolean isEmpty() {
    return loaded.versions().isEmpty();
  }

  /**
   * Looks at the store unless that was done already.
   *
   * @throws BridgeException no version can be had
   */
  synchronized void first() {
    if (!looked || loaded.latest() == null) {
      look();
    }
  }

  /** Looks at the store once more; what goes wrong is logged, once. */
  void again() {
    String found = "";
    try {
      look();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      found = e instanceof BridgeException ? e.getMessage() : e.toString();
      if (!found.equals(complaint)) {
        LOG.warn("{} stays as it is, with versions {}: {}", name, loaded.versions().keySet(), found);
      }
    }
    complaint = found;
  }

  private synchronized void look() {
    try {
      List<Long> published = source.versions(name);
      if (published.isEmpty()) {
        if (isEmpty()) {
          throw new NotAVersionException(
              "the model " + name + " has no version", "export it first");
        }
        return; // what is gone from the store is not taken from those who score
      }
      Serving serving = source.serving(name);
      if (!isEmpty() && serving.policy().choose(published).isEmpty()) {
        throw none(serving); // and whoever scores goes on
      }
      load(published, serving);
      forget(published);
      if (loaded.latest() == null) {
        throw reason(serving);
      }
    } finally {
      looked = true;
    }
  }

  private void load(List<Long> published, Serving serving) {
    List<Long> chosen = serving.policy().choose(published);
    NavigableSet<Long> wanted = new TreeSet<>(chosen);
    serving.labels().values().stream().filter(published::contains).forEach(wanted::add);
    for (long version : wanted.descendingSet()) {
      if (load(version)) {
        loaded = loaded.arranged(chosen, serving.labels());
      }
    }
    // Only at the start: with a newest version that is refused, the one before it scores, as it
    // does in a service that has been there for longer.
    NavigableSet<Long> older = new TreeSet<>(published);
    older.removeAll(wanted);
    if (serving.policy().specific().isEmpty()) {
      for (long version : older.descendingSet()) {
        if (loaded.latest() == null && load(version)) {
          loaded = loaded.arranged(chosen, serving.labels());
        }
      }
    }
    loaded = loaded.arranged(chosen, serving.labels());
  }

  /** Loads a version that is not loaded, unless it was refused a short time ago. */
  private boolean load(long version) {
    Refused before = refused.get(version);
    if (loaded.versions().containsKey(version) || (before != null && !before.mayTry())) {
      return false;
    }
    if (before == null) {
      statuses.put(version, new VersionStatus(version, State.LOADING, null, null));
    }
    try {
      VersionScorer scorer = loader.apply(version);
      loaded = loaded.with(version, scorer);
      refused.remove(version);
      statuses.put(version, new VersionStatus(version, State.AVAILABLE, null, null));
      LOG.info("{} has version {} on {}", name, version, scorer.engine());
      return true;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      refused.put(version, Refused.after(before, e));
      String code = e instanceof BridgeException known ? known.code() : "error";
      String message = e instanceof BridgeException ? e.getMessage() : e.toString();
      statuses.put(version, new VersionStatus(version, State.END, code, message));
      LOG.error("version {} of {} is refused: {}", version, name, message);
      return false;
    }
  }

  /** Versions that were let go have ended; those that are gone from the store are forgotten. */
  private void forget(List<Long> published) {
    refused.keySet().retainAll(published);
    Loaded now = loaded;
    for (VersionStatus status : statuses()) {
      long version = status.version();
      if (!now.versions().containsKey(version)) {
        if (!new HashSet<>(published).contains(version)) {
          statuses.remove(version);
        } else if (status.state() == State.AVAILABLE) {
          statuses.put(version, new VersionStatus(version, State.END, null, null));
          LOG.info("{} lets go of version {}", name, version);
        }
      }
    }
  }

  /** Why there is no version: the error of the newest one that was tried. */
  private RuntimeException reason(Serving serving) {
    Throwable last = null;
    for (Refused one : refused.values()) {
      last = one.error();
    }
    if (last instanceof RuntimeException error) {
      return error;
    }
    if (last instanceof Error error) {
      throw error;
    }
    return none(serving);
  }

  private NotAVersionException none(Serving serving) {
    return new NotAVersionException(
        "none of the versions " + new TreeSet<>(serving.policy().specific()) + " of " + name
            + ", which its serving.json names, is published",
        "name others with pmml-pipeline serving");
  }
}
