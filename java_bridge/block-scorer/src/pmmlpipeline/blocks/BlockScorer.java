package pmmlpipeline.blocks;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Scores a block of rows with any Java engine in one crossing from Python.
 *
 * <p>A block is a column-major table of 8-byte cells in memory that Python and Java share:
 *
 * <pre>
 *   in:   field 0: row 0, row 1, ... | field 1: row 0, row 1, ... | ...
 *   out:  result 0: row 0, row 1, ... | ... | status: row 0, row 1, ...
 * </pre>
 *
 * <p>The kind of a field says what its cells are:
 *
 * <pre>
 *   d  a double; NaN is missing
 *   f  the same, handed over as the double whose shortest decimal is that of the float32 value
 *   i  a long; Long.MIN_VALUE is missing
 *   b  a long, 0 or 1; Long.MIN_VALUE is missing
 *   s  a long, the position of a string in the field's levels, or (after them) in the extra
 *      strings of the call; Long.MIN_VALUE is missing
 * </pre>
 *
 * <p>A result is a double (kind d; NaN is none) or the position of a string, as a double (kind s;
 * NaN is none): first in the levels of the result, after them in the messages that the call
 * returns. The status of a row is 0, or 1 + the position of its error text in the messages.
 *
 * <p>It knows no engine: an engine is a method from a map (or an array) to a map (or an array),
 * found by name. Objects of this class are immutable and may be used from many threads.
 */
public final class BlockScorer {

  /** One row through the engine: cells in the order of the fields, results in that of the results. */
  private interface Row {
    Object[] score(Object[] cells) throws Throwable;
  }

  private final char[] fieldKinds;
  private final String[][] fieldLevels;
  private final char[] resultKinds;
  private final List<Map<String, Integer>> resultLevels;
  private final Row row;

  private BlockScorer(
      String fieldKinds, String[][] fieldLevels, String resultKinds, String[][] resultLevels, Row row) {
    this.fieldKinds = fieldKinds.toCharArray();
    this.fieldLevels = fieldLevels;
    this.resultKinds = resultKinds.toCharArray();
    this.resultLevels = new ArrayList<>();
    for (String[] levels : resultLevels) {
      Map<String, Integer> positions = new HashMap<>();
      for (int i = 0; i < levels.length; i++) {
        positions.put(levels[i], i);
      }
      this.resultLevels.add(positions);
    }
    this.row = row;
  }

