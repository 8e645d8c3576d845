package pmmlpipeline.bridge.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Values on the way to a field's type; a test of the whole project compares them with Python's. */
class ConversionsTest {

  @Test
  void aMomentHasTheDigitsOfIsoWhateverTheLocale() throws RefusedException {
    Locale usual = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertEquals("2012-02-13T08:18:05.250000", Conversions.dateTime("2012-02-13 08:18:05.25"));
      assertEquals("08:18:05", Conversions.time("08:18:05"));
    } finally {
      Locale.setDefault(usual);
    }
  }

  @Test
  void aTruthValueIsSpelledInAscii() throws RefusedException {
    assertEquals(false, Conversions.truth("FALSE"));
    assertThrows(RefusedException.class, () -> Conversions.truth("fal\u017fe"));
    assertThrows(RefusedException.class, () -> Conversions.number("fal\u017fe"));
  }
}
