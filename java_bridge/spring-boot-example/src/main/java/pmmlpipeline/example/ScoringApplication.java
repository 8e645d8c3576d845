package pmmlpipeline.example;

import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import pmmlpipeline.bridge.ModelStore;

/** A service that scores the models of a store. */
@SpringBootApplication
public class ScoringApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(ScoringApplication.class, arguments);
  }

  /** The store, which Spring closes at the end. */
  @Bean
  ModelStore store(@Value("${scoring.artifacts}") String artifacts) {
    // With everything, so that no request waits until its model is loaded. A String, since Spring
    // looks for a Path in the web root.
    return ModelStore.open(Path.of(artifacts), ModelStore.Options.defaults().withEverything());
  }
}
