"""Quantities in running text: money, percentages, measures, dates, counts, ratios and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from influencer.script.guard.lexicon import Lexicon, Phrases, load_lexicon
from influencer.script.guard.measures import Measures, load_measures, normalised
from influencer.script.guard.numerals import Number, find_numbers

Kind = Literal["money", "percent", "measure", "date", "count", "ratio", "code"]
Bound = Literal["", "over", "up_to"]

_CODE = re.compile(r"(?<![a-z0-9])(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*(?![a-z0-9])")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|er|ere|eme|e|o|a)")
_NUMERIC_DATE = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}/\d{1,2}|\d{1,2}:\d{2}")
_DAY_TO_MONTH = r"(?:st|nd|rd|th|er|º|o)?(?: (?:of|de|di|d'))? "
_POSTPOSITIONAL = {"ko", "ja", "zh", "hi"}
HUMBLE = "one"
"""The words of a mention such as "one bottle": a fact others may rest on, but no claim that needs one."""
_HUMBLE_ONE = {"piece", "pack", "person", "times", "drop", "star"}
"""What "one" may stand before without being a claim: one bottle, one drop."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A quantity at a span of folded text. `value` is in the base of `unit` (an ISO currency, a unit, or "")."""

    start: int
    end: int
    kind: Kind
    value: Decimal
    unit: str = ""
    bound: Bound = ""
    number: tuple[int, int] = (0, 0)
    """The span of the number alone, without its unit."""
    words: str = ""
    """For a code, the code; for a count, the words after it; for a date, the year if it is said."""


@lru_cache(maxsize=4096)
def find_mentions(text: str, language: str, currency: str) -> tuple[Mention, ...]:
    """All quantities of folded text, left to right. `currency` is what a bare "$" or "cents" means."""
    return tuple(sorted(_Finder(text, language, currency).find(), key=lambda mention: mention.start))


