package pmmlpipeline.bridge;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import pmmlpipeline.bridge.errors.ChecksumException;
import pmmlpipeline.bridge.store.Artifact;

/** The check of an artifact's files, done beside something else. */
final class Verification {

  private final CompletableFuture<Void> done;

  private Verification(CompletableFuture<Void> done) {
    this.done = done;
  }

  static Verification of(Artifact artifact) {
    return new Verification(CompletableFuture.runAsync(artifact::verify));
  }

  /**
   * Waits until it is done.
   *
   * @throws ChecksumException a file is missing, or is not the one that was published
   */
  void check() {
    try {
      done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ChecksumException refused) {
        throw refused;
      }
      throw e;
    }
  }
}
