package pmmlpipeline.bridge;

import java.util.Map;

/** The newest version of a model: hands every call to the version that is the newest then. */
final class LatestScorer implements Scorer {

  // A version that was refused may have been half copied, so it is tried again, ever more seldom.
  private static final long FIRST_WAIT_NS = 1_000_000_000L;
  private static final long LONGEST_WAIT_NS = 60_000_000_000L;

  private volatile VersionScorer current;

  // Only the thread that looks for versions has these.
  private long refused = -1;
  private long notBefore;
  private long wait;

  LatestScorer(VersionScorer first) {
    current = first;
  }

  @Override
  public Map<String, Object> score(Map<String, ?> record) {
    return current.score(record);
  }

  @Override
  public Manifest manifest() {
    return current.manifest();
  }

  @Override
  public String engine() {
    return current.engine();
  }

  @Override
  public Scorer current() {
    return current;
  }

  long version() {
    return current.manifest().version();
  }

  void take(VersionScorer next) {
    current = next;
    refused = -1;
  }

  boolean mayTry(long version) {
    return version != refused || System.nanoTime() - notBefore >= 0;
  }

  void failed(long version) {
    wait = version == refused ? Math.min(2 * wait, LONGEST_WAIT_NS) : FIRST_WAIT_NS;
    refused = version;
    notBefore = System.nanoTime() + wait;
  }
}
