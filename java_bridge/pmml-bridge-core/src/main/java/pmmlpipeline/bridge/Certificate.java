package pmmlpipeline.bridge;

import java.util.List;
import java.util.Map;

/**
 * The proof that comes with an artifact: which engines reproduced the training library.
 *
 * @param tolerance absolute difference up to which two predictions agree
 * @param created when they were compared, UTC, ISO 8601
 * @param preferred the engine that is taken where there is a choice
 * @param engines every engine that was tried, by name
 */
public record Certificate(
    double tolerance, String created, String preferred, Map<String, EngineResult> engines) {

  /** The widest absolute difference that is still "to 10 decimals". */
  public static final double TEN_DECIMALS = 1e-10;

  /**
   * One engine on all rows.
   *
   * @param certified whether every row agreed
   * @param versions of the packages that were run
   * @param reason why it is not certified; null when it is
   */
  public record EngineResult(boolean certified, Map<String, String> versions, String reason) {}

  /** Names of the engines that reproduced every row, the preferred one first. */
  public List<String> certified() {
    return engines.entrySet().stream()
        .filter(engine -> engine.getValue().certified())
        .map(Map.Entry::getKey)
        .sorted((a, b) -> Boolean.compare(b.equals(preferred), a.equals(preferred)))
        .toList();
  }

  /** How close the agreement is, for a person. */
  public String describe() {
    return tolerance <= TEN_DECIMALS
        ? "to 10 decimals"
        : "not to 10 decimals (tolerance " + tolerance + ")";
  }
}
