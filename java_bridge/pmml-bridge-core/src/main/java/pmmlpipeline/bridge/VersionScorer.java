package pmmlpipeline.bridge;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import pmmlpipeline.bridge.admission.Admission;
import pmmlpipeline.bridge.engine.Engine;
import pmmlpipeline.bridge.engine.RowException;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.FieldError;

/** One version on one engine: checks, score, results of the declared types. */
final class VersionScorer implements Scorer {

  private static final double EXACT = 9007199254740992.0; // 2 ** 53

  private final Manifest manifest;
  private final String engineName;
  private final Engine engine;
  private final Admission admission;
  private final OutputField[] outputs;
  private final int capacity;

  VersionScorer(Manifest manifest, String engineName, Engine engine) {
    this.manifest = manifest;
    this.engineName = engineName;
    this.engine = engine;
    admission = new Admission(manifest.inputs(), manifest.supplementary());
    outputs = manifest.outputs().toArray(OutputField[]::new);
    capacity = outputs.length * 2;
  }

  @Override
  public Map<String, Object> score(Map<String, ?> record) {
    Object[] cells = admission.cells(record);
    Map<String, Object> results = new LinkedHashMap<>(capacity);
    try {
      Object[] found = engine.score(cells);
      boolean none = true;
      boolean essential = false;
      for (int i = 0; i < outputs.length; i++) {
        OutputField output = outputs[i];
        Object result = result(output, found[i]);
        if (output.essential()) {
          essential = true;
          if (result == null || (result instanceof Double d && !Double.isFinite(d))) {
            throw new RowException("the engine gives no finite " + output.name());
          }
        }
        none &= result == null;
        results.put(output.name(), result);
      }
      if (none && !essential) {
        throw new RowException("the engine gives no result");
      }
    } catch (RowException e) {
      throw new DataErrorException(
          List.of(new FieldError("", FieldError.Code.UNSCORABLE, null, e.getMessage())));
    }
    return results;
  }

  /** As a value of the declared type. */
  private static Object result(OutputField output, Object value) throws RowException {
    if (value == null || (value instanceof Double d && Double.isNaN(d))) {
      return null;
    }
    switch (output.dataType().kind()) {
      case TEXT:
        return whole(output, value.toString());
      case DOUBLE:
        return value instanceof Double ? value : (Object) number(output, value);
      case BOOLEAN:
        if (value instanceof Boolean) {
          return value;
        }
        double truth = number(output, value);
        if (truth == 0.0 || truth == 1.0) {
          return truth == 1.0;
        }
        break;
      default:
        double count = number(output, value);
        if (count == Math.rint(count) && Math.abs(count) <= EXACT) {
          return (long) count;
        }
    }
    // To round it would hide that the model predicts something else than the document declares.
    throw new RowException(
        "the engine gives " + value + " for " + output.name() + ", which is no "
            + output.dataType().pmml());
  }

  private static double number(OutputField output, Object value) throws RowException {
    if (value instanceof Number number) {
      return number.doubleValue(); // a float stays the same number
    }
    if (value instanceof Boolean truth) {
      return truth ? 1.0 : 0.0;
    }
    try {
      return Double.parseDouble(value.toString());
    } catch (NumberFormatException e) {
      throw new RowException(
          "the engine gives '" + value + "' for " + output.name() + ", which is no number", e);
    }
  }

  /** Java counts some characters, such as emojis, as two, and an expression may cut between. */
  private static String whole(OutputField output, String text) throws RowException {
    if (!text.isEmpty()
        && (Character.isHighSurrogate(text.charAt(text.length() - 1))
            || Character.isLowSurrogate(text.charAt(0)))) {
      throw new RowException("the engine cuts a character of " + output.name() + " in two");
    }
    return text;
  }

  @Override
  public Manifest manifest() {
    return manifest;
  }

  @Override
  public String engine() {
    return engineName;
  }
}
