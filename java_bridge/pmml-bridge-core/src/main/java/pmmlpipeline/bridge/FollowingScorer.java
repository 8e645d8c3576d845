package pmmlpipeline.bridge;

import java.util.Map;
import java.util.function.Supplier;

/** Hands every call to the version that is the newest then, or has a label then. */
final class FollowingScorer implements Scorer {

  private final Supplier<VersionScorer> followed;

  FollowingScorer(Supplier<VersionScorer> followed) {
    this.followed = followed;
  }

  @Override
  public Map<String, Object> score(Map<String, ?> record) {
    return followed.get().score(record);
  }

  @Override
  public Manifest manifest() {
    return followed.get().manifest();
  }

  @Override
  public String engine() {
    return followed.get().engine();
  }

  @Override
  public Scorer current() {
    return followed.get();
  }
}
