package pmmlpipeline.bridge.engine;

/** The engine has no score for this record. */
public final class RowException extends Exception {
  private static final long serialVersionUID = 1L;

  public RowException(String message) {
    super(message);
  }

  public RowException(String message, Throwable cause) {
    super(message, cause);
  }
}
