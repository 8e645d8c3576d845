package pmmlpipeline.bridge.admission;

import static pmmlpipeline.bridge.errors.FieldError.Code.WRONG_TYPE;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * From a present value of any type to one of a field's type, as the Python package does it: text is
 * parsed, true counts as 1, and nothing is rounded or guessed.
 */
final class Conversions {

  /** Makes a present value one of the field's type. */
  @FunctionalInterface
  interface Conversion {
    Object of(Object value) throws RefusedException;
  }

  private static final String ZONE =
      "PMML has no time zones: convert it to the zone of training, and leave the zone out";
  // What Python's float() takes, in ASCII and without its digit separator.
  private static final Pattern NUMBER =
      Pattern.compile(
          "[ \\t-\\r]*([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
              + "|[+-]?(?:inf|infinity|nan))[ \\t-\\r]*",
          Pattern.CASE_INSENSITIVE);
  private static final double EXACT = 9007199254740992.0; // 2 ** 53
  private static final int LONGEST_NUMBER = 4_300; // digits that Python reads
  private static final BigInteger LARGEST = BigInteger.valueOf(Long.MAX_VALUE);

  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm")
          .optionalStart()
          .appendPattern(":ss")
          .optionalStart()
          .appendFraction(ChronoField.NANO_OF_SECOND, 1, 9, true)
          .toFormatter()
          .withResolverStyle(ResolverStyle.STRICT); // 24:00 is no time
  private static final int DATE_LENGTH = 10;
  private static final Pattern ZONED = Pattern.compile("(.*:.*?)(?:Z|[+-][0-9]{2}:?[0-9]{2})");
  private static final DateTimeFormatter DATE_TIME =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .optionalStart()
          .appendLiteral('T')
          .append(TIME)
          .toFormatter()
          .withResolverStyle(ResolverStyle.STRICT);

  private Conversions() {}

