package pmmlpipeline.bridge.jpmml;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The arguments of one record as the map that JPMML-Evaluator wants. It has nothing but the values:
 * where each of them is, all records of a model have in common, so there is nothing to fill.
 */
final class Arguments extends AbstractMap<String, Object> {

  private final Map<String, Integer> places;
  private final Object[] values;

  /**
   * @param places of the names among the values
   */
  Arguments(Map<String, Integer> places, Object[] values) {
    this.places = places;
    this.values = values;
  }

  @Override
  public Object get(Object name) {
    Integer place = places.get(name);
    return place == null ? null : values[place];
  }

  @Override
  public boolean containsKey(Object name) {
    return places.containsKey(name);
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    Map<String, Object> all = new LinkedHashMap<>();
    places.forEach((name, place) -> all.put(name, values[place]));
    return all.entrySet();
  }
}
