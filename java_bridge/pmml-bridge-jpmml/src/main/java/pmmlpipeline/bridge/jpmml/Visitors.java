package pmmlpipeline.bridge.jpmml;

import java.util.Map;
import java.util.Set;
import org.dmg.pmml.Visitor;
import org.dmg.pmml.VisitorAction;
import org.dmg.pmml.tree.Node;
import org.jpmml.evaluator.visitors.MapHolderParser;
import org.jpmml.evaluator.visitors.ModelEvaluatorVisitorBattery;
import org.jpmml.model.visitors.DoubleInterner;
import org.jpmml.model.visitors.FloatInterner;
import org.jpmml.model.visitors.IntegerInterner;
import org.jpmml.model.visitors.MiningFieldInterner;
import org.jpmml.model.visitors.PredicateInterner;
import org.jpmml.model.visitors.RowCleaner;
import org.jpmml.model.visitors.VisitorBattery;

/**
 * What JPMML-Evaluator does to a document that it has read, with less walking: each of its passes
 * goes through all nodes of all trees, which are nearly all of a large document.
 */
final class Visitors {

  /**
   * They look for equal numbers and predicates to keep one object of each, which in a forest saves
   * no memory to speak of.
   */
  private static final Set<Class<? extends Visitor>> LEFT_OUT =
      Set.of(
          IntegerInterner.class,
          FloatInterner.class,
          DoubleInterner.class,
          PredicateInterner.class);

  /** They change nothing in a node of a tree. */
  private static final Map<Class<? extends Visitor>, Class<? extends Visitor>> PASS_NODES_OVER =
      Map.of(
          MiningFieldInterner.class, MiningFields.class,
          MapHolderParser.class, Maps.class,
          RowCleaner.class, Rows.class);

  private Visitors() {}

  static VisitorBattery battery() {
    VisitorBattery visitors = new ModelEvaluatorVisitorBattery(false);
    visitors.removeIf(LEFT_OUT::contains);
    visitors.replaceAll(visitor -> PASS_NODES_OVER.getOrDefault(visitor, visitor));
    return visitors;
  }

  /** Keeps one object of equal mining fields. */
  public static final class MiningFields extends MiningFieldInterner {
    @Override
    public VisitorAction visit(Node node) {
      return VisitorAction.SKIP;
    }
  }

  /** Reads the values of maps. */
  public static final class Maps extends MapHolderParser {
    @Override
    public VisitorAction visit(Node node) {
      return VisitorAction.SKIP;
    }
  }

  /** Cleans the rows of inline tables. */
  public static final class Rows extends RowCleaner {
    @Override
    public VisitorAction visit(Node node) {
      return VisitorAction.SKIP;
    }
  }
}
