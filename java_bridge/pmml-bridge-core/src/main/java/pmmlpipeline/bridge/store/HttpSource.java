package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.Serving;
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
  private static final long SLOWEST = 64 << 10; // bytes a second
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Pattern LINK =
      Pattern.compile("(?:href=\"?|\"name\"\\s*:\\s*\")([^\">\\s?#]+)", Pattern.CASE_INSENSITIVE);

  private final URI root;
  private final Mirror mirror;
  private final Duration patience;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();

  /**
   * @param root the address of the store, {@code http} or {@code https}
   */
  public HttpSource(URI root) {
    this(root, Mirror.defaultCache(), ANSWER);
  }

  /**
   * @param patience how long an answer may take that has few bytes
   */
  HttpSource(URI root, Path cache, Duration patience) {
    this.patience = patience;
    String scheme = String.valueOf(root.getScheme());
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new StoreException(root + " is no http address", "name one, or a folder");
    }
    this.root = URI.create(root.toString().endsWith("/") ? root.toString() : root + "/");
    mirror = new Mirror(cache);
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
  public Serving serving(String model) {
    URI address = at(Names.model(model)).resolve(Names.SERVING);
    byte[] text = page(address, true);
    return text == null ? Serving.DEFAULT : ServingReader.parse(text, shown(address));
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
    return mirror.of(manifest, shown(folder), (name, size) -> file(folder.resolve(name), size));
  }

  private InputStream file(URI address, long size) throws IOException {
    HttpResponse<InputStream> response = get(address, size);
    if (response.statusCode() != 200) {
      response.body().close();
      throw unreachable(address, "status " + response.statusCode(), null);
    }
    return response.body();
  }

  private boolean exists(String model, long version) {
    return page(at(model + "/" + version).resolve(Names.MANIFEST), true) != null;
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
    HttpResponse<InputStream> response = get(address, 0);
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

  /**
   * @param size of the body in bytes, as far as it is known
   */
  private HttpResponse<InputStream> get(URI address, long size) {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(patience).build();
    try {
      HttpResponse<InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      end(response.body(), patience.plusSeconds(size / SLOWEST));
      return response;
    } catch (IOException e) {
      throw unreachable(address, e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(address, "interrupted", e);
    }
  }

  /** The time limit of a request ends with the head of the answer; a body may stall as well. */
  private static void end(InputStream body, Duration after) {
    CompletableFuture.delayedExecutor(after.toMillis(), TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              try {
                body.close(); // whoever reads has an IOException then
              } catch (IOException e) {
                return; // it is closed
              }
            });
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
