package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import pmmlpipeline.bridge.Serving;
import pmmlpipeline.bridge.errors.NotAVersionException;
import pmmlpipeline.bridge.errors.ServingException;
import pmmlpipeline.bridge.errors.StoreException;

/** A store in a local folder: {@code <store>/<model>/<version>/manifest.json}. */
public final class FolderSource implements Source {

  private static final int LARGEST = 1 << 20; // of serving.json

  private final Path root;

  /**
   * @throws StoreException there is no such folder
   */
  public FolderSource(Path root) {
    this.root = root;
    checkRoot();
  }

  @Override
  public List<String> models() {
    return names(root).stream()
        .filter(name -> Names.isName(name) && !versions(name).isEmpty())
        .sorted()
        .toList();
  }

  @Override
  public List<Long> versions(String model) {
    Path folder = root.resolve(Names.model(model));
    if (!Files.isDirectory(folder)) {
      checkRoot(); // a store that vanished is not one without the model
      return List.of();
    }
    return names(folder).stream()
        .filter(name -> Files.isRegularFile(folder.resolve(name).resolve(Names.MANIFEST)))
        .map(Names::version)
        .filter(OptionalLong::isPresent)
        .map(OptionalLong::getAsLong)
        .sorted()
        .toList();
  }

  @Override
  public Serving serving(String model) {
    Path path = root.resolve(Names.model(model)).resolve(Names.SERVING);
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new ServingException(path + " is no file", "write it with pmml-pipeline serving");
    }
    try (InputStream file = Files.newInputStream(path)) {
      return ServingReader.parse(file.readNBytes(LARGEST), path.toString());
    } catch (NoSuchFileException e) {
      return Serving.DEFAULT;
    } catch (IOException e) {
      throw because(
          e,
          new StoreException(
              path + " cannot be read: " + e, "check the file and its permissions"));
    }
  }

  @Override
  public Path folder(String model, long version) {
    Path folder = root.resolve(Names.model(model)).resolve(Long.toString(version));
    if (!Files.isRegularFile(folder.resolve(Names.MANIFEST))) {
      List<Long> versions = versions(model);
      throw new NotAVersionException(
          "there is no version " + version + " of " + model + " in " + root,
          versions.isEmpty() ? "export the model first" : "choose one of " + versions);
    }
    return folder;
  }

  private void checkRoot() {
    if (!Files.isDirectory(root)) {
      throw new StoreException("there is no folder " + root, "name the store of the artifacts");
    }
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    } catch (IOException e) {
      throw because(
          e,
          new StoreException(
              folder + " cannot be listed: " + e, "check the folder and its permissions"));
    }
  }
}
