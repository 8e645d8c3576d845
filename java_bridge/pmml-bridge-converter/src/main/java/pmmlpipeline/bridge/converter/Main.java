package pmmlpipeline.bridge.converter;

import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import org.dmg.pmml.PMML;
import org.jpmml.model.metro.MetroJAXBSerializer;
import org.jpmml.python.PickleUtil;
import org.jpmml.python.Storage;
import org.jpmml.python.StorageUtil;
import org.jpmml.sklearn.EncodableUtil;
import org.jpmml.sklearn.SkLearnUtil;

/**
 * Turns a dump of joblib into a document. {@code converters/runner.py} starts it in a process of its
 * own, so that no other part of this project runs together with the libraries, which are AGPL-3.0.
 */
public final class Main {
  private Main() {}

  /**
   * Reads the dump and writes the document.
   *
   * @param arguments the dump, the document and, where the library knows none as new as the one
   *     that trained, the newest scikit-learn that it knows
   */
  public static void main(String[] arguments) throws Exception {
    SkLearnUtil.initOnce();
    // Versions of the library that are published without their modules for these.
    if (Main.class.getResource("/lightgbm/sklearn/Booster.class") == null) {
      PickleUtil.init(Main.class.getClassLoader(), "pmml-bridge-converter.properties");
    }
    Object fitted = read(new File(arguments[0]));
    if (arguments.length > 2) {
      new Older(arguments[2]).visit(fitted);
    }
    PMML document = EncodableUtil.toEncodable(fitted).encodePMML();
    // java.nio would make the path absolute, and cannot open one that the locale cannot spell.
    try (OutputStream out = new FileOutputStream(arguments[1])) {
      new MetroJAXBSerializer().serialize(document, out);
    }
  }

  private static Object read(File dump) throws Exception {
    try (Storage storage = StorageUtil.createStorage(dump)) {
      Class<?> unpickler;
      try {
        unpickler = Class.forName("org.jpmml.sklearn.SkLearnUnpickler");
      } catch (ClassNotFoundException e) {
        return PickleUtil.unpickle(storage);
      }
      // Later versions of the library have this in its place.
      Object newer = unpickler.getConstructor().newInstance();
      return unpickler.getMethod("load", Storage.class).invoke(newer, storage);
    }
  }
}
