package pmmlpipeline.bridge.errors;

/** There is no such published version: no folder of that number with a manifest.json. */
public class NotAVersionException extends StoreException {
  private static final long serialVersionUID = 1L;

  public NotAVersionException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "not_a_version";
  }
}
