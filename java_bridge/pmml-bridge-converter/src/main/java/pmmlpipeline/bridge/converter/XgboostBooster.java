package pmmlpipeline.bridge.converter;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dmg.pmml.Model;
import org.dmg.pmml.PMML;
import org.jpmml.converter.Schema;
import org.jpmml.python.PythonObject;
import org.jpmml.sklearn.Encodable;
import org.jpmml.xgboost.HasXGBoostOptions;
import org.jpmml.xgboost.Learner;
import org.jpmml.xgboost.XGBoostUtil;

/** {@code xgboost.Booster}; its state has the model as UBJSON, beside the configuration. */
public final class XgboostBooster extends PythonObject implements Encodable {
  private static final long serialVersionUID = 1L;

  public XgboostBooster(String module, String name) {
    super(module, name);
  }

  @Override
  public PMML encodePMML() {
    Learner learner = learner();
    return learner.encodePMML(options(learner), null, null, null);
  }

  /**
   * The model of an estimator inside a pipeline.
   *
   * @param missing the number that counts as missing; null where only NaN does
   */
  Model encode(Number missing, Schema schema) {
    Learner learner = learner();
    Map<String, Object> options = options(learner);
    options.put(HasXGBoostOptions.OPTION_MISSING, missing);
    return learner.encodeModel(options, learner.toXGBoostSchema(schema));
  }

  int features() {
    return learner().num_feature();
  }

  private static Map<String, Object> options(Learner learner) {
    Map<String, Object> options = new LinkedHashMap<>();
    // The form that the package sklearn2pmml gives a booster: every node, as XGBoost has it.
    options.put(HasXGBoostOptions.OPTION_COMPACT, false);
    options.put(HasXGBoostOptions.OPTION_NUMERIC, true);
    options.put(HasXGBoostOptions.OPTION_PRUNE, false);
    Integer best = learner.getBestIteration();
    options.put(HasXGBoostOptions.OPTION_NTREE_LIMIT, best == null ? null : best + 1);
    return options;
  }

  private Learner learner() {
    byte[] state = get("handle", byte[].class);
    try (var in = new ByteArrayInputStream(state)) {
      return XGBoostUtil.loadLearner(in, ByteOrder.nativeOrder(), null, "$.Model");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
