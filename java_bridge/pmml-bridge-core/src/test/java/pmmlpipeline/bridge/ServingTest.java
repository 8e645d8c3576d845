package pmmlpipeline.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import pmmlpipeline.bridge.errors.BridgeException;
import pmmlpipeline.bridge.errors.GoldenRowException;
import pmmlpipeline.bridge.errors.LabelException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.ServingException;

/** Which versions are loaded, and which of them a name stands for. */
class ServingTest {

  private static final ModelStore.Options OFTEN =
      ModelStore.Options.defaults().withPoll(Duration.ofMillis(10)).withEverything();

  @TempDir Path folder;

  @BeforeEach
  void publish() throws IOException {
    for (long version = 1; version <= 5; version++) {
      Artifacts.publish(folder, "credit", version);
    }
  }

  private void serving(String text) throws IOException {
    Path partial = Files.writeString(folder.resolve("partial"), text);
    Files.move(
        partial,
        folder.resolve("credit/serving.json"),
        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private static <T> void await(T expected, Supplier<T> found) throws InterruptedException {
    long end = System.nanoTime() + 10_000_000_000L;
    while (System.nanoTime() < end && !expected.equals(found.get())) {
      Thread.sleep(5);
    }
    assertEquals(expected, found.get());
  }

  private static String states(ModelStore store) {
    LiveModel model = store.live("credit").orElse(null);
    if (model == null) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (VersionStatus status : model.statuses()) {
      text.append(status.version()).append(status.state().name().charAt(0)).append(' ');
    }
    try {
      text.append("latest ").append(model.latest().manifest().version());
    } catch (NotAVersionException e) {
      text.append("none");
    }
    return text.append(' ').append(new java.util.TreeMap<>(model.labels())).toString();
  }

  @Test
  void thePolicySaysWhatIsLoaded() throws Exception {
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      await("5A latest 5 {}", () -> states(store));
      await(true, store::isReady);
      serving("{\"format\": 1, \"policy\": {\"latest\": 2}}");
      await("4A 5A latest 5 {}", () -> states(store));
      serving("{\"format\": 1, \"policy\": {\"specific\": [2, 3]}}");
      await("2A 3A 4E 5E latest 3 {}", () -> states(store));
      serving("{\"format\": 1, \"policy\": {\"all\": true}}");
      await("1A 2A 3A 4A 5A latest 5 {}", () -> states(store));
      Artifacts.publish(folder, "debit", 7);
      await(
          List.of(new VersionStatus(7, VersionStatus.State.AVAILABLE, null, null)),
          () -> store.live("debit").map(LiveModel::statuses).orElse(List.of()));
    }
  }

  @Test
  void aVersionThatIsRefusedChangesNothing() throws Exception {
    serving("{\"format\": 1, \"policy\": {\"latest\": 2}}");
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      await("4A 5A latest 5 {}", () -> states(store));
      Artifacts.publish(folder, "credit", 6, "6", Artifacts.golden(7), true);
      await("4A 5A 6E latest 5 {}", () -> states(store));
      Artifacts.publish(folder, "credit", 7);
      await("4E 5A 6E 7A latest 7 {}", () -> states(store));
      serving("{\"format\": 1, \"policy\": {\"specific\": [6]}}");
      Thread.sleep(100);
      assertEquals("4E 5E 6E 7A latest 7 {}", states(store));
      serving("{\"format\": 1, \"policy\": {\"specific\": [6, 8]}}"); // of which none is there
      Thread.sleep(100);
      assertEquals("4E 5E 6E 7A latest 7 {}", states(store));
      serving("{\"format\": 1, \"policy\": {\"specific\": [9]}}");
      Thread.sleep(100);
      assertEquals("4E 5E 6E 7A latest 7 {}", states(store));
    }
  }

