package pmmlpipeline.bridge.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.FieldError;
import pmmlpipeline.bridge.json.Json;

/** Scores records. */
@Command(
    name = "score",
    description = "Scores JSON Lines: a record per line in, a result or its errors per line out.")
final class Score implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin Versions where;

  @Parameters(index = "1", paramLabel = "MODEL", description = "the model")
  String model;

  @Option(names = "--model-version", description = "its version; else the newest")
  Long version;

  @Option(names = "--input", description = "the records; else standard input")
  Path input;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (ModelStore store = where.open();
        BufferedReader lines = lines()) {
      Scorer scorer = version == null ? store.latest(model) : store.version(model, version);
      int number = 0;
      for (String line; (line = lines.readLine()) != null; ) {
        number++;
        out.println(Json.write(scored(scorer, number, line)));
      }
    }
    return 0;
  }

  private BufferedReader lines() throws IOException {
    return input == null
        ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
        : Files.newBufferedReader(input, StandardCharsets.UTF_8);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> scored(Scorer scorer, int number, String line)
      throws IOException {
    Object record = Json.parseWithNaN(line.getBytes(StandardCharsets.UTF_8));
    if (!(record instanceof Map)) {
      throw new IOException("line " + number + " is no JSON object");
    }
    try {
      return scorer.score((Map<String, Object>) record);
    } catch (DataErrorException e) {
      List<Object> errors = new ArrayList<>();
      for (FieldError field : e.fields()) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("field", field.field());
        error.put("code", field.code().text());
        error.put("value", field.value());
        error.put("expected", field.expected());
        errors.add(error);
      }
      return Map.of("errors", errors);
    }
  }
}
