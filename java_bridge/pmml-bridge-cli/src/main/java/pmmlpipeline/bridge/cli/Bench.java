package pmmlpipeline.bridge.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;

/** Measures a model of the user on the engine that the class path has. */
@Command(
    name = "bench",
    description = {
      "Measures what a record costs, all checks included: with JMH, in fresh JVMs.",
      "The records are the golden rows, or your own; those that are data errors are left out."
    })
final class Bench implements Callable<Integer> {

  private static final double[] PERCENTILES = {50, 90, 99, 99.9};

  @Spec CommandSpec spec;
  @Mixin Versions where;

  @Parameters(index = "1", paramLabel = "MODEL", description = "the model; its newest version")
  String model;

  @Option(names = "--input", description = "records as JSON Lines; else the golden rows")
  Path input;

  @Option(names = "--threads", description = "beside one; else as many as there are processors")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "to warm up, and to measure, in each JVM (${DEFAULT-VALUE})")
  int seconds;

  @Option(names = "--forks", defaultValue = "2", description = "JVMs of each (${DEFAULT-VALUE})")
  int forks;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    // What is wrong with the store is said here, and not by a JVM of JMH.
    try (ModelStore store = where.open()) {
      Scorer scorer = store.latest(model).current();
      out.printf("%s %d on %s%n", model, scorer.manifest().version(), scorer.engine());
    }
    out.println("threads  records/s  mean µs      p50      p90      p99    p99.9");
    for (int count : threads > 1 ? new int[] {1, threads} : new int[] {1}) {
      Statistics nanos = measured(count);
      out.printf("%7d %10.0f %8.1f", count, count * 1e9 / nanos.getMean(), nanos.getMean() / 1e3);
      for (double percentile : PERCENTILES) {
        out.printf(" %8.1f", nanos.getPercentile(percentile) / 1e3);
      }
      out.println();
    }
    return 0;
  }

  private Statistics measured(int count) throws IOException {
    Options options =
        new OptionsBuilder()
            .include(ScorerBenchmark.class.getName() + ".score$")
            .param("store", where.store)
            .param("model", model)
            .param("engine", where.engine == null ? "" : where.engine)
            .param("input", input == null ? "" : input.toString())
            .threads(count)
            .forks(forks)
            .warmupIterations(seconds)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(seconds)
            .measurementTime(TimeValue.seconds(1))
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    try {
      RunResult result = new Runner(options).runSingle();
      return result.getPrimaryResult().getStatistics();
    } catch (RunnerException e) {
      throw new IOException("JMH cannot measure it: " + e.getMessage(), e);
    }
  }
}
