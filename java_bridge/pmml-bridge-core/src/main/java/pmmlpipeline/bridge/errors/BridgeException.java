package pmmlpipeline.bridge.errors;

/**
 * Base of all errors here. It says in one sentence what is wrong and what to do about it, and has a
 * code that stays the same between releases and is the one that the Python package gives.
 */
public abstract class BridgeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String fix;

  /**
   * @param cause what is wrong, as a clause without a full stop
   * @param fix what to do about it, as a clause without a full stop
   */
  protected BridgeException(String cause, String fix) {
    super(cause + "; " + fix + ".");
    this.fix = fix;
  }

  /** Tells errors apart without reading text. */
  public abstract String code();

  /** What to do about it. */
  public String fix() {
    return fix;
  }

  /** The error itself, once it has the one that it came from as its cause. */
  public static <E extends BridgeException> E because(Throwable origin, E error) {
    error.initCause(origin);
    return error;
  }
}
