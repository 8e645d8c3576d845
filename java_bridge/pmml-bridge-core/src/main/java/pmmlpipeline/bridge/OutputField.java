package pmmlpipeline.bridge;

/**
 * One result: the target field, or an {@code OutputField} of the document.
 *
 * @param name the name in the result
 * @param dataType PMML's type
 * @param feature {@code predictedValue}, {@code probability}, {@code transformedValue}, ...
 * @param value the class that a probability is of; null for others
 * @param float32 whether the training library predicts it in single precision
 */
public record OutputField(
    String name, DataType dataType, String feature, String value, boolean float32) {

  /**
   * Whether there is no score at all without it. Other results (a reason code, say) may be absent
   * by design.
   */
  public boolean essential() {
    return feature.equals("predictedValue") || feature.equals("probability");
  }
}
