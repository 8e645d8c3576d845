package pmmlpipeline.bridge.converter;

import org.dmg.pmml.Model;
import org.jpmml.converter.Schema;
import sklearn.LabelEncoderClassifier;

/** {@code lightgbm.LGBMClassifier} at the end of a pipeline. */
public final class LightGbmClassifier extends LabelEncoderClassifier {
  private static final long serialVersionUID = 1L;

  public LightGbmClassifier(String module, String name) {
    super(module, name);
  }

  @Override
  public int getNumberOfFeatures() {
    return getInteger("_n_features");
  }

  @Override
  public Model encodeModel(Schema schema) {
    LightGbmBooster booster = get("_Booster", LightGbmBooster.class);
    return booster.encode(LightGbmRegressor.iterations(this), schema);
  }
}
