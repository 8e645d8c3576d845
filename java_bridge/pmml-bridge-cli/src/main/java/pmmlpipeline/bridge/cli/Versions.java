package pmmlpipeline.bridge.cli;

import java.net.URI;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.store.FolderSource;
import pmmlpipeline.bridge.store.HttpSource;
import pmmlpipeline.bridge.store.Source;

/** Which version of which model of which store. */
final class Versions {

  @Parameters(index = "0", paramLabel = "STORE", description = "the folder of the artifacts, or its http address")
  String store;

  @Option(names = "--engine", description = "jpmml or pypmml; else the first certified one")
  String engine;

  /** Where the versions lie. */
  Source source() {
    return store.contains("://")
        ? new HttpSource(URI.create(store))
        : new FolderSource(Path.of(store));
  }

  ModelStore open() {
    ModelStore.Options options = ModelStore.Options.defaults().withEngine(engine);
    return store.contains("://")
        ? ModelStore.open(URI.create(store), options)
        : ModelStore.open(Path.of(store), options);
  }
}
