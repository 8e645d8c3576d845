package pmmlpipeline.example;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import pmmlpipeline.bridge.ModelStore;
import pmmlpipeline.bridge.Scorer;
import pmmlpipeline.bridge.errors.BridgeException;
import pmmlpipeline.bridge.errors.DataErrorException;
import pmmlpipeline.bridge.errors.ModelNameException;
import pmmlpipeline.bridge.errors.NotAVersionException;

/** Answers {@code POST /score/credit} with a record by its score. */
@RestController
class ScoringController {

  private final ModelStore store;

  ScoringController(ModelStore store) {
    this.store = store;
  }

  /** What is answered: which version scored, and the score. */
  record Answer(String model, long version, Map<String, Object> score) {}

  @PostMapping("/score/{model}")
  Answer score(@PathVariable String model, @RequestBody Map<String, Object> record) {
    Scorer scorer = store.latest(model).current(); // one version for the score and its number
    return new Answer(model, scorer.manifest().version(), scorer.score(record));
  }

  @ExceptionHandler
  ProblemDetail faulty(DataErrorException error) {
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, error.getMessage());
    List<Map<String, Object>> fields =
        error.fields().stream()
            .map(
                field -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("field", field.field());
                  entry.put("code", field.code().text());
                  entry.put("expected", field.expected());
                  return entry;
                })
            .toList();
    problem.setProperty("fields", fields);
    return problem;
  }

  @ExceptionHandler({NotAVersionException.class, ModelNameException.class})
  ProblemDetail unknown(BridgeException error) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, error.getMessage());
  }
}
