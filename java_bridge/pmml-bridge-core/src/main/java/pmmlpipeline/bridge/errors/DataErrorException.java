package pmmlpipeline.bridge.errors;

import java.util.List;
import java.util.stream.Collectors;

/** 数据错误: the record is not one that the model's declared inputs admit. */
public final class DataErrorException extends BridgeException {
  private static final long serialVersionUID = 1L;

  private static final int SHOWN = 20;

  private final transient List<FieldError> fields;

  /** With one entry per offending field. */
  public DataErrorException(List<FieldError> fields) {
    super(
        "数据错误 (data error): " + shown(fields),
        "send a record that the inputs of the model admit");
    this.fields = List.copyOf(fields);
  }

  @Override
  public String code() {
    return "data_error";
  }

  /** What is wrong with which field. */
  public List<FieldError> fields() {
    return fields;
  }

  private static String shown(List<FieldError> fields) {
    String some =
        fields.stream().limit(SHOWN).map(FieldError::toString).collect(Collectors.joining("; "));
    return fields.size() <= SHOWN ? some : some + "; and " + (fields.size() - SHOWN) + " more";
  }
}
