package pmmlpipeline.bridge.errors;

/** The manifest, or a golden row, does not have the published form. */
public class ManifestException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ManifestException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "manifest";
  }
}
