package pmmlpipeline.bridge;

import java.util.HashMap;
import java.util.Map;

/** How the values of PMML's data types travel: numbers as numbers, all that has a text as text. */
public enum DataType {
  DOUBLE("double", Kind.DOUBLE),
  FLOAT("float", Kind.DOUBLE),
  INTEGER("integer", Kind.INTEGER),
  BOOLEAN("boolean", Kind.BOOLEAN),
  STRING("string", Kind.TEXT),
  DATE("date", Kind.TEXT),
  TIME("time", Kind.TEXT),
  DATE_TIME("dateTime", Kind.TEXT),
  TIME_SECONDS("timeSeconds", Kind.TEXT),
  DAYS_SINCE_0("dateDaysSince[0]", Kind.TEXT),
  DAYS_SINCE_1960("dateDaysSince[1960]", Kind.TEXT),
  DAYS_SINCE_1970("dateDaysSince[1970]", Kind.TEXT),
  DAYS_SINCE_1980("dateDaysSince[1980]", Kind.TEXT),
  SECONDS_SINCE_0("dateTimeSecondsSince[0]", Kind.TEXT),
  SECONDS_SINCE_1960("dateTimeSecondsSince[1960]", Kind.TEXT),
  SECONDS_SINCE_1970("dateTimeSecondsSince[1970]", Kind.TEXT),
  SECONDS_SINCE_1980("dateTimeSecondsSince[1980]", Kind.TEXT);

  /** What a value is in Java: a Double, a Long, a Boolean or a String. */
  public enum Kind {
    DOUBLE,
    INTEGER,
    BOOLEAN,
    TEXT
  }

  private static final Map<String, DataType> BY_NAME = new HashMap<>();

  static {
    for (DataType type : values()) {
      BY_NAME.put(type.pmml, type);
    }
  }

  private final String pmml;
  private final Kind kind;

  DataType(String pmml, Kind kind) {
    this.pmml = pmml;
    this.kind = kind;
  }

  /** The type of that name, as {@code dateDaysSince[1970]}; null where there is none. */
  public static DataType named(String pmml) {
    return BY_NAME.get(pmml);
  }

  /** PMML's name. */
  public String pmml() {
    return pmml;
  }

  public Kind kind() {
    return kind;
  }
}
