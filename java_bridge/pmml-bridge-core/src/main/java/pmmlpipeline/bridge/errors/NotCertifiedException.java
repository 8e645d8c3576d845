package pmmlpipeline.bridge.errors;

/** The certificate does not name the engine, or none of those that are there. */
public class NotCertifiedException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public NotCertifiedException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "not_certified";
  }
}
