package pmmlpipeline.bridge.pmml4s;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Fields that an expression or a model computes with, as opposed to only comparing them. */
final class ComputedFields {

  private ComputedFields() {}

  static Set<String> of(Path document) throws IOException, XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    Set<String> found = new HashSet<>();
    try (InputStream file = Files.newInputStream(document)) {
      XMLStreamReader reader = factory.createXMLStreamReader(file);
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT) {
          String name = field(reader);
          if (name != null) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }

  private static String field(XMLStreamReader reader) {
    return switch (reader.getLocalName()) {
      case "FieldRef" -> reader.getAttributeValue(null, "field");
      case "NumericPredictor", "CategoricalPredictor", "PPCell" ->
          either(reader, "name", "predictorName");
      case "FieldColumnPair", "ClusteringField", "KNNInput", "BayesInput" ->
          either(reader, "field", "fieldName");
      default -> null;
    };
  }

  private static String either(XMLStreamReader reader, String one, String other) {
    String value = reader.getAttributeValue(null, one);
    return value == null ? reader.getAttributeValue(null, other) : value;
  }
}
