package pmmlpipeline.bridge;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
   * @param poll how long it is until the store is looked at again
   * @param everything whether every model of the store is loaded, also those that come later
   */
  public record Options(String engine, Duration poll, boolean everything) {

    /** Any certified engine; a look every two seconds; the models that are asked for. */
    public static Options defaults() {
      return new Options(null, Duration.ofSeconds(2), false);
    }

    /** The same on that engine only: {@code jpmml} or {@code pypmml}. */
    public Options withEngine(String name) {
      return new Options(name, poll, everything);
    }

    /** The same with another time between two looks. */
    public Options withPoll(Duration time) {
      return new Options(engine, time, everything);
    }

    /** The same with every model of the store, as a service wants it. */
    public Options withEverything() {
      return new Options(engine, poll, true);
    }
  }

  private static final int LOADERS = 2; // so that a large document delays no other model

  private final Source source;
  private final Options options;
  private final Engines engines;
  private final Map<String, LiveModel> live = new ConcurrentHashMap<>();
  private final ScheduledExecutorService watcher;
  private volatile boolean discovered;
  private volatile boolean closed;

  private ModelStore(Source source, Options options) {
    this.source = source;
    this.options = options;
    engines = new Engines(ModelStore.class.getClassLoader());
    watcher =
        Executors.newScheduledThreadPool(
            LOADERS,
            task -> {
              Thread thread = new Thread(task, "pmml-bridge watcher");
              thread.setDaemon(true);
              return thread;
            });
    if (options.everything()) {
      often(this::discover);
    }
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
   * The newest version of a model, also when a newer one is published later. Where the store names
   * versions to serve (see {@link Serving}), the newest one of those.
   *
   * @throws NotAVersionException the model has no version
   * @throws pmmlpipeline.bridge.errors.BridgeException no version can be proven here
   */
  public Scorer latest(String model) {
    return followed(model).following();
  }

  /**
   * The version of a model that has a label, also when the label moves later.
   *
   * @throws pmmlpipeline.bridge.errors.LabelException no version has it that can be proven here
   * @throws NotAVersionException the model has no version
   */
  public Scorer labelled(String model, String label) {
    LiveModel followed = followed(model);
    followed.pointed(label);
    return new FollowingScorer(() -> followed.pointed(label));
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

  /** The models that are followed: those that were asked for, or all of them. */
  public Collection<LiveModel> live() {
    return Collections.unmodifiableCollection(live.values());
  }

  /** A model that is followed; none when it is not. Never looks at the store. */
  public Optional<LiveModel> live(String model) {
    return Optional.ofNullable(live.get(model));
  }

  /** Whether every model that is to be loaded was tried once. */
  public boolean isReady() {
    return (discovered || !options.everything())
        && live.values().stream().allMatch(LiveModel::hasLooked);
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

  /** The model with at least one version loaded. */
  private LiveModel followed(String model) {
    checkOpen();
    Names.model(model);
    LiveModel known = live.get(model);
    if (known == null) {
      checkExists(model); // so that names that are asked for at random leave nothing behind
      known = follow(model);
    }
    known.first();
    return known;
  }

  private void checkExists(String model) {
    if (source.versions(model).isEmpty()) {
      List<String> others = source.models();
      throw new NotAVersionException(
          "the model " + model + " has no version",
          others.isEmpty() ? "export a model first" : "choose one of " + String.join(", ", others));
    }
  }

  private LiveModel follow(String model) {
    return live.computeIfAbsent(
        model,
        name -> {
          LiveModel added = new LiveModel(name, source, version -> load(name, version));
          often(added::again);
          return added;
        });
  }

  /** Follows models that are new in the store. */
  private void discover() {
    try {
      source.models().forEach(this::follow);
    } catch (StoreException e) {
      LOG.warn("no new models are found: {}", e.getMessage());
    }
    discovered = true;
  }

  private void often(Runnable look) {
    long millis = Math.max(1, options.poll().toMillis());
    watcher.scheduleWithFixedDelay(look, 0, millis, TimeUnit.MILLISECONDS);
  }

  private VersionScorer load(String model, long version) {
    Artifact artifact = Artifact.open(source.folder(model, version));
    if (artifact.manifest().version() != version) {
      throw new ManifestException(
          artifact.folder() + " holds version " + artifact.manifest().version()
              + " by its manifest",
          "copy version " + version + " again");
    }
    EngineProvider provider;
    Engine engine;
    // The checksums are computed while the engine reads: what it has to say is heard after them.
    Verification files = Verification.of(artifact);
    try {
      provider = engines.choose(artifact.manifest(), options.engine());
      engine = provider.load(artifact.document(), artifact.manifest());
    } finally {
      files.check();
    }
    VersionScorer scorer = new VersionScorer(artifact.manifest(), provider.name(), engine);
    GoldenRows.check(scorer, artifact);
    return scorer;
  }
}
