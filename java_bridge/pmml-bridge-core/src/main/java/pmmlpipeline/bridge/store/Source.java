package pmmlpipeline.bridge.store;

import java.nio.file.Path;
import java.util.List;
import pmmlpipeline.bridge.Serving;

/** Where versions are published: a folder, or something that is fetched from. */
public interface Source {

  /**
   * The models that have at least one version, by name.
   *
   * @throws pmmlpipeline.bridge.errors.StoreException they cannot be listed
   */
  List<String> models();

  /**
   * The published versions of a model, ascending; none for a model that is not there.
   *
   * @throws pmmlpipeline.bridge.errors.StoreException the store cannot be listed
   */
  List<Long> versions(String model);

  /**
   * Which versions of a model are to be loaded, and their labels.
   *
   * @throws pmmlpipeline.bridge.errors.StoreException the store cannot be read
   * @throws pmmlpipeline.bridge.errors.ServingException what it says has not the published form
   */
  Serving serving(String model);

  /**
   * A local folder that holds a version.
   *
   * @throws pmmlpipeline.bridge.errors.NotAVersionException there is no such version
   */
  Path folder(String model, long version);
}
