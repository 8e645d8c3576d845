package pmmlpipeline.bridge;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import pmmlpipeline.bridge.engine.Engine;
import pmmlpipeline.bridge.engine.EngineProvider;
import pmmlpipeline.bridge.engine.RowException;
import pmmlpipeline.bridge.errors.UnsupportedDocumentException;

/**
 * An engine for tests that is called jpmml. Its document is a number n; it gives "good" for an age
 * of at least 18, the age plus n, and n.
 */
public final class EchoProvider implements EngineProvider {

  @Override
  public String name() {
    return "jpmml";
  }

  @Override
  public Engine load(Path document, Manifest manifest) {
    long number;
    try {
      number = Long.parseLong(Files.readString(document).strip());
    } catch (IOException | NumberFormatException e) {
      throw because(e, new UnsupportedDocumentException("it is no number", "use another engine"));
    }
    return cells -> {
      double age = cells[0] == null ? 0 : (Double) cells[0];
      if (age == 99) {
        throw new RowException("there is no rule for 99");
      }
      return new Object[] {age >= 18 ? "good" : "bad", age == 98 ? null : age + number, number};
    };
  }
}
