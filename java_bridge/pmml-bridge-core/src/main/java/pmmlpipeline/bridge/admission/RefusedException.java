package pmmlpipeline.bridge.admission;

import pmmlpipeline.bridge.errors.FieldError;

/** One value that its field does not admit. It has no trace: it is thrown for every bad value. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  final FieldError.Code code;
  final transient String expected;

  /**
   * @param expected what would be valid, where that is more than the field's description says; else
   *     null
   */
  RefusedException(FieldError.Code code, String expected) {
    super(code.text(), null, false, false);
    this.code = code;
    this.expected = expected;
  }

  RefusedException(FieldError.Code code) {
    this(code, null);
  }
}
