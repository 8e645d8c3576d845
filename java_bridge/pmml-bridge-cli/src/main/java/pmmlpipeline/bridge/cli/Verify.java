package pmmlpipeline.bridge.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.BridgeException;

/** Replays golden rows. */
@Command(
    name = "verify",
    description = "Checks files and golden rows of every version, or of those of some models.")
final class Verify implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin Versions where;

  @Parameters(index = "1..*", paramLabel = "MODEL", description = "only these models")
  List<String> models = List.of();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    int refused = 0;
    int tried = 0;
    try (ModelStore store = where.open()) {
      for (String model : models.isEmpty() ? store.models() : models) {
        for (long version : store.versions(model)) {
          tried++;
          try {
            Scorer scorer = store.version(model, version);
            String agreement = scorer.manifest().certificate().describe();
            out.printf("%s %d: proven on %s, %s%n", model, version, scorer.engine(), agreement);
          } catch (BridgeException e) {
            refused++;
            out.printf("%s %d: refused (%s): %s%n", model, version, e.code(), e.getMessage());
          }
        }
      }
    }
    if (tried == 0) {
      out.println("there is no version in " + where.store);
    }
    return refused == 0 && tried > 0 ? 0 : 1;
  }
}
