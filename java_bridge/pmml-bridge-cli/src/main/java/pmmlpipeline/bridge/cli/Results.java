package pmmlpipeline.bridge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.FieldError;
import pmmlpipeline.bridge.json.Json;

/** Where scores are written, one for every record. */
interface Results {

  /** The score of the next record. */
  void score(Map<String, Object> score) throws IOException;

  /** What is wrong with the next record. */
  void errors(DataErrorException error) throws IOException;

  /** A JSON object on every line: a score, or {@code errors} with an entry for every field. */
  static Results ofJsonLines(PrintWriter out) {
    return new Results() {
      @Override
      public void score(Map<String, Object> score) {
        out.println(Json.write(score));
      }

      @Override
      public void errors(DataErrorException error) {
        out.println(Json.write(Map.of("errors", error.fields().stream().map(this::told).toList())));
      }

      private Map<String, Object> told(FieldError field) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("field", field.field());
        entry.put("code", field.code().text());
        entry.put("value", field.value());
        entry.put("expected", field.expected());
        return entry;
      }
    };
  }

  /** Comma-separated values: a column for every output, and one of errors. */
  static Results ofCsv(PrintWriter out, List<OutputField> outputs) {
    CSVPrinter printer;
    try {
      printer = CSVFormat.RFC4180.builder().setRecordSeparator('\n').get().print(out);
      List<String> heading = new ArrayList<>(outputs.stream().map(OutputField::name).toList());
      heading.add("errors");
      printer.printRecord(heading);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a PrintWriter keeps its errors to itself
    }
    return new Results() {
      @Override
      public void score(Map<String, Object> score) throws IOException {
        List<Object> row = new ArrayList<>(score.values());
        row.add("");
        printer.printRecord(row);
      }

      @Override
      public void errors(DataErrorException error) throws IOException {
        List<Object> row = new ArrayList<>();
        outputs.forEach(output -> row.add(""));
        row.add(error.getMessage());
        printer.printRecord(row);
      }
    };
  }
}
