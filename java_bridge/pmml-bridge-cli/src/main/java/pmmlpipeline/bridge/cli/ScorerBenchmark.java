package pmmlpipeline.bridge.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.proof.GoldenRows;
import pmmlpipeline.bridge.store.Artifact;

/**
 * What {@link Bench} measures, in a JVM that JMH starts: each call scores one record. Public, with
 * public parameters, because JMH writes code that uses it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ScorerBenchmark {

  @Param("")
  public String store;

  @Param("")
  public String model;

  /** Empty for the first one that is certified. */
  @Param("")
  public String engine;

  /** JSON Lines; empty for the golden rows. */
  @Param("")
  public String input;

  private ModelStore opened;
  private Scorer scorer;
  private List<Map<String, Object>> records;

  /** Which record is the next one of a thread. */
  @State(Scope.Thread)
  public static class Cursor {
    private int next;
  }

  @Setup
  public void load() throws IOException {
    Versions where = new Versions();
    where.store = store;
    where.engine = engine.isEmpty() ? null : engine;
    opened = where.open();
    scorer = opened.latest(model);
    records = scored();
    if (records.isEmpty()) {
      throw new IOException("none of the records has a score");
    }
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Benchmark
  public Map<String, Object> score(Cursor cursor) {
    cursor.next = cursor.next + 1 < records.size() ? cursor.next + 1 : 0;
    return scorer.score(records.get(cursor.next));
  }

  /** The records that have a score: what a refusal costs is another question. */
  private List<Map<String, Object>> scored() throws IOException {
    List<Map<String, Object>> found = new ArrayList<>();
    for (Map<String, Object> record : input.isEmpty() ? golden() : given()) {
      try {
        scorer.score(record);
        found.add(record);
      } catch (DataErrorException e) {
        continue;
      }
    }
    return found;
  }

  private List<Map<String, Object>> golden() {
    Versions where = new Versions();
    where.store = store;
    long version = scorer.manifest().version();
    return GoldenRows.records(Artifact.open(where.source().folder(model, version)));
  }

  private List<Map<String, Object>> given() throws IOException {
    List<Map<String, Object>> found = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(Path.of(input))) {
      Records all = Records.ofJsonLines(lines);
      for (Map<String, Object> record; (record = all.next()) != null; ) {
        found.add(record);
      }
    }
    return found;
  }
}
