package pmmlpipeline.bridge;

/**
 * A range of valid numbers, as PMML's {@code Interval}.
 *
 * @param closure {@code openOpen}, {@code openClosed}, {@code closedOpen} or {@code closedClosed}
 * @param left the left margin; null where there is none
 * @param right the right margin; null where there is none
 */
public record Interval(String closure, Double left, Double right) {

  /**
   * The same with margins rounded to float32: a {@code float} field is compared in float32 on both
   * sides.
   */
  public Interval asFloat32() {
    return new Interval(closure, rounded(left), rounded(right));
  }

  private static Double rounded(Double margin) {
    return margin == null ? null : (Double) (double) margin.floatValue();
  }

  /** Whether the left margin, where there is one, lies inside. */
  public boolean closesLeft() {
    return closure.startsWith("closed");
  }

  /** Whether the right margin, where there is one, lies inside. */
  public boolean closesRight() {
    return closure.endsWith("Closed");
  }

  @Override
  public String toString() {
    return (closesLeft() && left != null ? "[" : "(")
        + (left == null ? "-inf" : shown(left))
        + ", "
        + (right == null ? "inf" : shown(right))
        + (closesRight() && right != null ? "]" : ")");
  }

  private static String shown(Double margin) {
    return margin.toString().replaceFirst("\\.0$", "");
  }
}
