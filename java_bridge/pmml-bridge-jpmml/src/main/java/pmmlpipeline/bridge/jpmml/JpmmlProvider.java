package pmmlpipeline.bridge.jpmml;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.EvaluatorUtil;
import org.jpmml.evaluator.LoadingModelEvaluatorBuilder;
import org.jpmml.evaluator.ResultField;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.OutputField;
import pmmlpipeline.bridge.engine.Engine;
import pmmlpipeline.bridge.engine.EngineProvider;
import pmmlpipeline.bridge.engine.RowException;
import pmmlpipeline.bridge.errors.UnsupportedDocumentException;

/** The engine {@code jpmml}: JPMML-Evaluator. */
public final class JpmmlProvider implements EngineProvider {

  @Override
  public String name() {
    return "jpmml";
  }

  @Override
  public Engine load(Path document, Manifest manifest) {
    Evaluator evaluator;
    // The reader of XML looks for its parts with the thread's class loader, which in a server may
    // be another one.
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    thread.setContextClassLoader(JpmmlProvider.class.getClassLoader());
    try {
      LoadingModelEvaluatorBuilder builder = new LoadingModelEvaluatorBuilder();
      builder.setVisitors(Visitors.battery());
      evaluator = builder.load(document.toFile()).build();
      evaluator.verify();
    } catch (Exception e) {
      throw because(
          e, new UnsupportedDocumentException("jpmml refuses the document: " + e, "use another engine"));
    } finally {
      thread.setContextClassLoader(usual);
    }
    return new Loaded(evaluator, manifest);
  }

  private static final class Loaded implements Engine {

    private final Evaluator evaluator;
    private final Inputs inputs;
    private final String[] outputs;

    Loaded(Evaluator evaluator, Manifest manifest) {
      this.evaluator = evaluator;
      inputs = new Inputs(manifest.inputs(), evaluator);
      Set<String> given =
          Stream.concat(evaluator.getTargetFields().stream(), evaluator.getOutputFields().stream())
              .map(ResultField::getName)
              .collect(Collectors.toSet());
      // A model without a target has its prediction under the key null.
      outputs =
          manifest.outputs().stream()
              .map(OutputField::name)
              .map(name -> given.contains(name) ? name : null)
              .toArray(String[]::new);
    }

    @Override
    public Object[] score(Object[] cells) throws RowException {
      Map<String, ?> results;
      try {
        results = evaluator.evaluate(inputs.of(cells));
        Object[] found = new Object[outputs.length];
        for (int i = 0; i < found.length; i++) {
          found[i] = EvaluatorUtil.decode(results.get(outputs[i]));
        }
        return found;
      } catch (RuntimeException e) {
        throw new RowException(e.getClass().getSimpleName() + ": " + e.getMessage(), e);
      }
    }
  }
}
