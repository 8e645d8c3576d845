package pmmlpipeline.bridge.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.store.FolderSource;

/**
 * What it takes to load a version in a fresh JVM: through a store, with checksums and golden rows,
 * beside JPMML-Evaluator alone, which only reads the document. Each is timed once in its JVM.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(1)
public class LoadBenchmark {

  /** The folder of the artifacts. */
  @Param("")
  public String store;

  /** The model, whose newest version is loaded. */
  @Param("")
  public String model;

  private Path document;

  /** Only finds the file: nothing of what is timed may be loaded before. */
  @Setup
  public void find() {
    FolderSource source = new FolderSource(Path.of(store));
    List<Long> versions = source.versions(model);
    document = source.folder(model, versions.get(versions.size() - 1)).resolve("model.pmml");
  }

  @Benchmark
  public Object bridge() {
    try (ModelStore opened =
        ModelStore.open(Path.of(store), ModelStore.Options.defaults().withEngine("jpmml"))) {
      return opened.latest(model).current();
    }
  }

  @Benchmark
  public Object bare() throws Exception {
    return BareEvaluator.load(document.toFile());
  }
}
