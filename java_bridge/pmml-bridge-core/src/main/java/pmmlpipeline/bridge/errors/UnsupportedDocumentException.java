package pmmlpipeline.bridge.errors;

/** The engine refuses this document. */
public class UnsupportedDocumentException extends EngineException {
  private static final long serialVersionUID = 1L;

  public UnsupportedDocumentException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "engine_unsupported_document";
  }
}
