package pmmlpipeline.bridge.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import pmmlpipeline.bridge.json.Json;

/** Records, one after the other. */
@FunctionalInterface
interface Records {

  /**
   * The next record; null after the last one.
   *
   * @throws IOException a line is no record, or cannot be read
   */
  Map<String, Object> next() throws IOException;

  /** A JSON object on every line. */
  static Records ofJsonLines(BufferedReader lines) {
    return new Records() {
      private int number;

      @Override
      public Map<String, Object> next() throws IOException {
        for (String line; (line = lines.readLine()) != null; ) {
          number++;
          if (!line.isBlank()) {
            return record(line);
          }
        }
        return null;
      }

      @SuppressWarnings("unchecked")
      private Map<String, Object> record(String line) throws IOException {
        Object value;
        try {
          value = Json.parseWithNaN(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          throw new IOException("line " + number + " is not JSON: " + e.getMessage(), e);
        }
        if (!(value instanceof Map)) {
          throw new IOException("line " + number + " is no JSON object");
        }
        return (Map<String, Object>) value;
      }
    };
  }

  /** Comma-separated values with a heading line. An empty cell is missing. */
  static Records ofCsv(BufferedReader text) throws IOException {
    text.mark(1);
    if (text.read() != '\ufeff') { // with which spreadsheets begin their files
      text.reset();
    }
    CSVParser parser = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get().parse(text);
    Iterator<CSVRecord> rows = parser.iterator();
    List<String> heading = rows.hasNext() ? rows.next().toList() : List.of();
    if (heading.isEmpty() || new HashSet<>(heading).size() < heading.size()) {
      throw new IOException(
          heading.isEmpty() ? "there is no heading line" : "two columns have the same name");
    }
    return () -> {
      if (!rows.hasNext()) {
        return null;
      }
      CSVRecord row = rows.next();
      if (row.size() != heading.size()) {
        throw new IOException(
            "line " + parser.getCurrentLineNumber() + " has " + row.size()
                + " cells, and the heading " + heading.size());
      }
      Map<String, Object> record = new HashMap<>();
      for (int i = 0; i < heading.size(); i++) {
        record.put(heading.get(i), row.get(i).isEmpty() ? null : row.get(i));
      }
      return record;
    };
  }
}
