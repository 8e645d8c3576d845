package pmmlpipeline.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import pmmlpipeline.bridge.errors.BridgeException;
import pmmlpipeline.bridge.errors.ChecksumException;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.EngineUnavailableException;
import pmmlpipeline.bridge.errors.FieldError;
import pmmlpipeline.bridge.errors.GoldenRowException;
import pmmlpipeline.bridge.errors.ManifestException;
import pmmlpipeline.bridge.errors.ModelNameException;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.NotCertifiedException;
import pmmlpipeline.bridge.errors.StoreException;
import pmmlpipeline.bridge.errors.UnsupportedDocumentException;

/** What a store hands out, and what it refuses. */
class ModelStoreTest {

  private static final Map<String, Object> RECORD = Map.of("Age", 30, "Home", "rent");
  private static final ModelStore.Options OFTEN =
      ModelStore.Options.defaults().withPoll(Duration.ofMillis(10));

  @TempDir Path folder;

  @BeforeEach
  void publish() throws IOException {
    Artifacts.publish(folder, "credit", 1);
  }

  private <E extends BridgeException> E refused(Class<E> type, String... said) {
    try (ModelStore store = ModelStore.open(folder)) {
      List<Long> versions = store.versions("credit");
      long newest = versions.get(versions.size() - 1);
      E error = assertThrows(type, () -> store.version("credit", newest));
      if (newest == 1) { // there is no other one
        assertSame(type, assertThrows(type, () -> store.latest("credit")).getClass());
      }
      assertSame(type, error.getClass());
      for (String part : said) {
        assertTrue(error.getMessage().contains(part), error.getMessage());
      }
      return error;
    }
  }

