package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.errors.ChecksumException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.StoreException;

/**
 * A store behind a server of files that lists folders as pages with links or as JSON, as nginx,
 * Apache and Python's http.server do. Versions are mirrored to the cache that the Python package
 * has too, checked by their SHA-256, and fetched again when they are damaged there.
 */
public final class HttpSource implements Source {

  private static final int LONGEST_PAGE = 16 << 20;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Pattern LINK =
      Pattern.compile("(?:href=\"?|\"name\"\\s*:\\s*\")([^\">\\s?#]+)", Pattern.CASE_INSENSITIVE);

  private final URI root;
  private final Path cache;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();

  /**
   * @param root the address of the store, {@code http} or {@code https}
   * @param cache the folder to mirror versions to
   */
  public HttpSource(URI root, Path cache) {
    String scheme = String.valueOf(root.getScheme());
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new StoreException(root + " is no http address", "name one, or a folder");
    }
    this.root = URI.create(root.toString().endsWith("/") ? root.toString() : root + "/");
    this.cache = cache;
  }

  /** The cache of the Python package, as the environment places it. */
  public static Path defaultCache() {
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

  @Override
  public List<String> models() {
    return listed(root, false).stream()
        .filter(name -> Names.isName(name) && !versions(name).isEmpty())
        .sorted()
        .toList();
  }

  @Override
  public List<Long> versions(String model) {
    URI folder = at(Names.model(model));
    List<Long> numbers =
        listed(folder, true).stream()
            .map(Names::version)
            .filter(OptionalLong::isPresent)
            .map(OptionalLong::getAsLong)
            .sorted()
            .distinct()
            .toList();
    // Only the newest ones may be unfinished, and each look costs a request.
    List<Long> found = new ArrayList<>(numbers);
    while (!found.isEmpty() && !exists(model, found.get(found.size() - 1))) {
      found.remove(found.size() - 1);
    }
    return List.copyOf(found);
  }

  @Override
  public Path folder(String model, long version) {
    URI folder = at(Names.model(model) + "/" + version);
    byte[] manifest = page(folder.resolve(Names.MANIFEST), true);
    if (manifest == null) {
      throw new NotAVersionException(
          "there is no version " + version + " of " + model + " at " + shown(root),
          "choose one of " + versions(model));
    }
    Manifest content = ManifestReader.parse(manifest, Names.MANIFEST + " at " + shown(folder));
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
          fetch(folder.resolve(file.getKey()), file.getValue(), path);
        }
      }
      Path last = target.resolve(Names.MANIFEST);
      Path partial = partial();
      Files.write(partial, manifest);
      Files.move(partial, last, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException e) {
      throw because(
          e, new StoreException("cannot write to the cache " + cache + ": " + e, "make room for it"));
    }
  }

  private boolean exists(String model, long version) {
    return page(at(model + "/" + version).resolve(Names.MANIFEST), true) != null;
  }

  private void fetch(URI address, Manifest.FileFact fact, Path target) throws IOException {
    Path partial = partial();
    try {
      HttpResponse<InputStream> response = get(address);
      try (InputStream body = response.body();
          OutputStream file = Files.newOutputStream(partial)) {
        if (response.statusCode() != 200) {
          throw unreachable(address, "status " + response.statusCode(), null);
        }
        byte[] chunk = new byte[1 << 16];
        long left = fact.size() + 1; // a byte more than expected is enough to know
        for (int n; left > 0 && (n = body.read(chunk, 0, (int) Math.min(left, chunk.length))) > 0; ) {
          file.write(chunk, 0, n);
          left -= n;
        }
      } catch (IOException e) {
        throw unreachable(address, e.toString(), e);
      }
      if (!isGood(partial, fact)) {
        throw new ChecksumException(
            shown(address) + " is not the file that its manifest describes",
            "publish the version again, or copy it there again whole");
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
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

  /** The names in a listing of a folder. */
  private List<String> listed(URI folder, boolean mayBeAbsent) {
    byte[] page = page(folder, mayBeAbsent);
    List<String> names = new ArrayList<>();
    if (page != null) {
      Matcher links = LINK.matcher(new String(page, StandardCharsets.UTF_8));
      while (links.find()) {
        String name = links.group(1);
        name = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        name = name.startsWith("./") ? name.substring(2) : name;
        // Some servers write whole paths.
        if (name.startsWith(folder.getPath())) {
          name = name.substring(folder.getPath().length());
        }
        names.add(name);
      }
    }
    return names;
  }

  /** A small file; null where there is none and that is admitted. */
  private byte[] page(URI address, boolean mayBeAbsent) {
    HttpResponse<InputStream> response = get(address);
    try (InputStream body = response.body()) {
      if (response.statusCode() == 404 && mayBeAbsent) {
        return null;
      }
      if (response.statusCode() != 200) {
        throw unreachable(address, "status " + response.statusCode(), null);
      }
      byte[] found = body.readNBytes(LONGEST_PAGE + 1);
      if (found.length > LONGEST_PAGE) {
        throw unreachable(address, "more than " + LONGEST_PAGE + " bytes", null);
      }
      return found;
    } catch (IOException e) {
      throw unreachable(address, e.toString(), e);
    }
  }

  private HttpResponse<InputStream> get(URI address) {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(ANSWER).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw unreachable(address, e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(address, "interrupted", e);
    }
  }

  private static StoreException unreachable(URI address, String why, Exception origin) {
    StoreException error =
        new StoreException(
            "cannot read " + shown(address) + ": " + why,
            "check the address, the credentials and the network");
    return origin == null ? error : because(origin, error);
  }

  private URI at(String folder) {
    return root.resolve(folder + "/");
  }

  /** Without a password that may be in it. */
  private static String shown(URI address) {
    return address.toString().replaceFirst("//[^/@\\s]*@", "//");
  }
}
