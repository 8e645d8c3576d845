package pmmlpipeline.bridge.proof;

import static pmmlpipeline.bridge.Certificate.TEN_DECIMALS;

import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.OutputField;

/**
 * When two predictions agree: within the tolerance; for numbers so large that 1e-10 is below their
 * precision, within 4 units in the last place; a prediction made in float32 is the same float32.
 */
final class Agreement {

  private static final int ULPS = 4;

  private final double tolerance;

  Agreement(double tolerance) {
    this.tolerance = tolerance;
  }

  /**
   * Whether a result is the one that was predicted offline.
   *
   * @param expected as JSON has it
   */
  boolean of(OutputField output, Object expected, Object actual) {
    if (expected == null || actual == null) {
      return expected == null && actual == null;
    }
    if (output.dataType().kind() == DataType.Kind.DOUBLE) {
      return ofNumbers(
          output.float32(), ((Number) expected).doubleValue(), ((Number) actual).doubleValue());
    }
    if (expected instanceof Boolean || actual instanceof Boolean) {
      return expected.toString().equalsIgnoreCase(actual.toString());
    }
    if (expected instanceof Number wanted && actual instanceof Number found) {
      return wanted.doubleValue() == found.doubleValue();
    }
    return expected.toString().equals(actual.toString());
  }

  private boolean ofNumbers(boolean single, double expected, double actual) {
    if (Double.isNaN(expected) || Double.isNaN(actual)) {
      return Double.isNaN(expected) && Double.isNaN(actual);
    }
    double wanted = single ? (double) (float) expected : expected;
    if (single) {
      boolean same = (float) expected == (float) actual;
      // At ten decimals "the same float32" is the rule; only a stated tolerance widens it.
      if (same || tolerance <= TEN_DECIMALS) {
        return same;
      }
    }
    if (wanted == actual) {
      return true; // infinities too
    }
    if (Double.isInfinite(wanted) || Double.isInfinite(actual)) {
      return false; // a unit in the last place of infinity is infinite
    }
    double unit = Math.ulp(wanted);
    double allowed = unit > TEN_DECIMALS ? Math.max(tolerance, ULPS * unit) : tolerance;
    return Math.abs(wanted - actual) <= allowed;
  }
}
