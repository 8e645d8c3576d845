package pmmlpipeline.bridge.errors;

/** The engine is not on the class path. */
public class EngineUnavailableException extends EngineException {
  private static final long serialVersionUID = 1L;

  public EngineUnavailableException(String cause, String fix) {
    super(cause, fix);
  }

  @Override
  public String code() {
    return "engine_unavailable";
  }
}