  /**
   * For an engine whose method takes a map from field name to value and returns a map from result
   * name to value. The decoder is a static method from that map to one of plain Java values.
   */
  public static BlockScorer ofMaps(
      Object model, String type, String method, String decoderType, String decoder,
      String[] fields, String fieldKinds, String[][] fieldLevels,
      String[] results, String resultKinds, String[][] resultLevels)
      throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    MethodHandle evaluate = lookup
        .findVirtual(Class.forName(type), method, MethodType.methodType(Map.class, Map.class))
        .bindTo(model);
    MethodHandle decode = lookup.findStatic(
        Class.forName(decoderType), decoder, MethodType.methodType(Map.class, Map.class));
    MethodHandle scored = MethodHandles.filterReturnValue(evaluate, decode);
    int capacity = fields.length * 2;
    Row row = cells -> {
      Map<String, Object> arguments = new HashMap<>(capacity);
      for (int i = 0; i < fields.length; i++) {
        arguments.put(fields[i], cells[i]);
      }
      Map<?, ?> values = (Map<?, ?>) scored.invokeExact((Map) arguments);
      Object[] found = new Object[results.length];
      for (int i = 0; i < results.length; i++) {
        found[i] = values.get(results[i]);
      }
      return found;
    };
    return new BlockScorer(fieldKinds, fieldLevels, resultKinds, resultLevels, row);
  }

  /**
   * For an engine whose method takes and returns a row of its own type. Such a row is made from an
   * array of values by a static method of its type, and gives an array of values by another method.
   *
   * @param inputs the field that each element of the engine's row takes; -1 for none
   * @param outputs the element of the engine's answer that each result takes
   */
  public static BlockScorer ofArrays(
      Object model, String type, String method, String rowType, String fromArray, String toArray,
      int[] inputs, int[] outputs,
      String fieldKinds, String[][] fieldLevels, String resultKinds, String[][] resultLevels)
      throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    Class<?> rows = Class.forName(rowType);
    MethodHandle enter =
        lookup.findStatic(rows, fromArray, MethodType.methodType(rows, Object.class));
    MethodHandle predict = lookup
        .findVirtual(Class.forName(type), method, MethodType.methodType(rows, rows))
        .bindTo(model);
    MethodHandle leave = lookup.findVirtual(rows, toArray, MethodType.methodType(Object[].class));
    MethodHandle scored =
        MethodHandles.filterReturnValue(MethodHandles.filterReturnValue(enter, predict), leave);
    Row row = cells -> {
      Object[] arguments = new Object[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        arguments[i] = inputs[i] < 0 ? null : cells[inputs[i]];
      }
      Object[] values = (Object[]) scored.invokeExact((Object) arguments);
      Object[] found = new Object[outputs.length];
      for (int i = 0; i < outputs.length; i++) {
        found[i] = values[outputs[i]];
      }
      return found;
    };
    return new BlockScorer(fieldKinds, fieldLevels, resultKinds, resultLevels, row);
  }

  /**
   * Scores the rows of a block.
   *
   * @param in the cells of the fields
   * @param out room for the results and the status
   * @param rows how many rows the block has
   * @param extras strings that are no declared level of a field
   * @return strings that are no declared level of a result, and error texts; null when none
   */
  public String[] score(ByteBuffer in, ByteBuffer out, int rows, String[] extras) {
    ByteBuffer source = in.duplicate().order(ByteOrder.nativeOrder());
    ByteBuffer target = out.duplicate().order(ByteOrder.nativeOrder());
    List<String> messages = null;
    Object[] cells = new Object[fieldKinds.length];
    int statusAt = resultKinds.length * rows * 8;
    for (int r = 0; r < rows; r++) {
      double status = 0;
      try {
        for (int f = 0; f < cells.length; f++) {
          cells[f] = cell(source, (f * rows + r) * 8, f, extras);
        }
        Object[] results = row.score(cells);
        for (int o = 0; o < results.length; o++) {
          double value;
          if (resultKinds[o] == 'd') {
            value = number(results[o]);
          } else if (results[o] == null) {
            value = Double.NaN;
          } else {
            String text = results[o].toString();
            Map<String, Integer> positions = resultLevels.get(o);
            Integer position = positions.get(text);
            if (position == null) {
              messages = messages == null ? new ArrayList<>() : messages;
              position = positions.size() + messages.size();
              messages.add(text);
            }
            value = position;
          }
          target.putDouble((o * rows + r) * 8, value);
        }
      } catch (VirtualMachineError e) {
        throw e; // no memory or no stack: not a matter of this row
      } catch (Throwable e) {
        messages = messages == null ? new ArrayList<>() : messages;
        messages.add(e.getClass().getSimpleName() + ": " + e.getMessage());
        status = messages.size();
      }
      target.putDouble(statusAt + r * 8, status);
    }
    return messages == null ? null : messages.toArray(new String[0]);
  }

  private Object cell(ByteBuffer source, int at, int field, String[] extras) {
    char kind = fieldKinds[field];
    if (kind == 'd' || kind == 'f') {
      double value = source.getDouble(at);
      if (Double.isNaN(value)) {
        return null;
      }
      return kind == 'd' ? value : Double.parseDouble(Float.toString((float) value));
    }
    long value = source.getLong(at);
    if (value == Long.MIN_VALUE) {
      return null;
    }
    if (kind == 's') {
      String[] levels = fieldLevels[field];
      return value < levels.length ? levels[(int) value] : extras[(int) value - levels.length];
    }
    if (kind == 'b') {
      return value != 0;
    }
    if (value == (int) value) {
      return (int) value;
    }
    return value;
  }

  private static double number(Object value) {
    if (value == null || value.equals(Long.MIN_VALUE)) { // missing, as in a cell
      return Double.NaN;
    }
    if (value instanceof Number) {
      // A float32 result stays the same number when it is widened.
      return ((Number) value).doubleValue();
    }
    if (value instanceof Boolean) {
      return (Boolean) value ? 1 : 0;
    }
    return Double.parseDouble(value.toString());
  }
}
