package pmmlpipeline.bridge.engine;

/** A document that an engine has loaded. May be called from many threads at once. */
@FunctionalInterface
public interface Engine {

  /**
   * Scores one record.
   *
   * @param cells a Double, Long, Boolean or String for every input, in their order; null is missing
   * @return what the engine gives for every output, in their order; null is none
   * @throws RowException the engine has no score for this record
   */
  Object[] score(Object[] cells) throws RowException;
}
