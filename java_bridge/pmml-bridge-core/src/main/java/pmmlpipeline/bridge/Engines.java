package pmmlpipeline.bridge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import pmmlpipeline.bridge.engine.EngineProvider;
import pmmlpipeline.bridge.errors.EngineUnavailableException;
import pmmlpipeline.bridge.errors.NotCertifiedException;

/** The engines that are on the class path, and which of them a certificate admits. */
final class Engines {

  private static final Map<String, String> ARTIFACTS =
      Map.of("jpmml", "pmml-bridge-jpmml", "pypmml", "pmml-bridge-pmml4s");

  private final Map<String, EngineProvider> found = new LinkedHashMap<>();

  Engines(ClassLoader loader) {
    for (EngineProvider provider : ServiceLoader.load(EngineProvider.class, loader)) {
      found.put(provider.name(), provider);
    }
  }

  /**
   * The engine to take for an artifact.
   *
   * @param wanted its name; null for the first one that the certificate names and that is here
   * @throws NotCertifiedException the certificate does not admit it, or none that is here
   * @throws EngineUnavailableException it is not on the class path, or none that is certified
   */
  EngineProvider choose(Manifest manifest, String wanted) {
    Certificate certificate = manifest.certificate();
    List<String> certified = certificate.certified();
    if (wanted != null) {
      if (!certified.contains(wanted)) {
        throw notCertified(manifest, List.of(wanted));
      }
      if (!found.containsKey(wanted)) {
        throw unavailable("the engine " + wanted + " is not on the class path", List.of(wanted));
      }
      return found.get(wanted);
    }
    for (String name : certified) {
      if (found.containsKey(name)) {
        return found.get(name);
      }
    }
    List<String> possible = new ArrayList<>(certified);
    possible.retainAll(ARTIFACTS.keySet());
    if (possible.isEmpty()) {
      throw notCertified(manifest, new ArrayList<>(ARTIFACTS.keySet()));
    }
    throw unavailable(
        named(manifest) + " is certified on " + String.join(" and ", possible)
            + ", which is not on the class path",
        possible);
  }

  private static NotCertifiedException notCertified(Manifest manifest, List<String> engines) {
    String reasons =
        engines.stream()
            .sorted()
            .map(engine -> engine + " " + reason(manifest.certificate().engines().get(engine)))
            .collect(Collectors.joining("; "));
    List<String> certified = manifest.certificate().certified();
    certified = certified.stream().filter(ARTIFACTS::containsKey).toList();
    String fix =
        certified.isEmpty()
            ? "score it with the Python package, or export it so that a Java engine is certified"
            : "use " + String.join(" or ", certified);
    return new NotCertifiedException(
        named(manifest) + " may not be scored on that engine: " + reasons, fix);
  }

  private static String reason(Certificate.EngineResult result) {
    if (result == null) {
      return "was not tried when it was exported";
    }
    return result.certified() ? "is certified" : "is not certified (" + result.reason() + ")";
  }

  private static EngineUnavailableException unavailable(String cause, List<String> engines) {
    String wanted =
        engines.stream()
            .map(engine -> ARTIFACTS.getOrDefault(engine, engine))
            .collect(Collectors.joining(" or "));
    return new EngineUnavailableException(cause, "add the artifact " + wanted);
  }

  private static String named(Manifest manifest) {
    return "version " + manifest.version() + " of " + manifest.model();
  }
}
