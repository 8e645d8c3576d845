package pmmlpipeline.bridge.errors;

/** No loaded version of the model has the label. */
public class LabelException extends BridgeException {
  private static final long serialVersionUID = 1L;

  public LabelException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "label";
  }
}
