package pmmlpipeline.bridge.errors;

/** An engine does not reproduce the golden rows of the artifact on this machine. */
public class GoldenRowException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public GoldenRowException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "golden_row";
  }
}
