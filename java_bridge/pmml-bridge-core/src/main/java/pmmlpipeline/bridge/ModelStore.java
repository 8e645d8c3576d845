package pmmlpipeline.bridge;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import pmmlpipeline.bridge.engine.Engine;
import pmmlpipeline.bridge.engine.EngineProvider;
import pmmlpipeline.bridge.errors.ManifestException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.StoreException;
import pmmlpipeline.bridge.proof.GoldenRows;
import pmmlpipeline.bridge.store.Artifact;
import pmmlpipeline.bridge.store.FolderSource;
import pmmlpipeline.bridge.store.HttpSource;
import pmmlpipeline.bridge.store.Names;
import pmmlpipeline.bridge.store.ResourceSource;
import pmmlpipeline.bridge.store.Source;

/**
 * A store of artifacts: gives scorers of versions that were proven here.
 *
 * <pre>{@code
 * try (ModelStore store = ModelStore.open(path)) {
 *   Scorer credit = store.latest("credit");
 *   Map<String, Object> out = credit.score(Map.of("Age", 30, "Income", 5200.0));
 * }
 * }</pre>
 *
 * <p>Before it hands out a scorer it checks the files of the version against their checksums, takes
 * an engine that the certificate names, and replays the golden rows to 10 decimals. A scorer of the
 * latest version follows the store: a new version is loaded and proven beside the one that scores,
 * and then takes its place between two calls. One that fails any of this changes nothing.
 *
 * <p>May be used from many threads. Nothing is static, so stores do not know of one another.
 */
public final class ModelStore implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);

  /**
   * How a store is used.
   *
   * @param engine the engine to take; null for the first one that the certificate names and that
   *     is on the class path
   * @param poll how long it is until new versions are looked for again
   */
  public record Options(String engine, Duration poll) {

    /** Any certified engine; a look every two seconds. */
    public static Options defaults() {
      return new Options(null, Duration.ofSeconds(2));
    }

    /** The same on that engine only: {@code jpmml} or {@code pypmml}. */
    public Options withEngine(String name) {
      return new Options(name, poll);
    }

    /** The same with another time between two looks. */
    public Options withPoll(Duration time) {
      return new Options(engine, time);
    }
  }

  private final Source source;
  private final Options options;
  private final Engines engines;
  private final Map<String, LatestScorer> latest = new ConcurrentHashMap<>();
  private final ScheduledExecutorService watcher;
  private volatile boolean closed;

  private ModelStore(Source source, Options options) {
    this.source = source;
    this.options = options;
    engines = new Engines(ModelStore.class.getClassLoader());
    watcher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "pmml-bridge watcher");
              thread.setDaemon(true);
              return thread;
            });
    long millis = Math.max(1, options.poll().toMillis());
    watcher.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Opens a store in a folder.
   *
   * @throws StoreException there is no such folder
   */
  public static ModelStore open(Path folder) {
    return open(folder, Options.defaults());
  }

  /**
   * Opens a store in a folder.
   *
   * @throws StoreException there is no such folder
   */
  public static ModelStore open(Path folder, Options options) {
    return new ModelStore(new FolderSource(folder), options);
  }

  /**
   * Opens a store behind a server of files, {@code http} or {@code https}, that lists its folders.
   * Versions are mirrored to the cache that the Python package has too.
   */
  public static ModelStore open(URI address) {
    return open(address, Options.defaults());
  }

  /** Opens a store behind a server of files. */
  public static ModelStore open(URI address, Options options) {
    return new ModelStore(new HttpSource(address), options);
  }

  /** Opens the versions that are in jars of a class path, as {@code handoff --jar} packs them. */
  public static ModelStore open(ClassLoader loader) {
    return open(loader, Options.defaults());
  }

  /** Opens the versions that are in jars of a class path. */
  public static ModelStore open(ClassLoader loader, Options options) {
    return new ModelStore(new ResourceSource(loader), options);
  }

  /** The models that have at least one version, by name. */
  public List<String> models() {
    return source.models();
  }

  /** The published versions of a model, ascending. */
  public List<Long> versions(String model) {
    return source.versions(Names.model(model));
  }

  /**
   * The newest version of a model, also when a newer one is published later.
   *
   * @throws NotAVersionException the model has no version
   * @throws pmmlpipeline.bridge.errors.BridgeException the newest version cannot be proven here
   */
  public Scorer latest(String model) {
    checkOpen();
    Names.model(model);
    LatestScorer known = latest.get(model);
    if (known != null) {
      return known;
    }
    // Not computeIfAbsent: other models need not wait until this one is loaded.
    LatestScorer loaded = new LatestScorer(load(model, newest(model)));
    known = latest.putIfAbsent(model, loaded);
    return known == null ? loaded : known;
  }

  /**
   * One version of a model, whatever is published later.
   *
   * @throws NotAVersionException there is no such version
   * @throws pmmlpipeline.bridge.errors.BridgeException it cannot be proven here
   */
  public Scorer version(String model, long version) {
    checkOpen();
    return load(Names.model(model), version);
  }

  /** Ends the look-out for new versions. Scorers that were handed out go on. */
  @Override
  public void close() {
    closed = true;
    watcher.shutdownNow();
  }

  private void checkOpen() {
    if (closed) {
      throw new StoreException("the store is closed", "open it again");
    }
  }

  private long newest(String model) {
    List<Long> versions = source.versions(model);
    if (versions.isEmpty()) {
      List<String> others = source.models();
      throw new NotAVersionException(
          "the model " + model + " has no version",
          others.isEmpty() ? "export a model first" : "choose one of " + String.join(", ", others));
    }
    return versions.get(versions.size() - 1);
  }

  private VersionScorer load(String model, long version) {
    Artifact artifact = Artifact.open(source.folder(model, version));
    if (artifact.manifest().version() != version) {
      throw new ManifestException(
          artifact.folder() + " holds version " + artifact.manifest().version()
              + " by its manifest",
          "copy version " + version + " again");
    }
    artifact.verify();
    EngineProvider provider = engines.choose(artifact.manifest(), options.engine());
    Engine engine = provider.load(artifact.document(), artifact.manifest());
    VersionScorer scorer = new VersionScorer(artifact.manifest(), provider.name(), engine);
    GoldenRows.check(scorer, artifact);
    return scorer;
  }

  /** Looks for new versions of every model that is followed. */
  private void look() {
    for (Map.Entry<String, LatestScorer> followed : latest.entrySet()) {
      if (closed) {
        return;
      }
      look(followed.getKey(), followed.getValue());
    }
  }

  private void look(String model, LatestScorer scorer) {
    List<Long> versions;
    try {
      versions = source.versions(model);
    } catch (StoreException e) {
      LOG.warn("{} stays at version {}: {}", model, scorer.version(), e.getMessage());
      return;
    }
    if (versions.isEmpty()) {
      return; // what is gone from the store is not taken from those who score
    }
    long newest = versions.get(versions.size() - 1);
    if (newest == scorer.version() || !scorer.mayTry(newest)) {
      return;
    }
    try {
      VersionScorer loaded = load(model, newest);
      if (!closed) {
        scorer.take(loaded);
        LOG.info("{} is at version {} on {}", model, newest, loaded.engine());
      }
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      scorer.failed(newest);
      LOG.error(
          "{} stays at version {}: version {} is refused: {}",
          model,
          scorer.version(),
          newest,
          e.toString());
    }
  }
}
