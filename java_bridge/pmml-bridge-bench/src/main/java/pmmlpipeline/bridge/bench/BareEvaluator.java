package pmmlpipeline.bridge.bench;

import java.io.File;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.EvaluatorUtil;
import org.jpmml.evaluator.FieldValue;
import org.jpmml.evaluator.InputField;
import org.jpmml.evaluator.LoadingModelEvaluatorBuilder;

/** JPMML-Evaluator alone, used the way that its own documentation shows. */
final class BareEvaluator {

  private final Evaluator evaluator;
  private final List<InputField> inputs;

  private BareEvaluator(Evaluator evaluator) {
    this.evaluator = evaluator;
    inputs = evaluator.getInputFields();
  }

  static BareEvaluator load(File document) throws Exception {
    Evaluator evaluator = new LoadingModelEvaluatorBuilder().load(document).build();
    evaluator.verify();
    return new BareEvaluator(evaluator);
  }

  Map<String, ?> score(Map<String, ?> record) {
    Map<String, FieldValue> arguments = new LinkedHashMap<>();
    for (InputField input : inputs) {
      String name = input.getName();
      arguments.put(name, input.prepare(record.get(name)));
    }
    return EvaluatorUtil.decodeAll(evaluator.evaluate(arguments));
  }
}
