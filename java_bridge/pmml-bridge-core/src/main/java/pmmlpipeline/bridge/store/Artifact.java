package pmmlpipeline.bridge.store;

import static pmmlpipeline.bridge.errors.BridgeException.because;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import pmmlpipeline.bridge.Manifest;
import pmmlpipeline.bridge.errors.ChecksumException;
import pmmlpipeline.bridge.errors.ManifestException;

/**
 * One version in a local folder.
 *
 * @param folder where it is
 * @param manifest what it says of itself
 */
public record Artifact(Path folder, Manifest manifest) {

  private static final String COPY_AGAIN =
      "copy the version folder again from where it was published";

  /**
   * Opens the folder of a version.
   *
   * @throws pmmlpipeline.bridge.errors.NotAVersionException it has no manifest
   * @throws ManifestException its manifest has not the published form
   */
  public static Artifact open(Path folder) {
    return new Artifact(folder, ManifestReader.read(folder));
  }

  /** The document. */
  public Path document() {
    return folder.resolve(Names.DOCUMENT);
  }

  /** The golden rows. */
  public Path golden() {
    return folder.resolve(Names.GOLDEN);
  }

  /**
   * Checks size and SHA-256 of every file that the manifest lists.
   *
   * @throws ChecksumException a file is missing, or is not the one that was published
   */
  public void verify() {
    // Most damage is a file cut short, which is seen without reading any.
    for (Map.Entry<String, Manifest.FileFact> file : manifest.files().entrySet()) {
      Path path = folder.resolve(file.getKey());
      long wanted = file.getValue().size();
      if (!Files.isRegularFile(path)) {
        throw new ChecksumException(path + " is missing", COPY_AGAIN);
      }
      try {
        long size = Files.size(path);
        if (size != wanted) {
          throw new ChecksumException(
              path + " has " + size + " bytes instead of " + wanted, COPY_AGAIN);
        }
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }
    for (Map.Entry<String, Manifest.FileFact> file : manifest.files().entrySet()) {
      Path path = folder.resolve(file.getKey());
      try {
        if (!sha256(path).equals(file.getValue().sha256())) {
          throw new ChecksumException(
              path + " has another SHA-256 than the manifest says", COPY_AGAIN);
        }
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }
  }

  private static ChecksumException unreadable(Path path, IOException e) {
    return because(e, new ChecksumException(path + " cannot be read: " + e, COPY_AGAIN));
  }

  static String sha256(byte[] data) {
    return HexFormat.of().formatHex(digest().digest(data));
  }

  static String sha256(Path path) throws IOException {
    MessageDigest digest = digest();
    try (InputStream file = new DigestInputStream(Files.newInputStream(path), digest)) {
      file.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
