package pmmlpipeline.bridge.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** Scores records. */
@Command(
    name = "score",
    description = {
      "Scores records: one in, a result or its errors out.",
      "In the form of the input: JSON Lines, or CSV with a heading line, where an empty cell is"
          + " missing."
    })
final class Score implements Callable<Integer> {

  /** How records are written. */
  enum Form {
    jsonl,
    csv
  }

  @Spec CommandSpec spec;
  @Mixin Versions where;

  @Parameters(index = "1", paramLabel = "MODEL", description = "the model")
  String model;

  @Option(names = "--model-version", description = "its version; else the newest")
  Long version;

  @Option(names = "--input", description = "the records; else standard input")
  Path input;

  @Option(
      names = "--form",
      description = "${COMPLETION-CANDIDATES}; else csv for a file of that name, otherwise jsonl")
  Form form;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (ModelStore store = where.open();
        BufferedReader text = text()) {
      Scorer scorer = version == null ? store.latest(model) : store.version(model, version);
      scorer = scorer.current();
      boolean csv = isCsv();
      Records records = csv ? Records.ofCsv(text) : Records.ofJsonLines(text);
      Results results =
          csv ? Results.ofCsv(out, scorer.outputs()) : Results.ofJsonLines(out);
      for (Map<String, Object> record; (record = records.next()) != null; ) {
        try {
          results.score(scorer.score(record));
        } catch (DataErrorException e) {
          results.errors(e);
        }
      }
      out.flush();
    }
    return 0;
  }

  private boolean isCsv() {
    if (form != null) {
      return form == Form.csv;
    }
    return input != null && input.toString().toLowerCase(java.util.Locale.ROOT).endsWith(".csv");
  }

  private BufferedReader text() throws IOException {
    return input == null
        ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
        : Files.newBufferedReader(input, StandardCharsets.UTF_8);
  }
}
