package pmmlpipeline.bridge.converter;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dmg.pmml.Model;
import org.dmg.pmml.PMML;
import org.jpmml.converter.Schema;
import org.jpmml.lightgbm.GBDT;
import org.jpmml.lightgbm.HasLightGBMOptions;
import org.jpmml.lightgbm.LightGBMUtil;
import org.jpmml.python.PythonObject;
import org.jpmml.sklearn.Encodable;

/** {@code lightgbm.Booster}; its state has the model in LightGBM's own text form. */
public final class LightGbmBooster extends PythonObject implements Encodable {
  private static final long serialVersionUID = 1L;

  public LightGbmBooster(String module, String name) {
    super(module, name);
  }

  @Override
  public PMML encodePMML() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put(HasLightGBMOptions.OPTION_NAN_AS_MISSING, true);
    return gbdt().encodePMML(options, null, null);
  }

  /**
   * The model of an estimator inside a pipeline.
   *
   * @param iterations how many of the iterations predict; null for all
   */
  Model encode(Integer iterations, Schema schema) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put(HasLightGBMOptions.OPTION_NAN_AS_MISSING, true);
    options.put(HasLightGBMOptions.OPTION_COMPACT, true);
    options.put(HasLightGBMOptions.OPTION_NUM_ITERATION, iterations);
    GBDT gbdt = gbdt();
    return gbdt.encodeModel(options, gbdt.toLightGBMSchema(schema));
  }

  private GBDT gbdt() {
    Iterator<String> lines = getString("_handle").lines().iterator();
    return LightGBMUtil.loadGBDT(lines);
  }
}