class _Finder:
    def __init__(self, text: str, language: str, currency: str) -> None:
        self.text, self.language, self.currency = text, language, currency
        self.lexicon: Lexicon = load_lexicon(language)
        self.measures: Measures = load_measures(language)

    def find(self) -> Iterator[Mention]:
        taken: list[tuple[int, int]] = []
        ratios = list(self._ratios())
        taken += [(ratio.start, ratio.end) for ratio in ratios]
        yield from ratios
        for found in _NUMERIC_DATE.finditer(self.text):
            if not self._is_number(found.group()):
                taken.append(found.span())
                yield Mention(*found.span(), "code", Decimal(0), words=found.group())
        for code in self._codes():
            taken.append((code.start, code.end))
            yield code
        numbers = [n for n in find_numbers(self.text, self.language) if not _inside(n, taken)]
        yield from self._with_ranges([(n, self._mention(n)) for n in numbers])

    def _is_number(self, written: str) -> bool:
        return any(n.end - n.start == len(written) for n in find_numbers(written, self.language))

    def _ratios(self) -> Iterator[Mention]:
        for ratio, phrases in self.lexicon.ratios.items():
            yield from (Mention(*span, "ratio", Decimal(ratio)) for span in phrases.spans(self.text))

    def _codes(self) -> Iterator[Mention]:
        """Letters and digits in one word that are not a number with its unit: DEW10, B5, USB-C is none, 4K is one."""
        for found in _CODE.finditer(self.text):
            word = found.group()
            number = next(find_numbers(word, self.language), None)
            unit_at = number.end + (word[number.end : number.end + 1] == "-") if number is not None else 0  # 2-year
            glued = number is not None and number.start == 0 and self._unit_end(word, unit_at) == len(word)
            whole = number is not None and (number.start, number.end) == (0, len(word))
            before = self._currency_before_word(word, number)
            if not glued and not whole and not before and not _ORDINAL.fullmatch(word):
                yield Mention(*found.span(), "code", Decimal(0), words=word)

    def _currency_before_word(self, word: str, number: Number | None) -> bool:
        """Rp149 and usd24: a currency's letters, then nothing but a number."""
        if number is None or number.end != len(word):
            return False
        return any(phrases.match(word[: number.start], 0) == number.start for _, phrases in self.measures.money)

    def _unit_end(self, text: str, at: int) -> int | None:
        ends = [phrases.match(text, at) for phrases in (self.measures.percent, *dict(self.measures.units).values(),
                *dict(self.measures.money).values())]  # fmt: skip
        return max((end for end in ends if end is not None), default=None)

    def _mention(self, number: Number) -> Mention | None:
        mention = self._money_before(number) or self._after(number) or self._date(number) or self._count(number)
        if mention is None:
            return None
        return replace(mention, bound=self._bound(mention), number=(number.start, number.end))

    def _money_before(self, number: Number) -> Mention | None:
        for code, phrases in self.measures.money:
            for start, end in phrases.spans(self.text[max(0, number.start - 12) : number.start]):
                begin = max(0, number.start - 12)
                if self.text[begin + end : number.start] in {"", " "} and code != "CENT":
                    glued_to_word = begin + start > 0 and self.text[begin + start - 1].isalpha()
                    if self.text[begin + start].isalpha() and (glued_to_word or end - start > 3):
                        continue
                    return Mention(begin + start, number.end, "money", number.value, self._iso(code, begin + start))
        return None

    def _iso(self, code: str, at: int) -> str:
        """A bare $ is the market's own dollar or peso, a bare ¥ the market's own yen or yuan."""
        symbol = self.text[at : at + 1]
        if symbol == "$" and self.currency in {"USD", "MXN", "BRL"}:
            return self.currency
        return self.currency if symbol in {"¥", "￥"} and self.currency in {"JPY", "CNY"} else code

    def _after(self, number: Number) -> Mention | None:
        for gap in ("", " ", "-"):
            at = number.end + len(gap)
            if self.text[number.end : at] != gap:
                continue
            found = self._percent(number, at) or self._money_after(number, at) or self._unit(number, at)
            if found is not None:
                return found
        return None

    def _percent(self, number: Number, at: int) -> Mention | None:
        if self.text[: number.start].endswith("百分之"):
            return Mention(number.start - 3, number.end, "percent", number.value, "%")
        end = self.measures.percent.match(self.text, at)
        return Mention(number.start, end, "percent", number.value, "%") if end else None

    def _money_after(self, number: Number, at: int) -> Mention | None:
        best: tuple[int, str] = max(
            ((phrases.match(self.text, at) or 0, code) for code, phrases in self.measures.money), default=(0, "")
        )
        end, code = best
        if not end:
            return None
        if code == "CENT":
            return Mention(number.start, end, "money", number.value / 100, self.currency)
        return Mention(number.start, end, "money", number.value, self._iso(code, at))

    def _unit(self, number: Number, at: int) -> Mention | None:
        end, unit = max(((phrases.match(self.text, at) or 0, name) for name, phrases in self.measures.units))
        if not end:
            return None
        value, base = normalised(number.value, unit)
        if number.spelled and number.value == 1 and base in _HUMBLE_ONE:
            return Mention(number.start, end, "measure", value, base, words=HUMBLE)
        return self._special(number, end, base) or Mention(number.start, end, "measure", value, base)

    def _special(self, number: Number, end: int, unit: str) -> Mention | None:
        """Units that are really percentages or ratios: 三割 is 30 %, 九折 is 10 % off, 2배 is a ratio."""
        match unit:
            case "tenth":
                return Mention(number.start, end, "percent", number.value * 10, "%")
            case "zhe":
                tenths = number.value if number.value < 10 else number.value / 10
                return Mention(number.start, end, "percent", 100 - tenths * 10, "%")
            case "ratio":
                return Mention(number.start, end, "ratio", number.value)
        return None

    def _date(self, number: Number) -> Mention | None:
        if number.spelled or not 1 <= number.value <= 31:
            return None
        for name, month in self.measures.months.items():
            after = re.match(rf"{_DAY_TO_MONTH}{re.escape(name)}(?![a-z])", self.text[number.end :])
            before = re.search(rf"(?<![a-z]){re.escape(name)}\.? (?:the )?$", self.text[: number.start])
            if after or before:
                start = before.start() if before else number.start
                return self._with_year(start, number.end + (after.end() if after else 0), month * 100 + number.value)
        return None

    def _with_year(self, start: int, end: int, day: Decimal) -> Mention:
        year = re.match(r"(?:st|nd|rd|th)?,?(?: de| del)? (\d{4})(?!\d)", self.text[end:])
        return Mention(start, end + (year.end() if year else 0), "date", day, words=year.group(1) if year else "")

    def _count(self, number: Number) -> Mention | None:
        if number.ambiguous or (number.spelled and (number.value == 1 or not self.lexicon.spaced)):
            return None
        following = self.text[number.end :].lstrip(" -")
        words = " ".join(following.split(" ")[:2]) if self.lexicon.spaced else following[:2]
        return Mention(number.start, number.end, "count", number.value, words=words)

    def _bound(self, mention: Mention) -> Bound:
        before = self.text[max(0, mention.start - 16) : mention.start]
        after = self.text[mention.end : mention.end + 12]
        bounds: tuple[tuple[Bound, Phrases], ...] = (("over", self.lexicon.over), ("up_to", self.lexicon.up_to))
        for bound, phrases in bounds:
            if _ends_with(phrases, before) or (self._bounds_follow(after) and _starts_with(phrases, after)):
                return bound
        return ""

    def _bounds_follow(self, after: str) -> bool:
        """Whether a bound may come behind the number: 24시간 이상, 24 घंटे से ज़्यादा, "24+", "24 or more"."""
        return self.language in _POSTPOSITIONAL or after.lstrip().startswith(("+", "or ", "o ", "ou ", "atau "))

    def _with_ranges(self, found: list[tuple[Number, Mention | None]]) -> Iterator[Mention]:
        """ "2 or 3 drops": the first number has the unit of the second."""
        done = 0  # what a mention has swallowed is not read again: the year of a date, the "cento" of "per cento"
        for index, (number, mention) in enumerate(found):
            follower = found[index + 1] if index + 1 < len(found) else None
            if (mention is None or mention.kind == "count") and follower is not None and follower[1] is not None:
                between = self.text[number.end : follower[0].start].strip()
                kind = follower[1].kind
                if between in {"-", *self.lexicon.data.ranges} and kind in {"measure", "percent", "money"}:
                    yield self._ranged(number, follower)
                    continue
            if mention is not None and mention.end > mention.start and number.start >= done:
                done = mention.end
                yield mention

    @staticmethod
    def _ranged(number: Number, follower: tuple[Number, Mention | None]) -> Mention:
        second = follower[1]
        assert second is not None
        factor = second.value / follower[0].value if follower[0].value else Decimal(1)
        return replace(second, start=number.start, end=number.end, value=number.value * factor)


def _inside(number: Number, spans: list[tuple[int, int]]) -> bool:
    return any(start <= number.start < end for start, end in spans)


def _ends_with(phrases: Phrases, text: str) -> bool:
    """Whether a text ends with a phrase; not the "to" of a range, which stands behind a number itself."""
    return any(text[end:].strip() in {"", "$"} and not text[:start].rstrip()[-1:].isdigit()
               for start, end in phrases.spans(text))  # fmt: skip


def _starts_with(phrases: Phrases, text: str) -> bool:
    return any(text[:start].strip() == "" for start, _ in phrases.spans(text))
