package pmmlpipeline.bridge.errors;

/** A file of the artifact is missing, or is not the one that was published. */
public class ChecksumException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ChecksumException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "checksum";
  }
}
