package pmmlpipeline.bridge.pmml4s;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.pmml4s.data.Series;
import org.pmml4s.model.Model;
import pmmlpipeline.bridge.DataType;
import pmmlpipeline.bridge.InputField;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.engine.Engine;
import pmmlpipeline.bridge.engine.EngineProvider;
import pmmlpipeline.bridge.engine.RowException;
import pmmlpipeline.bridge.errors.UnsupportedDocumentException;

/**
 * The engine {@code pypmml}: PMML4S, which the Python package of that name calls.
 *
 * <p>Its quirks end in this class, and are treated as the Python package does, so that the
 * certificate holds here:
 *
 * <ul>
 *   <li>With an {@code Output} element it leaves out the predicted label, unless asked for
 *       supplements, which fail on models without a target.
 *   <li>A class that the reached leaf of a tree does not list has no probability instead of 0.
 *   <li>It computes in double where the document says float. A comparison with a float threshold
 *       comes out right all the same when the value is handed over as the double whose shortest
 *       decimal is that of the float, since thresholds are written as such decimals. That is done
 *       for fields that are only compared, never computed with.
 *   <li>A missing whole number is the smallest one in its answers.
 * </ul>
 */
public final class Pmml4sProvider implements EngineProvider {

  private static final double WHOLE = 1e-12; // how far from 1 probabilities may add up

  @Override
  public String name() {
    return "pypmml";
  }

  @Override
  public Engine load(Path document, Manifest manifest) {
    try {
      return new Loaded(Model.fromFile(document.toString()), document, manifest);
    } catch (UnsupportedDocumentException e) {
      throw e;
    } catch (Exception e) { // Scala has no checked ones, so any may come
      throw because(
          e,
          new UnsupportedDocumentException(
              "pypmml refuses the document: " + e, "use another engine"));
    }
  }

  private static final class Loaded implements Engine {

    private final Model model;
    private final int[] places; // of the model's fields among the inputs
    private final boolean[] single;
    private final int[] results; // of the outputs in the model's answer
    private final int[] probabilities; // outputs that are one

    Loaded(Model model, Path document, Manifest manifest) throws Exception {
      this.model = model;
      List<String> names = manifest.inputs().stream().map(InputField::name).toList();
      places = Arrays.stream(model.inputNames()).mapToInt(names::indexOf).toArray();
      single = new boolean[names.size()];
      if (manifest.inputs().stream().anyMatch(field -> field.dataType() == DataType.FLOAT)) {
        Set<String> computed = ComputedFields.of(document);
        for (int i = 0; i < single.length; i++) {
          single[i] =
              manifest.inputs().get(i).dataType() == DataType.FLOAT
                  && !computed.contains(names.get(i));
        }
      }
      List<OutputField> outputs = manifest.outputs();
      List<String> given = List.of(model.outputNames());
      if (!given.containsAll(outputs.stream().map(OutputField::name).toList())) {
        given = List.of(model.setSupplementOutput(true).outputNames());
      }
      results = new int[outputs.size()];
      for (int i = 0; i < results.length; i++) {
        results[i] = place(outputs.get(i), outputs, given);
      }
      probabilities =
          IntStream.range(0, results.length)
              .filter(i -> outputs.get(i).feature().equals("probability"))
              .toArray();
    }

    /** Where the engine's answer has a result: under its own name, or as a supplement. */
    private static int place(OutputField output, List<OutputField> outputs, List<String> given) {
      int place = given.indexOf(output.name());
      if (place < 0 && output.feature().equals("predictedValue")) {
        place = given.indexOf("predicted_" + output.name());
        for (OutputField other : outputs) { // where one repeats the prediction
          if (place < 0 && other.feature().equals("predictedValue")) {
            place = given.indexOf(other.name());
          }
        }
        for (int i = 0; place < 0 && i < given.size(); i++) {
          place = given.get(i).startsWith("predicted") ? i : -1;
        }
      }
      if (place < 0) {
        throw new UnsupportedDocumentException(
            "pypmml gives no result " + output.name() + " for this document (it gives "
                + String.join(", ", given) + ")",
            "use another engine");
      }
      return place;
    }

    @Override
    public Object[] score(Object[] cells) throws RowException {
      Object[] arguments = new Object[places.length];
      for (int i = 0; i < places.length; i++) {
        arguments[i] = places[i] < 0 ? null : argument(cells[places[i]], single[places[i]]);
      }
      Object[] answer;
      try {
        answer = model.predict(Series.fromArray((Object) arguments)).asArray();
      } catch (RuntimeException e) {
        throw new RowException(e.getClass().getSimpleName() + ": " + e.getMessage(), e);
      }
      Object[] found = new Object[results.length];
      for (int i = 0; i < found.length; i++) {
        found[i] = present(answer[results[i]]);
      }
      fillProbabilities(found);
      return found;
    }

    private static Object argument(Object cell, boolean single) {
      if (single && cell != null) {
        return Double.parseDouble(Float.toString(((Double) cell).floatValue()));
      }
      if (cell instanceof Long whole && whole == whole.intValue()) {
        return whole.intValue();
      }
      return cell;
    }

    private static Object present(Object value) {
      boolean none =
          (value instanceof Double number && Double.isNaN(number))
              || (value instanceof Long whole && whole == Long.MIN_VALUE);
      return none ? null : value;
    }

    /** Probabilities that were given and add up to 1 leave nothing for the others. */
    private void fillProbabilities(Object[] found) {
      double total = 0;
      boolean absent = false;
      for (int i : probabilities) {
        if (found[i] instanceof Number number) {
          total += number.doubleValue();
        } else {
          absent = true;
        }
      }
      if (absent && Math.abs(total - 1) < WHOLE) {
        for (int i : probabilities) {
          found[i] = found[i] == null ? (Object) 0.0 : found[i];
        }
      }
    }
  }
}