  static Double number(Object value) throws RefusedException {
    if (value instanceof Double number) {
      return number; // the same object: most cells are one
    }
    if (value instanceof Float || value instanceof Integer) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof CharSequence text) {
      return parsed(text.toString());
    }
    if (value instanceof Boolean truth) {
      return truth ? 1.0 : 0.0;
    }
    if (value instanceof Long || value instanceof Short || value instanceof Byte) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof BigDecimal || value instanceof BigInteger) {
      double number = ((Number) value).doubleValue();
      if (Double.isInfinite(number)) {
        throw new RefusedException(WRONG_TYPE);
      }
      return number;
    }
    throw new RefusedException(WRONG_TYPE);
  }

  private static double parsed(String text) throws RefusedException {
    Boolean truth = truthOf(text);
    if (truth != null) {
      return truth ? 1.0 : 0.0;
    }
    var found = NUMBER.matcher(text);
    if (!found.matches()) {
      throw new RefusedException(WRONG_TYPE);
    }
    String number = found.group(1);
    char last = number.charAt(number.length() - 1);
    if (last == 'n' || last == 'N') {
      return Double.NaN;
    }
    if (last == 'f' || last == 'F' || last == 'y' || last == 'Y') {
      return number.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    return Double.parseDouble(number);
  }

  static Long whole(Object value) throws RefusedException {
    if (value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte) {
      return within(((Number) value).longValue());
    }
    if (value instanceof Boolean truth) {
      return truth ? 1L : 0L;
    }
    if (value instanceof BigInteger whole) {
      return within(whole);
    }
    double number = number(value);
    if (number != Math.rint(number) || Double.isInfinite(number)) {
      throw new RefusedException(WRONG_TYPE);
    }
    if (Math.abs(number) < EXACT) {
      return (long) number;
    }
    // It has more digits than a double keeps.
    try {
      if (value instanceof CharSequence text) {
        if (text.length() > LONGEST_NUMBER) {
          throw new RefusedException(WRONG_TYPE);
        }
        return within(new BigDecimal(text.toString().strip()).toBigIntegerExact());
      }
      BigDecimal exact = value instanceof BigDecimal given ? given : new BigDecimal(number);
      return within(exact.toBigIntegerExact());
    } catch (ArithmeticException | NumberFormatException e) {
      throw new RefusedException(WRONG_TYPE);
    }
  }

  private static Long within(BigInteger whole) throws RefusedException {
    if (whole.abs().compareTo(LARGEST) > 0) {
      throw new RefusedException(WRONG_TYPE);
    }
    return whole.longValue();
  }

  private static Long within(long whole) throws RefusedException {
    if (whole == Long.MIN_VALUE) {
      throw new RefusedException(WRONG_TYPE);
    }
    return whole;
  }

  /** Not equalsIgnoreCase, to which "falſe" is the same as "false". Null when it is neither. */
  private static Boolean truthOf(String text) {
    String lower = text.length() > 5 ? "" : text.toLowerCase(Locale.ROOT);
    return lower.equals("true") ? Boolean.TRUE : lower.equals("false") ? Boolean.FALSE : null;
  }

  static Boolean truth(Object value) throws RefusedException {
    if (value instanceof Boolean truth) {
      return truth;
    }
    if (value instanceof CharSequence text) {
      Boolean found = truthOf(text.toString());
      if (found != null) {
        return found;
      }
    }
    throw new RefusedException(WRONG_TYPE);
  }

  static String text(Object value) throws RefusedException {
    if (!(value instanceof CharSequence)) {
      throw new RefusedException(WRONG_TYPE);
    }
    String text = value.toString();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        // Half of a pair, which JSON can bring, is no text.
        if (!Character.isHighSurrogate(text.charAt(i))
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(++i))) {
          throw new RefusedException(WRONG_TYPE);
        }
      }
    }
    return text;
  }

  /** Days or seconds since an epoch: a number, handed over as text. */
  static String numberText(Object value) throws RefusedException {
    return whole(value).toString();
  }

  static String time(Object value) throws RefusedException {
    if (value instanceof LocalTime given) {
      return shown(given);
    }
    return shown(parsed(value, text -> LocalTime.parse(text, TIME)));
  }

  static String date(Object value) throws RefusedException {
    LocalDateTime moment = moment(value);
    if (!moment.toLocalTime().equals(LocalTime.MIDNIGHT)) {
      throw new RefusedException(WRONG_TYPE);
    }
    return moment.toLocalDate().toString();
  }

  static String dateTime(Object value) throws RefusedException {
    LocalDateTime moment = moment(value);
    return moment.toLocalDate() + "T" + shown(moment.toLocalTime());
  }

  private static LocalDateTime moment(Object value) throws RefusedException {
    if (value instanceof LocalDateTime given) {
      return given;
    }
    if (value instanceof LocalDate date) {
      return date.atStartOfDay();
    }
    if (value instanceof ZonedDateTime || value instanceof OffsetDateTime) {
      throw new RefusedException(WRONG_TYPE, ZONE);
    }
    return parsed(
        value,
        text ->
            text.length() == DATE_LENGTH
                ? LocalDate.parse(text).atStartOfDay()
                : LocalDateTime.parse(withT(text), DATE_TIME));
  }

  /** A blank may stand for the T. */
  private static String withT(String text) {
    boolean blank = text.length() > DATE_LENGTH && text.charAt(DATE_LENGTH) == ' ';
    return blank ? text.substring(0, DATE_LENGTH) + "T" + text.substring(DATE_LENGTH + 1) : text;
  }

  /** A moment from its text; one that is right but for a time zone is told about it. */
  private static <T> T parsed(Object value, Function<String, T> parse) throws RefusedException {
    String text = text(value);
    try {
      return parse.apply(text);
    } catch (DateTimeException e) {
      var zoned = ZONED.matcher(text);
      if (zoned.matches()) {
        try {
          parse.apply(zoned.group(1));
        } catch (DateTimeException other) {
          throw new RefusedException(WRONG_TYPE);
        }
        throw new RefusedException(WRONG_TYPE, ZONE);
      }
      throw new RefusedException(WRONG_TYPE);
    }
  }

  /** With seconds always and microseconds where there are some, which is all that is kept. */
  private static String shown(LocalTime time) {
    String seconds =
        String.format(Locale.ROOT, "%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond());
    int micros = time.getNano() / 1_000;
    return micros == 0 ? seconds : seconds + String.format(Locale.ROOT, ".%06d", micros);
  }
}
