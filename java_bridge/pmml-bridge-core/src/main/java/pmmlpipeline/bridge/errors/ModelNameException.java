package pmmlpipeline.bridge.errors;

/** A model name that could leave the store. */
public class ModelNameException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ModelNameException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "model_name";
  }
}
