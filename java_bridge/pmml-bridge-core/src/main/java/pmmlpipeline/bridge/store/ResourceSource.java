package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import pmmlpipeline.bridge.Serving;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.StoreException;

/**
 * Versions in jars of a class path, as {@code pmml-pipeline handoff --jar} packs them: each jar says
 * in {@code META-INF/pmml-pipeline/artifacts} which it has. They are mirrored to the cache of the
 * Python package.
 */
public final class ResourceSource implements Source {

  private static final String INDEX = "META-INF/pmml-pipeline/artifacts";
  private static final String ROOT = "artifacts/";

  private final ClassLoader loader;
  private final Mirror mirror;
  private final Map<String, TreeSet<Long>> found = new TreeMap<>();

  /**
   * @param loader of the class path
   */
  public ResourceSource(ClassLoader loader) {
    this(loader, Mirror.defaultCache());
  }

  ResourceSource(ClassLoader loader, Path cache) {
    this.loader = loader;
    mirror = new Mirror(cache);
    try {
      for (URL index : Collections.list(loader.getResources(INDEX))) {
        try (InputStream text = index.openStream()) {
          new String(text.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .forEach(line -> add(index, line.strip()));
        }
      }
    } catch (IOException e) {
      throw because(
          e, new StoreException("the class path cannot be read: " + e, "check its jars"));
    }
  }

  private void add(URL index, String line) {
    int slash = line.indexOf('/');
    if (slash < 0
        || !Names.isName(line.substring(0, slash))
        || Names.version(line.substring(slash + 1)).isEmpty()) {
      throw new StoreException(
          index + " has a line that is no model and version", "pack the version again");
    }
    long version = Names.version(line.substring(slash + 1)).getAsLong();
    found.computeIfAbsent(line.substring(0, slash), model -> new TreeSet<>()).add(version);
  }

  @Override
  public List<String> models() {
    return List.copyOf(found.keySet());
  }

  @Override
  public List<Long> versions(String model) {
    return List.copyOf(found.getOrDefault(Names.model(model), new TreeSet<>()));
  }

  /** A jar says nothing of serving: the newest version of the class path is the one. */
  @Override
  public Serving serving(String model) {
    return Serving.DEFAULT;
  }

  @Override
  public Path folder(String model, long version) {
    String folder = ROOT + Names.model(model) + "/" + version + "/";
    byte[] manifest;
    try (InputStream file = open(folder + Names.MANIFEST)) {
      manifest = file.readAllBytes();
    } catch (IOException e) {
      throw because(
          e,
          new NotAVersionException(
              "there is no version " + version + " of " + model + " on the class path",
              "choose one of " + versions(model)));
    }
    return mirror.of(manifest, folder + " on the class path", (name, size) -> open(folder + name));
  }

  private InputStream open(String name) throws IOException {
    InputStream file = loader.getResourceAsStream(name);
    if (file == null) {
      throw new FileNotFoundException(name + " is not on the class path");
    }
    return file;
  }
}
