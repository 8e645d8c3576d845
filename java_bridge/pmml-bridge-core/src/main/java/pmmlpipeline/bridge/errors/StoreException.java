package pmmlpipeline.bridge.errors;

/** A store, model or version cannot be read. */
public class StoreException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public StoreException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "store";
  }
}
