package pmmlpipeline.bridge.proof;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.GoldenRowException;
import pmmlpipeline.bridge.errors.ManifestException;
import pmmlpipeline.bridge.json.Json;
import pmmlpipeline.bridge.store.Artifact;

/** Replays the golden rows of an artifact: records with their offline predictions. */
public final class GoldenRows {

  private static final String AGAIN = "export the model again";

  /**
   * A golden row that does not come out.
   *
   * @param line in golden.jsonl, from 1
   * @param expected the results by name, or the text of a refusal
   * @param actual what came instead
   */
  public record Failure(int line, Object expected, Object actual) {}

  /**
   * What a replay found.
   *
   * @param rows how many there are
   * @param failures those that do not come out
   */
  public record Replay(int rows, List<Failure> failures) {}

  private GoldenRows() {}

  /**
   * Scores every golden row one by one, as a service would.
   *
   * @throws ManifestException there is no row, or one that is no golden row
   */
  public static Replay replay(Scorer scorer, Artifact artifact) {
    Agreement agreement = new Agreement(artifact.manifest().certificate().tolerance());
    List<Failure> failures = new ArrayList<>();
    int rows =
        each(
            artifact,
            (line, row) -> {
              Failure failure = replay(scorer, agreement, line, row);
              if (failure != null) {
                failures.add(failure);
              }
            });
    return new Replay(rows, failures);
  }

  /**
   * The records of the rows that have a score, as JSON has them.
   *
   * @throws ManifestException there is no row, or one that is no golden row
   */
  public static List<Map<String, Object>> records(Artifact artifact) {
    List<Map<String, Object>> records = new ArrayList<>();
    each(
        artifact,
        (line, row) -> {
          if (row.containsKey("output")) {
            records.add(object(row.get("input")));
          }
        });
    return records;
  }

  /** Reads row after row; how many there are. */
  private static int each(Artifact artifact, BiConsumer<Integer, Map<String, Object>> take) {
    int line = 0;
    try (BufferedReader file = Files.newBufferedReader(artifact.golden(), StandardCharsets.UTF_8)) {
      for (String text; (text = file.readLine()) != null; ) {
        line++;
        take.accept(line, row(artifact, line, text));
      }
    } catch (IOException e) {
      throw because(
          e,
          new ManifestException(
              artifact.golden() + " cannot be read: " + e, "check the file and its permissions"));
    }
    if (line == 0) {
      throw new ManifestException(
          artifact.golden() + " has no rows, so it proves nothing", AGAIN);
    }
    return line;
  }

  /**
   * Refuses a scorer that does not reproduce the golden rows.
   *
   * @throws GoldenRowException names the first row that does not come out
   */
  public static void check(Scorer scorer, Artifact artifact) {
    Replay replay = replay(scorer, artifact);
    if (!replay.failures().isEmpty()) {
      Failure first = replay.failures().get(0);
      throw new GoldenRowException(
          replay.failures().size() + " of " + replay.rows() + " golden rows of "
              + artifact.folder() + " do not come out on " + scorer.engine() + ": line "
              + first.line() + " should give " + first.expected() + " and gives " + first.actual(),
          "use another certified engine, or the versions that the certificate names");
    }
  }

  private static Failure replay(
      Scorer scorer, Agreement agreement, int line, Map<String, Object> row) {
    Map<String, Object> input = object(row.get("input"));
    Map<String, Object> expected = object(row.get("output"));
    Map<String, Object> actual;
    try {
      actual = scorer.score(input);
    } catch (DataErrorException e) {
      return row.containsKey("error") ? null : new Failure(line, expected, e.getMessage());
    }
    if (row.containsKey("error")) {
      return new Failure(line, "refused: " + row.get("error"), actual);
    }
    for (OutputField output : scorer.outputs()) {
      if (expected.containsKey(output.name())
          && !agreement.of(output, expected.get(output.name()), actual.get(output.name()))) {
        return new Failure(line, expected, actual);
      }
    }
    return null;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  private static Map<String, Object> row(Artifact artifact, int line, String text) {
    String wrong;
    try {
      if (Json.parseWithNaN(text.getBytes(StandardCharsets.UTF_8)) instanceof Map<?, ?> row) {
        wrong = fault(artifact.manifest(), row);
        if (wrong == null) {
          return object(row);
        }
      } else {
        wrong = "it is no object";
      }
    } catch (IOException e) {
      wrong = e.getMessage();
    }
    throw new ManifestException(
        "line " + line + " of " + artifact.golden() + " is no golden row (" + wrong + ")", AGAIN);
  }

  /** Why it is no golden row; null when it is. */
  private static String fault(Manifest manifest, Map<?, ?> row) {
    if (row.containsKey("output") == row.containsKey("error")) {
      return "one of output and error";
    }
    if (!(row.get("input") instanceof Map)) {
      return "the input is an object";
    }
    if (!row.containsKey("output")) {
      return null;
    }
    if (!(row.get("output") instanceof Map<?, ?> results)) {
      return "the output is an object";
    }
    boolean some = false;
    for (OutputField output : manifest.outputs()) {
      Object value = results.get(output.name());
      some |= results.containsKey(output.name());
      boolean number = output.dataType().kind() == DataType.Kind.DOUBLE;
      if (value instanceof Map
          || value instanceof List
          || (number && value != null && !(value instanceof Number))) {
        return output.name() + " is no " + output.dataType().pmml();
      }
    }
    return some ? null : "it has none of the results";
  }
}
