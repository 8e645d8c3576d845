package pmmlpipeline.bridge.errors;

/** The serving.json of a model has not the published form. */
public class ServingException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public ServingException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "serving";
  }
}
