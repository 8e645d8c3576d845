package pmmlpipeline.bridge.server;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.LiveModel;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.LabelException;
import pmmlpipeline.bridge.errors.NotAVersionException;

/**
 * What the path of a request names: {@code /v1/models/credit/versions/3:predict}.
 *
 * @param model its name
 * @param version its number as text; null when none is named
 * @param label null when none is named
 * @param verb {@code predict}, {@code classify}, {@code regress} or {@code metadata}; empty for the
 *     state of versions
 */
record Target(String model, String version, String label, String verb) {

  private static final Pattern PATH =
      Pattern.compile(
          "/v1/models/(?<model>[^/:]+)"
              + "(?:/versions/(?<version>[^/:]+)|/labels/(?<label>[^/:]+))?"
              + "(?:[/:](?<verb>predict|classify|regress|metadata))?");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final int SHOWN = 100;

  /**
   * @param path of the request, as it was sent
   * @throws Refusal it names nothing that is here
   */
  static Target of(String path) throws Refusal {
    Matcher found = PATH.matcher(path);
    if (!found.matches()) {
      throw new Refusal(Refusal.NOT_FOUND, "there is nothing at " + shown(path));
    }
    String verb = found.group("verb") == null ? "" : found.group("verb");
    if (!verb.isEmpty() && (path.charAt(found.start("verb") - 1) == '/') != verb.equals("metadata")) {
      throw new Refusal(Refusal.NOT_FOUND, "there is nothing at " + shown(path));
    }
    String version = found.group("version");
    if (version != null && !NUMBER.matcher(version).matches()) {
      throw Refusal.badRequest("the version " + shown(version) + " is no number");
    }
    return new Target(found.group("model"), version, found.group("label"), verb);
  }

  /**
   * The model.
   *
   * @throws Refusal it is not served
   */
  LiveModel live(ModelStore store) throws Refusal {
    return store.live(model).orElseThrow(this::notFound);
  }

  /**
   * The version that is named, or the one that is taken where none is.
   *
   * @throws Refusal it is not loaded
   */
  Scorer scorer(ModelStore store) throws Refusal {
    LiveModel live = live(store);
    try {
      if (label != null) {
        return live.labelled(label).current();
      }
      return version == null ? live.latest() : live.version(Long.parseLong(version));
    } catch (NotAVersionException e) {
      throw notFound();
    } catch (LabelException e) {
      throw Refusal.badRequest("Unrecognized servable version label: " + shown(label));
    }
  }

  /** In TensorFlow Serving's words, which its clients look for. */
  Refusal notFound() {
    String request =
        version == null
            ? "Latest(" + shown(model) + ")"
            : "Specific(" + shown(model) + ", " + version + ")";
    return new Refusal(Refusal.NOT_FOUND, "Servable not found for request: " + request);
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }
}
