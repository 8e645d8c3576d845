package pmmlpipeline.bridge.engine;

import java.nio.file.Path;
import pmmlpipeline.bridge.Manifest;

/** An engine that is on the class path, found by {@link java.util.ServiceLoader}. */
public interface EngineProvider {

  /** As the certificate names it: {@code jpmml} or {@code pypmml}. */
  String name();

  /**
   * Loads a document.
   *
   * @param document the file
   * @param manifest what the artifact says of it
   * @throws pmmlpipeline.bridge.errors.UnsupportedDocumentException the engine refuses it
   */
  Engine load(Path document, Manifest manifest);
}
