package pmmlpipeline.bridge;

import java.util.List;
import java.util.Map;

/**
 * What an artifact says of itself, as far as scoring needs it: the content of manifest.json.
 *
 * @param model the name that the document is published under
 * @param version the number that it is published under, from 1
 * @param created when, UTC, ISO 8601
 * @param files every file of the folder but the manifest, by name
 * @param function PMML's functionName, as {@code classification}
 * @param inputs the fields that a record brings, in order
 * @param supplementary fields that a record may bring although the model does not use them
 * @param outputs the fields that a score has, in order
 * @param certificate which engines reproduced the training library
 */
public record Manifest(
    String model,
    long version,
    String created,
    Map<String, FileFact> files,
    String function,
    List<InputField> inputs,
    List<String> supplementary,
    List<OutputField> outputs,
    Certificate certificate) {

  /** Size in bytes and SHA-256, in hexadecimal digits, of a published file. */
  public record FileFact(long size, String sha256) {}
}
