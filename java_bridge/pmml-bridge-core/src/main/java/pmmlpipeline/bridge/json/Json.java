package pmmlpipeline.bridge.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * JSON as plain values: maps in the order of the text, lists, strings, Long, BigInteger, Double,
 * Boolean and null. A key that occurs twice in an object is refused, since readers differ on which
 * of the two counts.
 */
public final class Json {

  private static final int DEEPEST = 32;

  private static final Pattern SOURCE = Pattern.compile("\\[Source: [^;]*; ([^\\]]*)\\]");

  private static final JsonFactory STRICT = factory(false);
  private static final JsonFactory WITH_NAN = factory(true);

  private Json() {}

  private static JsonFactory factory(boolean notANumber) {
    return JsonFactory.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS, notANumber)
        .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(DEEPEST)
                .maxStringLength(Integer.MAX_VALUE)
                .build())
        .build();
  }

  /**
   * One JSON text.
   *
   * @throws IOException it is not JSON, or is nested more deeply than 32
   */
  public static Object parse(byte[] text) throws IOException {
    return parse(STRICT, text);
  }

  /**
   * The same where NaN, Infinity and -Infinity may stand for numbers.
   *
   * @throws IOException it is not JSON, or is nested more deeply than 32
   */
  public static Object parseWithNaN(byte[] text) throws IOException {
    return parse(WITH_NAN, text);
  }

  private static Object parse(JsonFactory factory, byte[] text) throws IOException {
    try (JsonParser parser = factory.createParser(text)) {
      if (parser.nextToken() == null) {
        throw new JsonParseException(parser, "there is no value");
      }
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "there is more than one value");
      }
      return value;
    } catch (JsonProcessingException e) {
      // Without the reader's own words about where the text came from.
      JsonLocation place = e.getLocation();
      String where =
          place == null
              ? ""
              : " at line " + place.getLineNr() + ", column " + place.getColumnNr();
      String message = SOURCE.matcher(e.getOriginalMessage()).replaceAll("$1");
      throw new IOException(message + where, e);
    }
  }

  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    switch (token) {
      case START_OBJECT:
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, value(parser));
        }
        return members;
      case START_ARRAY:
        List<Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        return elements;
      case VALUE_STRING:
        return parser.getText();
      case VALUE_NUMBER_INT:
        Number whole = parser.getNumberValue();
        return whole instanceof BigInteger ? whole : (Object) whole.longValue();
      case VALUE_NUMBER_FLOAT:
        return parser.getDoubleValue();
      case VALUE_TRUE:
        return true;
      case VALUE_FALSE:
        return false;
      case VALUE_NULL:
        return null;
      default:
        throw new JsonParseException(parser, "there is no value at " + token);
    }
  }

  /**
   * Values as {@link #parse} gives them, as text. NaN and the infinities are written bare, as
   * TensorFlow Serving does; every finite double comes back as the same one.
   *
   * @throws IllegalArgumentException a value is of another kind
   */
  public static String write(Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = STRICT.createGenerator(text)) {
      write(generator, value);
    } catch (IOException e) {
      throw new IllegalStateException(e); // a text in memory
    }
    return text.toString();
  }

  private static void write(JsonGenerator generator, Object value) throws IOException {
    if (value == null) {
      generator.writeNull();
    } else if (value instanceof CharSequence) {
      generator.writeString(value.toString());
    } else if (value instanceof Boolean truth) {
      generator.writeBoolean(truth);
    } else if (value instanceof Double || value instanceof Float) {
      generator.writeNumber(((Number) value).doubleValue());
    } else if (value instanceof BigInteger whole) {
      generator.writeNumber(whole);
    } else if (value instanceof BigDecimal number) {
      generator.writeNumber(number);
    } else if (value instanceof Number whole) {
      generator.writeNumber(whole.longValue());
    } else if (value instanceof Map<?, ?> members) {
      generator.writeStartObject();
      for (Map.Entry<?, ?> member : members.entrySet()) {
        generator.writeFieldName(String.valueOf(member.getKey()));
        write(generator, member.getValue());
      }
      generator.writeEndObject();
    } else if (value instanceof Iterable<?> elements) {
      generator.writeStartArray();
      for (Object element : elements) {
        write(generator, element);
      }
      generator.writeEndArray();
    } else {
      throw new IllegalArgumentException(value.getClass() + " is no JSON value");
    }
  }
}
