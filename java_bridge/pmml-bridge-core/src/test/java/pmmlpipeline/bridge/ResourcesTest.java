package pmmlpipeline.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.StoreException;

/** Versions in jars of a class path. The build gives the tests a cache of their own. */
class ResourcesTest {

  @TempDir Path folder;

  private URL jar(String model, long version, String index) throws IOException {
    Path published = Artifacts.publish(folder.resolve("store"), model, version);
    Path jar = folder.resolve(model + "-" + version + ".jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(file)) {
      entries.putNextEntry(new ZipEntry("META-INF/pmml-pipeline/artifacts"));
      entries.write(index.getBytes(StandardCharsets.UTF_8));
      for (String name : new String[] {"manifest.json", "model.pmml", "golden.jsonl", "baseline.json"}) {
        entries.putNextEntry(new ZipEntry("artifacts/" + model + "/" + version + "/" + name));
        entries.write(Files.readAllBytes(published.resolve(name)));
      }
    }
    return jar.toUri().toURL();
  }

  @Test
  void versionsOfAllJarsAreFound() throws IOException {
    URL[] jars = {
      jar("credit", 1, "credit/1\n"), jar("credit", 12, "credit/12\n"), jar("loans", 3, "loans/3")
    };
    try (URLClassLoader loader = new URLClassLoader(jars, null);
        ModelStore store = ModelStore.open(loader)) {
      assertEquals(List.of("credit", "loans"), store.models());
      assertEquals(List.of(1L, 12L), store.versions("credit"));
      assertEquals(
          42.0, store.latest("credit").score(Map.of("Age", 30, "Home", "own")).get("p"));
      assertEquals(3, store.version("loans", 3).manifest().version());
      assertThrows(NotAVersionException.class, () -> store.version("loans", 4));
      assertThrows(NotAVersionException.class, () -> store.latest("debit"));
    }
  }

  @Test
  void anIndexThatIsNoneIsNamed() throws IOException {
    URL[] jars = {jar("credit", 1, "../credit/1\n")};
    try (URLClassLoader loader = new URLClassLoader(jars, null)) {
      StoreException error = assertThrows(StoreException.class, () -> ModelStore.open(loader));
      assertTrue(error.getMessage().contains("no model and version"));
    }
  }
}
