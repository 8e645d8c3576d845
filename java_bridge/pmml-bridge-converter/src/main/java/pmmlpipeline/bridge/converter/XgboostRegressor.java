package pmmlpipeline.bridge.converter;

import org.dmg.pmml.DataType;
import org.dmg.pmml.Model;
import org.jpmml.converter.Schema;
import org.jpmml.python.PythonObject;
import sklearn.Regressor;

/** {@code xgboost.XGBRegressor}, its forest form and the ranker at the end of a pipeline. */
public final class XgboostRegressor extends Regressor {
  private static final long serialVersionUID = 1L;

  public XgboostRegressor(String module, String name) {
    super(module, name);
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
    return booster().encode(missing(this), schema);
  }

  private XgboostBooster booster() {
    return get("_Booster", XgboostBooster.class);
  }

  /** The number that counts as missing, null where only NaN does. */
  static Number missing(PythonObject estimator) {
    Number missing = estimator.getOptionalNumber("missing");
    return missing == null || Double.isNaN(missing.doubleValue()) ? null : missing;
  }
}
