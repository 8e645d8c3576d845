package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import pmmlpipeline.bridge.Certificate;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.Interval;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.errors.ManifestException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.json.Json;
import pmmlpipeline.bridge.json.JsonObject;
import pmmlpipeline.bridge.json.JsonObject.FormException;

/**
 * Reads manifest.json strictly. Keys that are not known are passed over, so that a later release
 * can add some within the format.
 */
public final class ManifestReader {

  /** The one format that this release reads. */
  public static final long FORMAT = 1;

  // A manifest lists fields and levels, never rows; more bytes than this are none.
  private static final long LARGEST = 64L << 20;
  private static final String REWRITE =
      "export the model again, or copy the whole version folder again";
  private static final Set<String> ALWAYS = Set.of(Names.DOCUMENT, Names.GOLDEN);
  private static final Set<String> CLOSURES =
      Set.of("openOpen", "openClosed", "closedOpen", "closedClosed");
  private static final Set<String> TREATMENTS =
      Set.of("returnInvalid", "asIs", "asMissing", "asValue");

  private static final Pattern CHECKSUM =
      Pattern.compile(",\\s*\"sha256\"\\s*:\\s*\"([0-9a-f]{64})\"\\s*\\}\\s*\\z");

  private ManifestReader() {}

  /**
   * The manifest of a version's folder.
   *
   * @throws NotAVersionException there is none
   * @throws ManifestException it has not the published form, or cannot be read
   */
  public static Manifest read(Path folder) {
    Path path = folder.resolve(Names.MANIFEST);
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new ManifestException(path + " is no file", REWRITE);
      }
      if (Files.exists(path) && Files.size(path) > LARGEST) {
        throw new ManifestException(path + " has more than " + LARGEST + " bytes", REWRITE);
      }
      return parse(Files.readAllBytes(path), path.toString());
    } catch (NoSuchFileException e) {
      throw new NotAVersionException(
          folder + " has no " + Names.MANIFEST + ", so it is not a published version",
          "name a version folder that was published whole");
    } catch (IOException e) {
      throw because(
          e,
          new ManifestException(
              path + " cannot be read: " + e.getMessage(), "check the file and its permissions"));
    }
  }

  /**
   * A manifest from its text.
   *
   * @param where the file, for messages
   * @throws ManifestException the text is no manifest, or one of another format
   */
  public static Manifest parse(byte[] text, String where) {
    try {
      JsonObject root = JsonObject.of(Json.parse(text));
      if (root.whole("format") != FORMAT) {
        throw new ManifestException(
            where + " has format " + root.whole("format") + ", and this release reads " + FORMAT,
            "take a newer release of the bridge");
      }
      if (root.has("sha256") && !isAsPublished(text)) {
        throw new ManifestException(where + " was changed after it was published", REWRITE);
      }
      return manifest(root);
    } catch (FormException e) {
      throw because(e, new ManifestException(where + ": " + e.getMessage(), REWRITE));
    } catch (IOException e) {
      throw because(e, new ManifestException(where + " is not JSON: " + e.getMessage(), REWRITE));
    }
  }

  /** Whether the bytes before the checksum at the end are those that it was made of. */
  private static boolean isAsPublished(byte[] text) {
    // A byte is a character here, so that places in the one are places in the other.
    Matcher found = CHECKSUM.matcher(new String(text, StandardCharsets.ISO_8859_1));
    return found.find()
        && Artifact.sha256(Arrays.copyOf(text, found.start())).equals(found.group(1));
  }

  private static Manifest manifest(JsonObject root) throws FormException {
    String model = root.text("model");
    if (!Names.isName(model)) {
      throw root.wrong("model", "a name");
    }
    if (root.whole("version") < 1) {
      throw root.wrong("version", "at least 1");
    }
    Map<String, Manifest.FileFact> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonObject> file : root.object("files").members().entrySet()) {
      if (!Names.isName(file.getKey()) || file.getKey().equals(Names.MANIFEST)) {
        throw root.wrong("files", "files of the folder, and has '" + file.getKey() + "'");
      }
      JsonObject fact = file.getValue();
      files.put(file.getKey(), new Manifest.FileFact(fact.whole("size"), fact.text("sha256")));
    }
    if (!files.keySet().containsAll(ALWAYS)) {
      throw root.wrong("files", "files among which are " + ALWAYS);
    }
    List<InputField> inputs = root.each("inputs", ManifestReader::input);
    List<OutputField> outputs = root.each("outputs", ManifestReader::output);
    if (outputs.isEmpty()) {
      throw root.wrong("outputs", "at least one field");
    }
    if (inputs.stream().map(InputField::name).distinct().count() < inputs.size()) {
      throw root.wrong("inputs", "fields of different names");
    }
    if (outputs.stream().map(OutputField::name).distinct().count() < outputs.size()) {
      throw root.wrong("outputs", "fields of different names");
    }
    return new Manifest(
        model,
        root.whole("version"),
        root.text("created"),
        files,
        root.text("function"),
        inputs,
        root.scalars("supplementary"),
        outputs,
        certificate(root.object("certificate")));
  }

  private static InputField input(JsonObject field) throws FormException {
    JsonObject invalid = field.object("invalid");
    String treatment = invalid.text("treatment");
    if (!TREATMENTS.contains(treatment)) {
      throw invalid.wrong("treatment", "one of " + TREATMENTS);
    }
    List<Interval> intervals = new ArrayList<>();
    if (field.has("intervals")) {
      intervals = field.each("intervals", ManifestReader::interval);
    }
    return new InputField(
        field.text("name"),
        type(field),
        field.truth("required"),
        field.scalars("values"),
        intervals,
        field.scalars("missingValues"),
        field.scalars("invalidValues"),
        treatment,
        invalid.scalarOrNull("replacement"));
  }

  private static Interval interval(JsonObject interval) throws FormException {
    String closure = interval.text("closure");
    if (!CLOSURES.contains(closure)) {
      throw interval.wrong("closure", "one of " + CLOSURES);
    }
    return new Interval(
        closure, interval.numberOrNull("leftMargin"), interval.numberOrNull("rightMargin"));
  }

  private static OutputField output(JsonObject field) throws FormException {
    String feature = field.textOrNull("feature");
    return new OutputField(
        field.text("name"),
        type(field),
        feature == null ? "predictedValue" : feature,
        field.scalarOrNull("value"),
        "float32".equals(field.textOrNull("precision")));
  }

  private static DataType type(JsonObject field) throws FormException {
    DataType type = DataType.named(field.text("dataType"));
    if (type == null) {
      throw field.wrong("dataType", "a data type of PMML");
    }
    return type;
  }

  private static Certificate certificate(JsonObject certificate) throws FormException {
    Map<String, Certificate.EngineResult> engines = new LinkedHashMap<>();
    for (JsonObject engine : certificate.objects("engines")) {
      Map<String, String> versions = new LinkedHashMap<>();
      for (String name : engine.object("versions").keys()) {
        versions.put(name, engine.object("versions").text(name));
      }
      engines.put(
          engine.text("engine"),
          new Certificate.EngineResult(
              engine.truth("certified"), versions, engine.textOrNull("reason")));
    }
    double tolerance = certificate.number("tolerance");
    String preferred = certificate.text("preferred");
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw certificate.wrong("tolerance", "a difference");
    }
    boolean exact = tolerance <= Certificate.TEN_DECIMALS;
    if (certificate.has("to_10_decimals") && certificate.truth("to_10_decimals") != exact) {
      throw certificate.wrong("to_10_decimals", "what the tolerance says");
    }
    if (!engines.containsKey(preferred) || !engines.get(preferred).certified()) {
      throw certificate.wrong("preferred", "a certified engine");
    }
    return new Certificate(tolerance, certificate.text("created"), preferred, engines);
  }
}
