package pmmlpipeline.bridge.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.OutputField;

/** When two predictions agree. */
class AgreementTest {

  private static final OutputField NUMBER =
      new OutputField("y", DataType.DOUBLE, "predictedValue", null, false);
  private static final OutputField SINGLE =
      new OutputField("y", DataType.DOUBLE, "predictedValue", null, true);
  private static final OutputField WHOLE =
      new OutputField("y", DataType.INTEGER, "predictedValue", null, false);
  private static final OutputField TEXT =
      new OutputField("y", DataType.STRING, "predictedValue", null, false);
  private static final OutputField TRUTH =
      new OutputField("y", DataType.BOOLEAN, "predictedValue", null, false);

  private static void check(
      boolean agree, double tolerance, OutputField output, Object expected, Object actual) {
    assertEquals(
        agree,
        new Agreement(tolerance).of(output, expected, actual),
        () -> expected + " and " + actual);
  }

  @Test
  void numbersAgreeToTenDecimals() {
    check(true, 1e-10, NUMBER, 0.5, 0.5 + 0.9e-10);
    check(false, 1e-10, NUMBER, 0.5, 0.5 + 1.1e-10);
    check(false, 1e-10, NUMBER, 0.5, -0.5);
    check(true, 1e-10, NUMBER, 0.0, -0.0);
    check(true, 1e-10, NUMBER, 3L, 3.0);
    check(true, 1e-10, NUMBER, new BigInteger("100000000000000000000"), 1e20);
    check(false, 0.0, NUMBER, 0.1, Math.nextUp(0.1));
    check(true, 2e-6, NUMBER, 0.5, 0.5000019);
  }

  @Test
  void largeNumbersAgreeToFourUnitsInTheLastPlace() {
    double large = 1e15; // a unit is 0.125
    check(true, 1e-10, NUMBER, large, large + 4 * Math.ulp(large));
    check(false, 1e-10, NUMBER, large, large + 5 * Math.ulp(large));
    double small = 1000.0; // a unit is 1.1e-13, so it does not count
    check(false, 1e-10, NUMBER, small, small + 1.1e-10);
    check(true, 1e-10, NUMBER, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    check(false, 1e-10, NUMBER, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
    check(false, 1e-10, NUMBER, Double.POSITIVE_INFINITY, 5.0);
    check(false, 1e-10, NUMBER, Double.MAX_VALUE, Double.POSITIVE_INFINITY);
  }

  @Test
  void aPredictionInSinglePrecisionIsTheSameFloat() {
    check(true, 1e-10, SINGLE, (double) 0.1f, 0.1);
    check(false, 1e-10, SINGLE, (double) 0.1f, (double) Math.nextUp(0.1f));
    check(true, 2e-6, SINGLE, (double) 0.1f, (double) Math.nextUp(0.1f));
    check(true, 1e-10, SINGLE, 1e-30, 1.00000001e-30);
    check(false, 1e-10, SINGLE, 1e-30, 2e-30);
  }

  @Test
  void whatIsAbsentAgreesWithWhatIsAbsent() {
    for (OutputField output : new OutputField[] {NUMBER, SINGLE, WHOLE, TEXT, TRUTH}) {
      check(true, 1e-10, output, null, null);
    }
    check(false, 1e-10, NUMBER, null, 0.0);
    check(false, 1e-10, NUMBER, 0.0, null);
    check(true, 1e-10, NUMBER, Double.NaN, Double.NaN);
    check(false, 1e-10, NUMBER, Double.NaN, 0.0);
    check(false, 1e-10, NUMBER, 0.0, Double.NaN);
  }

  @Test
  void textsAndTruthValuesAreTheSame() {
    check(true, 1e-10, TEXT, "a", "a");
    check(false, 1e-10, TEXT, "a", "A");
    check(true, 1e-10, TEXT, 1L, "1");
    check(true, 1e-10, TRUTH, true, true);
    check(true, 1e-10, TRUTH, "true", true);
    check(false, 1e-10, TRUTH, true, false);
    check(true, 1e-10, WHOLE, 1L, 1L);
    check(true, 1e-10, WHOLE, 1.0, 1L);
    check(false, 1e-10, WHOLE, 1.5, 1L);
    check(false, 1e-10, WHOLE, 2L, 1L);
  }
}
