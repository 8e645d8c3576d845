package pmmlpipeline.bridge.errors;

/** An engine failed in a way that is not the record's fault. */
public class EngineException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public EngineException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "engine";
  }
}
