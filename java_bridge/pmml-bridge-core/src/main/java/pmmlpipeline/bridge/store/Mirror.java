package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.errors.ChecksumException;
import pmmlpipeline.bridge.errors.StoreException;

/**
 * A cache of versions that are published where they cannot be used: {@code
 * versions/<SHA-256 of the manifest>/<model>/<version>}, as the Python package has it. Files are
 * checked by their SHA-256, and fetched again when they are damaged. Every file appears by a
 * rename, so readers at the same time never see each other's halves.
 */
final class Mirror {

  private static final int CHUNK = 1 << 16;

  /** Opens a file of a version by its name. */
  @FunctionalInterface
  interface Opener {
    InputStream open(String name, long size) throws IOException;
  }

  private final Path cache;

  Mirror(Path cache) {
    this.cache = cache;
  }

  /** The cache of the Python package, as the environment places it. */
  static Path defaultCache() {
    String own = System.getenv("PMML_PIPELINE_CACHE");
    if (own != null && !own.isEmpty()) {
      return Path.of(own);
    }
    String shared = System.getenv("XDG_CACHE_HOME");
    if (shared != null && !shared.isEmpty()) {
      return Path.of(shared, "pmml-pipeline");
    }
    return Path.of(System.getProperty("user.home"), ".cache", "pmml-pipeline");
  }

  /**
   * A local folder with a version.
   *
   * @param manifest its manifest.json
   * @param where it is published, for messages
   * @param opener opens its files
   */
  Path of(byte[] manifest, String where, Opener opener) {
    Manifest content = ManifestReader.parse(manifest, Names.MANIFEST + " at " + where);
    try {
      Path target =
          cache
              .resolve("versions")
              .resolve(Artifact.sha256(manifest))
              .resolve(content.model())
              .resolve(Long.toString(content.version()));
      Files.createDirectories(target);
      for (Map.Entry<String, Manifest.FileFact> file : content.files().entrySet()) {
        Path path = target.resolve(file.getKey());
        if (!isGood(path, file.getValue())) {
          fetch(where, opener, file.getKey(), file.getValue(), path);
        }
      }
      Path partial = partial();
      Files.write(partial, manifest);
      Files.move(partial, target.resolve(Names.MANIFEST), StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException e) {
      throw because(
          e,
          new StoreException("cannot write to the cache " + cache + ": " + e, "make room for it"));
    }
  }

  private void fetch(
      String where, Opener opener, String name, Manifest.FileFact fact, Path target)
      throws IOException {
    Path partial = partial();
    try {
      try (InputStream body = opener.open(name, fact.size());
          OutputStream file = Files.newOutputStream(partial)) {
        byte[] chunk = new byte[CHUNK];
        long left = fact.size() + 1; // a byte more than expected is enough to know
        int n = 0;
        while (left > 0 && n >= 0) {
          n = read(body, chunk, left, where, name);
          if (n > 0) {
            file.write(chunk, 0, n);
            left -= n;
          }
        }
      }
      if (!isGood(partial, fact)) {
        throw new ChecksumException(
            name + " at " + where + " is not the file that its manifest describes",
            "publish the version again, or copy it there again whole");
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static int read(InputStream body, byte[] chunk, long left, String where, String name) {
    try {
      return body.read(chunk, 0, (int) Math.min(left, chunk.length));
    } catch (IOException e) {
      throw because(
          e,
          new StoreException(
              "cannot read " + name + " at " + where + ": " + e,
              "check the address, the credentials and the network"));
    }
  }

  private Path partial() throws IOException {
    Path folder = Files.createDirectories(cache.resolve("partial"));
    return Files.createTempFile(folder, "java-", "");
  }

  private static boolean isGood(Path path, Manifest.FileFact fact) throws IOException {
    return Files.isRegularFile(path)
        && Files.size(path) == fact.size()
        && Artifact.sha256(path).equals(fact.sha256());
  }
}
