package pmmlpipeline.bridge.converter;

import org.dmg.pmml.Model;
import org.jpmml.converter.Schema;
import org.jpmml.python.PythonObject;
import sklearn.Regressor;

/** {@code lightgbm.LGBMRegressor} and {@code lightgbm.LGBMRanker} at the end of a pipeline. */
public final class LightGbmRegressor extends Regressor {
  private static final long serialVersionUID = 1L;

  public LightGbmRegressor(String module, String name) {
    super(module, name);
  }

  @Override
  public int getNumberOfFeatures() {
    return getInteger("_n_features");
  }

  @Override
  public Model encodeModel(Schema schema) {
    return get("_Booster", LightGbmBooster.class).encode(iterations(this), schema);
  }

  /** How many iterations an estimator predicts with; null for all of them. */
  static Integer iterations(PythonObject estimator) {
    Integer best = estimator.getOptionalInteger("_best_iteration");
    return best == null || best <= 0 ? null : best;
  }
}
