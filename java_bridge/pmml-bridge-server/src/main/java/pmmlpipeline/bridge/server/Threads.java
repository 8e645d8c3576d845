package pmmlpipeline.bridge.server;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that answer requests. */
final class Threads {

  private static final int MOST = 2000; // each may wait for a slow client
  private static final long IDLE_SECONDS = 60;

  private Threads() {}

  /** A virtual thread for every request where the JDK has them (21 and newer), else a pool. */
  static ExecutorService perRequest() {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      return new ThreadPoolExecutor(
          0, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>());
    }
  }
}