  private static void await(BooleanSupplier done) throws InterruptedException {
    long end = System.nanoTime() + 30_000_000_000L;
    while (!done.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "it takes too long");
      Thread.sleep(5);
    }
  }

  @Test
  void scoresTheNewestVersion() throws IOException {
    Artifacts.publish(folder, "credit", 3);
    Artifacts.publish(folder, "credit", 10);
    Files.createDirectories(folder.resolve("credit/11")); // not published
    Files.createDirectories(folder.resolve("credit/notes"));
    try (ModelStore store = ModelStore.open(folder)) {
      Scorer credit = store.latest("credit");
      assertEquals(Map.of("Status", "good", "p", 40.0, "n", 10L), credit.score(RECORD));
      assertEquals(List.of("Status", "p", "n"), List.copyOf(credit.score(RECORD).keySet()));
      assertEquals(10, credit.manifest().version());
      assertEquals("jpmml", credit.engine());
      assertEquals(List.of(1L, 3L, 10L), store.versions("credit"));
      assertEquals(List.of("credit"), store.models());
      assertEquals(33.0, store.version("credit", 3).score(RECORD).get("p"));
      assertSame(credit, store.latest("credit"));
    }
  }

  @Test
  void aFaultyRecordIsADataErrorWithEveryFieldThatIsWrong() {
    try (ModelStore store = ModelStore.open(folder)) {
      Scorer credit = store.latest("credit");
      Map<String, Object> record = new HashMap<>();
      record.put("Age", 17);
      record.put("Home", Double.NaN);
      record.put("Color", "red");
      record.put("id", 7);
      DataErrorException error =
          assertThrows(DataErrorException.class, () -> credit.score(record));
      assertEquals("data_error", error.code());
      assertEquals(
          List.of("Age out_of_range", "Home missing", "Color unknown_field"),
          error.fields().stream().map(f -> f.field() + " " + f.code().text()).toList());
      assertEquals(17, error.fields().get(0).value());
      assertEquals("a number in [18, 100)", error.fields().get(0).expected());
      assertEquals("one of rent, own, 其他", error.fields().get(1).expected());
      assertTrue(error.getMessage().startsWith("数据错误 (data error): Age: out of range 17 "));
      assertCode(credit, "Home", "moon", FieldError.Code.UNSEEN_LEVEL);
      assertCode(credit, "Home", 3, FieldError.Code.WRONG_TYPE);
      assertCode(credit, "Home", "n/a", FieldError.Code.MISSING);
      assertCode(credit, "Age", "old", FieldError.Code.WRONG_TYPE);
      assertCode(credit, "Age", 99, FieldError.Code.UNSCORABLE);
      assertCode(credit, "Age", 98, FieldError.Code.UNSCORABLE); // a probability of none
    }
  }

  @Test
  void aMapOfOtherKeysIsARecordOfUnknownFields() {
    try (ModelStore store = ModelStore.open(folder)) {
      Scorer credit = store.latest("credit");
      Map<Object, Object> odd = new java.util.TreeMap<>(Map.of(3, "x"));
      @SuppressWarnings("unchecked")
      Map<String, Object> record = (Map<String, Object>) (Map<?, ?>) odd;
      DataErrorException error =
          assertThrows(DataErrorException.class, () -> credit.score(record));
      assertEquals(
          List.of("Home missing", "3 unknown_field"),
          error.fields().stream().map(f -> f.field() + " " + f.code().text()).toList());
    }
  }

  private static void assertCode(
      Scorer scorer, String field, Object value, FieldError.Code expected) {
    Map<String, Object> record = new HashMap<>(RECORD);
    record.put(field, value);
    DataErrorException error = assertThrows(DataErrorException.class, () -> scorer.score(record));
    assertEquals(List.of(expected), error.fields().stream().map(FieldError::code).toList());
  }

  @Test
  void aDamagedDocumentIsRefusedAsSuchAlsoWhereTheEngineCannotReadIt() throws IOException {
    Files.writeString(folder.resolve("credit/1/model.pmml"), "x");
    refused(ChecksumException.class, "model.pmml has another SHA-256");
  }

  @Test
  void aTamperedDocumentIsRefused() throws IOException {
    Files.writeString(folder.resolve("credit/1/model.pmml"), "2");
    refused(ChecksumException.class, "model.pmml has another SHA-256");
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    Files.writeString(folder.resolve("credit/1/golden.jsonl"), "");
    refused(ChecksumException.class, "golden.jsonl has 0 bytes instead of ");
  }

  @Test
  void aMissingFileIsRefused() throws IOException {
    Files.delete(folder.resolve("credit/1/baseline.json"));
    refused(ChecksumException.class, "baseline.json is missing");
  }

  @Test
  void goldenRowsThatDoNotComeOutAreRefused() throws IOException {
    // 1e-10 is below what a double near 32 can tell by four units; two of them are 1.4e-14.
    Artifacts.publish(folder, "credit", 2, "2", Artifacts.golden(2 + 0.9e-10), true);
    try (ModelStore store = ModelStore.open(folder)) {
      assertEquals(32.0, store.latest("credit").score(RECORD).get("p"));
    }
    Artifacts.publish(folder, "credit", 3, "3", Artifacts.golden(3 + 1.1e-10), true);
    refused(GoldenRowException.class, "1 of 3 golden rows", "line 1 should give", "p=33.0");
  }

  @Test
  void aGoldenRefusalThatIsScoredIsRefused() throws IOException {
    String golden = "{\"input\": {\"Age\": 30, \"Home\": \"rent\"}, \"error\": \"out of range\"}\n";
    Artifacts.publish(folder, "credit", 2, "2", golden, true);
    refused(GoldenRowException.class, "should give refused: out of range");
  }

  @Test
  void goldenRowsThatAreNoneAreRefused() throws IOException {
    String[] malformed = {
      "", "[]\n", "{\"input\": 3}\n", "{\"input\": {}, \"output\": {}, \"error\": \"\"}\n",
      "{\"input\": {}, \"output\": {\"p\": \"high\"}}\n", "{\"input\": {}, \"output\": {}}\n", "nonsense\n",
      "[".repeat(100_000) + "\n",
    };
    for (int i = 0; i < malformed.length; i++) {
      Artifacts.publish(folder, "credit", 2 + i, "2", malformed[i], true);
      refused(ManifestException.class, "golden.jsonl");
    }
  }

  @Test
  void anEngineThatIsNotCertifiedIsRefusedWithTheReason() throws IOException {
    Artifacts.publish(folder, "credit", 2, "2", Artifacts.golden(2), false);
    refused(
        NotCertifiedException.class,
        "version 2 of credit",
        "jpmml is not certified (14 of 420 boundary rows are refused)",
        "pypmml was not tried");
    ModelStore.Options other = ModelStore.Options.defaults().withEngine("pypmml");
    try (ModelStore store = ModelStore.open(folder, other)) {
      assertThrows(NotCertifiedException.class, () -> store.version("credit", 1));
    }
  }

  @Test
  void anEngineThatIsNotThereIsRefused() throws IOException {
    Path manifest = folder.resolve("credit/1/manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"engine\":\"jpmml\"", "\"engine\":\"pypmml\""));
    refused(EngineUnavailableException.class, "add the artifact pmml-bridge-pmml4s");
  }

  @Test
  void aDocumentThatTheEngineRefusesIsRefused() throws IOException {
    Artifacts.publish(folder, "credit", 2, "nonsense", Artifacts.golden(2), true);
    refused(UnsupportedDocumentException.class, "it is no number");
  }

  @Test
  void aManifestThatIsNoneIsRefused() throws IOException {
    Path manifest = folder.resolve("credit/1/manifest.json");
    String text = Files.readString(manifest);
    String[][] faults = {
      {text.substring(0, 200), "is not JSON"},
      {"[]", "it must be an object"},
      {text.replace("\"format\":1", "\"format\":2"), "has format 2"},
      {text.replace("\"version\":1", "\"version\":\"1\""), "version must be a whole number"},
      {text.replace("\"version\":1", "\"version\":0"), "version must be at least 1"},
      {text.replace("\"version\":1", "\"version\":1,\"version\":1"), "Duplicate"},
      {text.replace("\"double\"", "\"decimal\""), "inputs[0].dataType must be a data type of PMML"},
      {text.replace("\"baseline.json\"", "\"../baseline.json\""), "files must be files of"},
      {text.replace("\"model.pmml\"", "\"other.pmml\""), "files must be files among"},
      {text.replace("\"preferred\":\"compiled\"", "\"preferred\":\"no\""), "certificate.preferred"},
      {text.replace("\"credit\"", "\"../credit\""), "model must be a name"},
    };
    for (String[] fault : faults) {
      Files.writeString(manifest, fault[0]);
      refused(ManifestException.class, fault[1]);
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    try (ModelStore store = ModelStore.open(folder)) {
      NotAVersionException error =
          assertThrows(NotAVersionException.class, () -> store.latest("debit"));
      assertTrue(error.fix().contains("credit"));
      error = assertThrows(NotAVersionException.class, () -> store.version("credit", 2));
      assertTrue(error.fix().contains("[1]"));
      for (String name : new String[] {"../credit", "", ".", "a/b", "a".repeat(200), null}) {
        assertThrows(ModelNameException.class, () -> store.latest(name));
      }
    }
    assertThrows(StoreException.class, () -> ModelStore.open(folder.resolve("nowhere")));
  }

  @Test
  void aNewVersionTakesTheNextCall() throws Exception {
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      Scorer credit = store.latest("credit");
      Scorer before = credit.current();
      Artifacts.publish(folder, "credit", 2);
      await(() -> credit.manifest().version() == 2);
      assertEquals(32.0, credit.score(RECORD).get("p"));
      assertEquals(31.0, before.score(RECORD).get("p"));
      // Whoever removes the newest version goes back to the one before it.
      delete(folder.resolve("credit/2"));
      await(() -> credit.manifest().version() == 1);
    }
  }

  @Test
  void aBadVersionChangesNothingUntilItIsRepaired() throws Exception {
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      Scorer credit = store.latest("credit");
      Path half = Artifacts.publish(folder.resolve("elsewhere"), "credit", 2);
      Files.writeString(half.resolve("model.pmml"), "7");
      Path document = Files.move(half, folder.resolve("credit/2")).resolve("model.pmml");
      Thread.sleep(100);
      assertEquals(1, credit.manifest().version());
      Files.writeString(document, "2", StandardOpenOption.TRUNCATE_EXISTING);
      await(() -> credit.manifest().version() == 2);
    }
  }

  @Test
  void aServiceThatStartsWithABadNewestVersionHasTheOneBeforeIt() throws Exception {
    Artifacts.publish(folder, "credit", 2);
    Artifacts.publish(folder, "credit", 3, "3", Artifacts.golden(4), true);
    try (ModelStore store = ModelStore.open(folder)) {
      assertEquals(2, store.latest("credit").manifest().version());
      List<VersionStatus> statuses = store.live("credit").orElseThrow().statuses();
      assertEquals(List.of(2L, 3L), statuses.stream().map(VersionStatus::version).toList());
      assertEquals(VersionStatus.State.AVAILABLE, statuses.get(0).state());
      assertEquals(VersionStatus.State.END, statuses.get(1).state());
      assertEquals("golden_row", statuses.get(1).code());
    }
  }

  @Test
  void aStoreThatVanishesTakesNothingAway() throws Exception {
    try (ModelStore store = ModelStore.open(folder, OFTEN)) {
      Scorer credit = store.latest("credit");
      delete(folder);
      Thread.sleep(100);
      assertEquals(31.0, credit.score(RECORD).get("p"));
      assertThrows(StoreException.class, store::models);
      assertThrows(StoreException.class, () -> store.latest("debit"));
      Files.createDirectories(folder);
      Artifacts.publish(folder, "credit", 4);
      await(() -> credit.manifest().version() == 4);
    }
  }

  @Test
  void aClosedStoreHandsOutNothing() {
    ModelStore store = ModelStore.open(folder);
    Scorer credit = store.latest("credit");
    store.close();
    assertEquals(31.0, credit.score(RECORD).get("p"));
    assertThrows(StoreException.class, () -> store.latest("credit"));
    assertThrows(StoreException.class, () -> store.version("credit", 1));
    assertEquals(
        0,
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("pmml-bridge watcher") && t.isAlive() && !ended(t))
            .count());
  }

  private static boolean ended(Thread thread) {
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  static void delete(Path folder) throws IOException {
    try (var below = Files.walk(folder)) {
      for (Path path : below.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
