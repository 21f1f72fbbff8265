"""Hindi: lakh and crore, rupees and paise; each number below a hundred has a word of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.speller import Pass, Speller, words

_ONES = words(
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस "
    "बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस "
    "चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास "
    "पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर "
    "सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी "
    "नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
)
_SCALES = ((10**9, "अरब"), (10**7, "करोड़"), (10**5, "लाख"), (1000, "हज़ार"), (100, "सौ"))
_MONTHS = words("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर")
_ORDINALS = words("_ पहला दूसरा तीसरा चौथा पाँचवाँ छठा सातवाँ आठवाँ नौवाँ दसवाँ")


class Hindi(Speller):
    """Rupees; 1,29,999 is "one lakh twenty-nine thousand …"."""

    decimal_mark = "."
    point = "दशमलव"
    minus = "माइनस"
    plus = "प्लस"
    percent = "प्रतिशत"
    to = "से"
    by = "गुणा"
    out_of = "{best} में से {n}"
    quantity = "{n} नग"
    times = "{n} गुना"
    and_cents = " "
    dollar = "USD"
    currencies = {
        "INR": "रुपया|रुपये|पैसा|पैसे", "USD": "डॉलर|डॉलर|सेंट|सेंट", "EUR": "यूरो|यूरो|सेंट|सेंट",
        "GBP": "पाउंड|पाउंड|पेनी|पेंस",
        "JPY": "येन", "CNY": "युआन", "KRW": "वॉन", "IDR": "रुपिया", "MXN": "मेक्सिकन पेसो|मेक्सिकन पेसो|सेंट|सेंट",
        "BRL": "रियाल|रियाल|सेंट|सेंट",
    }  # fmt: skip
    units = {
        "ml": "मिलीलीटर", "mL": "मिलीलीटर", "l": "लीटर", "L": "लीटर", "mg": "मिलीग्राम", "g": "ग्राम", "gm": "ग्राम",
        "kg": "किलो", "mm": "मिलीमीटर", "cm": "सेंटीमीटर", "m": "मीटर", "km": "किलोमीटर", "W": "वॉट", "kW": "किलोवॉट",
        "Wh": "वॉट आवर", "kWh": "किलोवॉट आवर", "mAh": "मिलीएम्पियर आवर", "V": "वोल्ट", "Hz": "हर्ट्ज़",
        "GHz": "गीगाहर्ट्ज़",
        "MB": "मेगाबाइट", "GB": "गीगाबाइट", "TB": "टेराबाइट", "dB": "डेसिबल", "lm": "लुमेन", "kcal": "किलोकैलोरी",
        "°C": "डिग्री", "°F": "डिग्री फ़ारेनहाइट", "°": "डिग्री", "h": "घंटा|घंटे", "hrs": "घंटे", "min": "मिनट",
        "s": "सेकंड",
        "m²": "वर्ग मीटर", "px": "पिक्सल", "मिली": "मिलीलीटर",
    }  # fmt: skip
    symbols = {"&": "और", "+": "प्लस", "=": "बराबर", "#": "नंबर", "@": "ऐट"}
    scales = {"lakh": "लाख", "लाख": "लाख", "crore": "करोड़", "करोड़": "करोड़", "हज़ार": "हज़ार", "हजार": "हज़ार"}
    letters = words("ए बी सी डी ई एफ़ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी डब्ल्यू एक्स वाई ज़ेड")

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        if number < 100:
            return _ONES[number]
        value, name = next(scale for scale in _SCALES if number >= scale[0])
        high, low = divmod(number, value)
        return self.join(self.cardinal(high), name, self.cardinal(low) if low else "")

    def passes(self) -> Sequence[Pass]:
        """The clock before बजे, and ordinals."""
        return (
            (
                re.compile(r"(?<![\d:])(?:(रात|सुबह|शाम|दोपहर) )?(\d{1,2}):(\d{2})(?: ?बजे)?(?![\d:])"),
                lambda m: self.clock(int(m[2]), int(m[3]), m[1] or ""),
            ),
            (re.compile(r"\b(\d{1,2})(?:ला|रा|था|वां|वाँ)(?!\w)"), lambda m: self._ordinal(int(m[1]))),
            (re.compile(r"(?<!\d)24/7(?!\d)"), lambda _: "चौबीसों घंटे"),
        )

    def _ordinal(self, number: int) -> str:
        return _ORDINALS[number] if 1 <= number <= 10 else f"{self.cardinal(number)}वाँ"

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        said = f"{self.cardinal(day)} {_MONTHS[month - 1]}"
        return f"{said} {self._year(year)}" if year else said

    def _year(self, year: int) -> str:
        return self.cardinal(year)

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`: "रात साढ़े आठ बजे"."""
        return self.clock(hour, minute)

    def clock(self, hour: int, minute: int, part: str = "") -> str:
        """The part of the day is worked out when the text does not give it."""
        if not part:
            part = "सुबह" if 4 <= hour < 12 else "दोपहर" if 12 <= hour < 16 else "शाम" if 16 <= hour < 20 else "रात"
        said = self.cardinal(hour % 12 or 12)
        if minute == 0:
            return f"{part} {said} बजे"
        if minute == 30 and hour % 12 > 2:
            return f"{part} साढ़े {said} बजे"
        return f"{part} {said} बजकर {self.cardinal(minute)} मिनट"
