package pmmlpipeline.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions that change under load. */
class ReloadTest {

  private static final int RELOADS = 50;
  private static final int CALLERS = 4;

  @Test
  void noCallFailsAndNoneMixesVersions(@TempDir Path folder) throws Exception {
    Artifacts.publish(folder, "credit", 1);
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    ModelStore.Options often = ModelStore.Options.defaults().withPoll(Duration.ofMillis(1));
    try (ModelStore store = ModelStore.open(folder, often)) {
      Scorer credit = store.latest("credit");
      List<Future<Long>> calls = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        calls.add(callers.submit(() -> call(credit, stop)));
      }
      for (long version = 2; version <= RELOADS + 1; version++) {
        Artifacts.publish(folder, "credit", version);
        long end = System.nanoTime() + 30_000_000_000L;
        while (credit.manifest().version() < version) {
          assertTrue(System.nanoTime() < end, "version " + version + " is not taken");
          Thread.onSpinWait();
        }
      }
      stop.set(true);
      for (Future<Long> caller : calls) {
        assertTrue(caller.get() > RELOADS, "too few calls to tell");
      }
    } finally {
      stop.set(true);
      callers.shutdown();
    }
  }

  /** Calls until it is told to stop: both results of a call are of one version, never an older. */
  private static long call(Scorer scorer, AtomicBoolean stop) {
    long calls = 0;
    long last = 0;
    while (!stop.get()) {
      Map<String, Object> found = scorer.score(Map.of("Age", 30.0, "Home", "own"));
      long version = (Long) found.get("n");
      assertEquals(30.0 + version, found.get("p"));
      assertTrue(version >= last, "version " + version + " after " + last);
      last = version;
      calls++;
    }
    return calls;
  }
}
