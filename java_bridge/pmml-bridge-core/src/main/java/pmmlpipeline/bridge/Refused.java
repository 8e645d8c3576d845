package pmmlpipeline.bridge;

/**
 * A version that was refused. It may have been half copied, so it is tried again, ever more seldom.
 *
 * @param error why
 * @param waitNanos how long it is left alone
 * @param notBefore the time by {@link System#nanoTime} from which it is tried again
 */
record Refused(Throwable error, long waitNanos, long notBefore) {

  private static final long FIRST_WAIT = 1_000_000_000L;
  private static final long LONGEST_WAIT = 60_000_000_000L;

  /** Refused now, after having been refused before, or for the first time when that is null. */
  static Refused after(Refused before, Throwable error) {
    long wait = before == null ? FIRST_WAIT : Math.min(2 * before.waitNanos, LONGEST_WAIT);
    return new Refused(error, wait, System.nanoTime() + wait);
  }

  boolean mayTry() {
    return System.nanoTime() - notBefore >= 0;
  }
}
