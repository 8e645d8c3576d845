package pmmlpipeline.bridge.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.proof.GoldenRows;
import pmmlpipeline.bridge.store.Artifact;
import pmmlpipeline.bridge.store.FolderSource;

/**
 * What a score costs: the scorer of a store, with all its checks, beside JPMML-Evaluator alone, on
 * the same document and the same records. The records are the golden rows that have a score.
 *
 * <p>Both give the same results, which is checked for every result before anything is timed, and for
 * the first one of every record while it is timed. So that the same is compiled when it counts, also on a
 * machine that has other work, an iteration has a number of records and not of seconds, and Java
 * waits for its compiler (-Xbatch).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 10, batchSize = ScoreBenchmark.RECORDS)
@Measurement(iterations = 10, batchSize = ScoreBenchmark.RECORDS)
@Fork(value = 1, jvmArgsAppend = "-Xbatch")
public class ScoreBenchmark {

  static final int RECORDS = 2_000;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The folder of the artifacts. */
  @Param("")
  public String store;

  /** The model, whose newest version is scored. */
  @Param("")
  public String model;

  private ModelStore opened;
  private Scorer scorer;
  private BareEvaluator bare;
  private List<Map<String, Object>> records;
  private String first;
  private Object[] expected;

  /**
   * Where a thread is among the records, and what it took: processor time, in which what else the
   * machine does counts less, and how often it had to wait for another thread.
   */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Cursor {

    /** Records scored in this iteration. */
    public long scored;

    /** Nanoseconds of processor time of this iteration. */
    public long processor;

    /** How often it waited for a lock, or for anything else, in this iteration. */
    public long waits;

    private int next;
    private long start;
    private long waited;

    @Setup(Level.Iteration)
    public void start() {
      start = THREADS.getCurrentThreadCpuTime();
    }

    @TearDown(Level.Iteration)
    public void stop() {
      processor = THREADS.getCurrentThreadCpuTime() - start;
    }

    private static long waitsOfThread() {
      ThreadInfo self = THREADS.getThreadInfo(Thread.currentThread().getId());
      return self.getBlockedCount() + self.getWaitedCount();
    }

    int step(int records) {
      // Only from the first record to the last one: JMH has its threads wait for each other, too.
      if (scored == 0) {
        waited = waitsOfThread();
      }
      if (++scored == RECORDS) {
        waits = waitsOfThread() - waited;
      }
      int now = next;
      next = now + 1 == records ? 0 : now + 1;
      return now;
    }
  }

  /** Loads both, and holds their results beside one another. */
  @Setup
  public void load() throws Exception {
    opened = ModelStore.open(Path.of(store), ModelStore.Options.defaults().withEngine("jpmml"));
    scorer = opened.latest(model);
    Artifact artifact =
        Artifact.open(
            new FolderSource(Path.of(store)).folder(model, scorer.manifest().version()));
    bare = BareEvaluator.load(artifact.document().toFile());
    records = GoldenRows.records(artifact);
    first = scorer.outputs().get(0).name();
    expected = new Object[records.size()];
    for (int i = 0; i < expected.length; i++) {
      Map<String, Object> ours = scorer.score(records.get(i));
      Map<String, ?> theirs = bare.score(records.get(i));
      for (OutputField output : scorer.outputs()) {
        check(ours.get(output.name()), theirs.get(output.name()));
      }
      expected[i] = ours.get(first);
    }
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Benchmark
  public Map<String, ?> bridge(Cursor cursor) {
    int i = cursor.step(expected.length);
    Map<String, ?> results = scorer.score(records.get(i));
    check(expected[i], results.get(first));
    return results;
  }

  @Benchmark
  public Map<String, ?> bare(Cursor cursor) {
    int i = cursor.step(expected.length);
    Map<String, ?> results = bare.score(records.get(i));
    check(expected[i], results.get(first));
    return results;
  }

  /** JPMML-Evaluator has other types of numbers, but no other numbers. */
  private static void check(Object ours, Object theirs) {
    boolean same =
        ours instanceof Number a && theirs instanceof Number b
            ? Double.compare(a.doubleValue(), b.doubleValue()) == 0
            : String.valueOf(ours).equals(String.valueOf(theirs));
    if (!same) {
      throw new IllegalStateException("the bridge gives " + ours + ", and JPMML " + theirs);
    }
  }
}
