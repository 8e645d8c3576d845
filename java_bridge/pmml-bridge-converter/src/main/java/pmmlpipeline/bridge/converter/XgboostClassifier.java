package pmmlpipeline.bridge.converter;

import java.util.List;
import java.util.stream.IntStream;
import org.dmg.pmml.DataType;
import org.dmg.pmml.Model;
import org.jpmml.converter.Schema;
import sklearn.Classifier;

/** {@code xgboost.XGBClassifier} and its forest form at the end of a pipeline. */
public final class XgboostClassifier extends Classifier {
  private static final long serialVersionUID = 1L;

  public XgboostClassifier(String module, String name) {
    super(module, name);
  }

  /** Whole numbers from 0 on: XGBoost takes no other classes. */
  @Override
  public List<?> getClasses() {
    return IntStream.range(0, getInteger("n_classes_")).boxed().toList();
  }

  @Override
  public DataType getDataType() {
    return DataType.FLOAT;
  }

  @Override
  public int getNumberOfFeatures() {
    return booster().features();
  }

  @Override
  public Model encodeModel(Schema schema) {
    return booster().encode(XgboostRegressor.missing(this), schema);
  }

  private XgboostBooster booster() {
    return get("_Booster", XgboostBooster.class);
  }
}
