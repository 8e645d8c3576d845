package pmmlpipeline.bridge.store;

import java.util.OptionalLong;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.errors.ModelNameException;

/** Which names may stand for models, versions and files in a store. */
public final class Names {

  /** The file that makes a folder a version. */
  public static final String MANIFEST = "manifest.json";

  /** The file in a model's folder that says which of its versions are served. */
  public static final String SERVING = "serving.json";

  /** The document. */
  public static final String DOCUMENT = "model.pmml";

  /** The golden rows. */
  public static final String GOLDEN = "golden.jsonl";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9_-])?");
  // 18 digits always fit a long.
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  private Names() {}

  /** Whether it is one folder or file on every file system, and never one above. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * The name itself, when a model can be published under it.
   *
   * @throws ModelNameException it could leave the store
   */
  public static String model(String name) {
    if (name == null || !isName(name)) {
      String shown = name == null || name.length() <= 60 ? name : name.substring(0, 60) + "...";
      throw new ModelNameException(
          "'" + shown + "' is no model name", "use letters, digits, '_', '.' and '-', as in credit-eu");
    }
    return name;
  }

  /** The version that a folder of this name holds; none for any other name. */
  public static OptionalLong version(String name) {
    return VERSION.matcher(name).matches()
        ? OptionalLong.of(Long.parseLong(name))
        : OptionalLong.empty();
  }
}
