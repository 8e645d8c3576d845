package pmmlpipeline.bridge;

import java.util.List;
import java.util.Map;

/** Scores records. May be called from many threads at once. */
public interface Scorer {

  /**
   * Scores one record.
   *
   * @param record field name to value: numbers, truth values, texts (which are parsed to the
   *     declared type), java.time's local dates and times. Null and NaN are missing, and so is a
   *     field that is absent.
   * @return the target field, then every output field, by name: a Double, Long, Boolean or String;
   *     null for a result that may be absent by design
   * @throws pmmlpipeline.bridge.errors.DataErrorException the record is not one that the inputs
   *     admit, or the model has no score for it; with one entry per field
   */
  Map<String, Object> score(Map<String, ?> record);

  /**
   * The version that scores now, whatever is published later: for a score together with the version
   * that gave it.
   */
  default Scorer current() {
    return this;
  }

  /** What the version that scores now says of itself. */
  Manifest manifest();

  /** The engine that scores now, as the certificate names it. */
  String engine();

  /** The fields that a record brings. */
  default List<InputField> inputs() {
    return manifest().inputs();
  }

  /** The fields that a score has. */
  default List<OutputField> outputs() {
    return manifest().outputs();
  }
}