  @Test
  void aLabelMovesOnceItsVersionIsLoaded() throws Exception {
    serving(
        "{\"format\": 1, \"policy\": {\"specific\": [3]}, \"labels\": {\"canary\": 5, \"old\": 1}}");
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      // What is loaded for its label only is a trial, and never what others get.
      await("1A 3A 5A latest 3 {canary=5, old=1}", () -> states(store));
      Scorer canary = store.labelled("credit", "canary");
      assertEquals(5, canary.manifest().version());
      Artifacts.publish(folder, "credit", 6, "6", Artifacts.golden(7), true);
      serving("{\"format\": 1, \"policy\": {\"specific\": [3]}, \"labels\": {\"canary\": 6}}");
      await("1E 3A 5A 6E latest 3 {canary=5}", () -> states(store));
      serving("{\"format\": 1, \"policy\": {\"specific\": [3]}, \"labels\": {\"canary\": 2}}");
      await(2L, () -> canary.manifest().version());
      assertEquals(32.0, canary.score(Map.of("Age", 30, "Home", "own")).get("p"));
      serving("{\"format\": 1}");
      await(true, () -> store.live("credit").orElseThrow().labels().isEmpty());
      LabelException error = assertThrows(LabelException.class, canary::manifest);
      assertEquals("label", error.code());
    }
  }

  @Test
  void whatTheStoreSaysOfServingIsReadStrictly() throws Exception {
    String[][] faults = {
      {"", "is not JSON"},
      {"[]", "it must be an object"},
      {"{}", "format is missing"},
      {"{\"format\": 2}", "format must be 1"},
      {"{\"format\": 1, \"policy\": {}}", "policy must be one of"},
      {"{\"format\": 1, \"policy\": {\"latest\": 0}}", "policy.latest must be at least 1"},
      {"{\"format\": 1, \"policy\": {\"all\": false}}", "policy must be one of"},
      {"{\"format\": 1, \"policy\": {\"specific\": []}}", "policy must be one of"},
      {"{\"format\": 1, \"policy\": {\"specific\": [0]}}", "policy.specific must be an array"},
      {"{\"format\": 1, \"policy\": {\"all\": true, \"latest\": 1}}", "policy must be one of"},
      {"{\"format\": 1, \"labels\": {\"a b\": 1}}", "labels must be names"},
      {"{\"format\": 1, \"labels\": {\"a\": 0}}", "labels.a must be a version number"},
    };
    for (String[] fault : faults) {
      serving(fault[0]);
      try (ModelStore store = ModelStore.open(folder)) {
        BridgeException error =
            assertThrows(ServingException.class, () -> store.latest("credit"), fault[0]);
        assertTrue(error.getMessage().contains(fault[1]), error.getMessage());
      }
    }
    serving("{\"format\": 1}");
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      Scorer credit = store.latest("credit");
      serving("nonsense");
      Artifacts.publish(folder, "credit", 6);
      Thread.sleep(100);
      assertEquals(5, credit.manifest().version());
      serving("{\"format\": 1}");
      await(6L, () -> credit.manifest().version());
    }
  }

  @Test
  void whereNothingCanBeHadTheErrorSaysWhy() throws Exception {
    Artifacts.publish(folder, "credit", 6, "6", Artifacts.golden(7), true);
    serving("{\"format\": 1, \"policy\": {\"specific\": [6]}}");
    try (ModelStore store = ModelStore.open(folder)) {
      assertThrows(GoldenRowException.class, () -> store.latest("credit"));
      assertThrows(LabelException.class, () -> {
        serving("{\"format\": 1}");
        store.labelled("credit", "canary");
      });
    }
    serving("{\"format\": 1, \"policy\": {\"specific\": [9]}}");
    try (ModelStore store = ModelStore.open(folder)) {
      NotAVersionException error =
          assertThrows(NotAVersionException.class, () -> store.latest("credit"));
      assertEquals(List.of(), List.copyOf(store.live("credit").orElseThrow().statuses()));
      assertTrue(error.getMessage().contains("[9]"), error.getMessage());
    }
  }
}
