package pmmlpipeline.bridge;

/**
 * How it stands with one version of a model.
 *
 * @param version its number
 * @param state see {@link State}
 * @param code of the error that ended it, as {@code golden_row}; null when there is none
 * @param message what is wrong and what to do; null when nothing is
 */
public record VersionStatus(long version, State state, String code, String message) {

  /** The states, named as TensorFlow Serving names them. */
  public enum State {
    /** Being checked, loaded and proven. */
    LOADING,
    /** Scores. */
    AVAILABLE,
    /** Was refused, with its reason, or is no longer wanted. */
    END
  }
}
