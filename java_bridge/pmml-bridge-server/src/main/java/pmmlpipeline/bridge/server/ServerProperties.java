package pmmlpipeline.bridge.server;

/**
 * What the JDK's server is told by system properties, which it reads once. One that is set already
 * stays.
 */
final class ServerProperties {

  private ServerProperties() {}

  static void set() {
    // It writes head and body apart, and without this the second waits 40 ms for the client.
    set("sun.net.httpserver.nodelay", "true");
    // A request that comes in drop by drop is ended, in seconds.
    set("sun.net.httpserver.maxReqTime", "60");
    set("sun.net.httpserver.maxRspTime", "60");
    set("sun.net.httpserver.idleInterval", "60");
    set("sun.net.httpserver.maxIdleConnections", "1000");
  }

  private static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
