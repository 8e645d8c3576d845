package pmmlpipeline.bridge.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import pmmlpipeline.bridge.ModelStore;

/** Which version of which model of which store. */
final class Versions {

  @Parameters(index = "0", paramLabel = "STORE", description = "the folder of the artifacts")
  Path store;

  @Option(names = "--engine", description = "jpmml or pypmml; else the first certified one")
  String engine;

  ModelStore open() {
    return ModelStore.open(store, ModelStore.Options.defaults().withEngine(engine));
  }
}
