"""Numbers in running text: digits with any locale's separators, scale words, and numbers spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from num2words import num2words

from influencer.script.guard.folding import fold
from influencer.script.guard.lexicon import Lexicon, load_lexicon

_DIGITS = re.compile(r"\d+(?:[.,'٬٫](?=\d)\d+)*")
_SPACED_GROUPS = re.compile(r"\d{1,3}(?: \d{3})+(?!\d)")
_HAN = {
    "〇": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "两": 2,
    "兩": 2,
}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "億": 10**8, "亿": 10**8}
_SINO = {"영": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
_SINO_SCALES = {"십": 10, "백": 100, "천": 1000, "만": 10_000, "억": 10**8}
_DECIMAL_COMMA = {"pt", "fr", "it", "id"}
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Number:
    """A number at a span of folded text. `spelled`: written in words, so it may also be an idiom or another word."""

    start: int
    end: int
    value: Decimal
    spelled: bool = False
    ambiguous: bool = False
    """A number only when a unit follows."""


def find_numbers(text: str, language: str) -> Iterator[Number]:
    """All numbers of folded text, left to right, scale words ("2만 9천", "1.5 lakh", "149 ribu") taken in."""
    atoms = sorted(_atoms(text, language), key=lambda atom: (atom.start, -atom.end))
    run: list[_Atom] = []
    for atom in atoms:
        if run and atom.start < run[-1].end:
            continue  # inside a longer one
        if run and not _joins(text, run, atom):
            yield from _number(run)
            run = []
        run.append(atom)
    yield from _number(run)


@dataclass(frozen=True, slots=True)
class _Atom:
    start: int
    end: int
    value: Decimal
    scale: bool
    spelled: bool
    ambiguous: bool


def _joins(text: str, run: list[_Atom], atom: _Atom) -> bool:
    """Whether an atom goes on with the number of the run: "2만 9천" and "twenty five" do, "2 3" does not."""
    between = text[run[-1].end : atom.start]
    if between not in {"", " ", "-"} and not (between in {" and ", " y ", " e "} and run[-1].scale):
        return False
    if atom.scale:
        return between != "-" or atom.spelled
    if run[-1].scale:
        return atom.value < run[-1].value
    tens = run[-1].spelled and atom.spelled and run[-1].value % 10 == 0 and run[-1].value > 0
    return tens and 0 < atom.value < 10 and run[-1].value < 100


def _number(run: list[_Atom]) -> Iterator[Number]:
    if not run or (len(run) == 1 and run[0].scale and not run[0].spelled):
        return
    parts: list[Decimal] = []
    for atom in run:
        if not atom.scale:
            parts.append(atom.value)
            continue
        scaled = Decimal(0)
        while parts and parts[-1] < atom.value:
            scaled += parts.pop()
        parts.append((scaled or Decimal(1)) * atom.value)
    spelled = all(atom.spelled for atom in run)
    ambiguous = spelled and (len(run) == 1 and run[0].ambiguous)
    yield Number(run[0].start, run[-1].end, sum(parts, Decimal(0)), spelled, ambiguous)


def _atoms(text: str, language: str) -> Iterator[_Atom]:
    lexicon = load_lexicon(language)
    yield from _digit_atoms(text, language)
    yield from _scale_atoms(text, lexicon)
    yield from _word_atoms(text, language)
    if language in {"ja", "zh"}:
        yield from _single_characters(text, _HAN, _HAN_SCALES)
    if language == "ko":
        yield from _sino_korean(text)
    if language == "it":
        yield from _glued_italian(text)


def _digit_atoms(text: str, language: str) -> Iterator[_Atom]:
    grouped = [found.span() for found in _SPACED_GROUPS.finditer(text)] if language == "fr" else []
    for start, end in grouped:
        tail = re.match(r",\d{1,2}(?!\d)", text[end:])
        whole = Decimal(text[start:end].replace(" ", ""))
        stop = end + (tail.end() if tail else 0)
        yield _Atom(start, stop, whole + (Decimal("0." + tail.group()[1:]) if tail else 0), False, False, False)
    for found in _DIGITS.finditer(text):
        if not any(start <= found.start() < end for start, end in grouped):
            yield _Atom(*found.span(), _digits(found.group(), language), False, False, False)


def _digits(written: str, language: str) -> Decimal:
    """The value of digits with separators: 29,000 29.000 99,90 1,29,900 2.980,50."""
    separators = [char for char in written if not char.isdigit()]
    if not separators:
        return Decimal(written)
    last = separators[-1]
    head, _, tail = written.rpartition(last)
    decimal = "," if language in _DECIMAL_COMMA else "."
    single = len(set(separators)) == 1
    is_group = single and len(tail) == _GROUP and (len(separators) > 1 or last != decimal)
    plain_head = re.sub(r"\D", "", head)
    if is_group or (single and len(separators) > 1):
        return Decimal(plain_head + tail)
    return Decimal(f"{plain_head}.{tail}")


def _scale_atoms(text: str, lexicon: Lexicon) -> Iterator[_Atom]:
    for word, value in lexicon.data.scales.items():
        if len(fold(word).text) == 1 and not lexicon.spaced:
            continue  # the single characters are found on their own
        pattern = _scale_pattern(word, spaced=lexicon.spaced)
        for found in pattern.finditer(text):
            after_digit = found.start() > 0 and text[found.start() - 1].isdigit()
            yield _Atom(*found.span(), value, True, not after_digit, False)


@lru_cache(maxsize=512)
def _scale_pattern(word: str, *, spaced: bool) -> re.Pattern[str]:
    plain = re.escape(fold(word).text)
    short = len(plain) <= 2 and plain.isascii()  # k, rb, jt: only right after digits
    before = r"(?<=\d)" if short and spaced else r"(?<![^\W\d_])" if spaced else ""
    after = r"(?![^\W_])(?![\u0900-\u0963\u0971-\u097f])" if spaced else ""
    return re.compile(before + plain + after)


def _word_atoms(text: str, language: str) -> Iterator[_Atom]:
    pattern, values, ambiguous = _spelled(language)
    for found in pattern.finditer(text):
        word = found.group().replace("-", " ")
        yield _Atom(*found.span(), values[word], False, True, word in ambiguous)


@lru_cache(maxsize=16)
def _spelled(language: str) -> tuple[re.Pattern[str], dict[str, Decimal], frozenset[str]]:
    lexicon = load_lexicon(language)
    values = {word: Decimal(number) for number in range(2, 100) for word in _names(number, language)}
    values |= {fold(word).text.strip().replace("-", " "): value for word, value in lexicon.data.numbers.items()}
    bodies = (re.escape(word).replace(r"\ ", "[ -]") for word in sorted(values, key=len, reverse=True))
    joined = "|".join(bodies) or r"(?!)"
    if lexicon.spaced:
        joined = rf"(?<![^\W_])(?<![\u0900-\u0963\u0971-\u097f])(?:{joined})(?![^\W_])(?![\u0900-\u0963\u0971-\u097f])"
    elif language == "ko":
        joined = rf"(?<![가-힣])(?:{joined})"
    return re.compile(joined), values, frozenset(fold(word).text for word in lexicon.data.ambiguous)


def _names(number: int, language: str) -> Iterable[str]:
    """How num2words spells a number; not for the languages whose numerals are read character by character."""
    if language in {"ja", "zh", "ko", "hi"}:
        return []
    name = num2words(number, lang="pt_BR" if language == "pt" else language)
    plain = fold(name).text.strip().replace("-", " ")
    return {plain, plain.replace(" and ", " ")}


def _single_characters(text: str, units: dict[str, int], scales: dict[str, int]) -> Iterator[_Atom]:
    for index, char in enumerate(text):
        if char in units:
            yield _Atom(index, index + 1, Decimal(units[char]), False, True, True)
        elif char in scales:
            after_digit = index > 0 and text[index - 1].isdigit()
            yield _Atom(index, index + 1, Decimal(scales[char]), True, not after_digit, True)


def _glued_italian(text: str) -> Iterator[_Atom]:
    """Italian writes a number as one word: duemilanovecento."""
    pattern, part, values = _italian_parts()
    for found in pattern.finditer(text):
        for piece in part.finditer(found.group()):
            value = values[piece.group()]
            span = (found.start() + piece.start(), found.start() + piece.end())
            yield _Atom(*span, value, value in _ITALIAN_SCALES, True, False)


_ITALIAN_SCALES = (Decimal(100), Decimal(1000))


@lru_cache(maxsize=1)
def _italian_parts() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, Decimal]]:
    values = {word: Decimal(number) for number in range(2, 100) for word in _names(number, "it")}
    values |= {"cento": Decimal(100), "mille": Decimal(1000), "mila": Decimal(1000)}
    either = "|".join(["cent(?=ott[ao])", *sorted(values, key=len, reverse=True)])  # cento + ottanta is centottanta
    values["cent"] = Decimal(100)
    return re.compile(rf"(?<![^\W_])(?:{either}){{2,}}(?![^\W_])"), re.compile(either), values


_SINO_RUN = re.compile(r"(?<![가-힣\d])[일이삼사오육칠팔구십백천만억]+|(?<=\d)[십백천만억]+(?=[ 가-힣\d]|$)")
_SINO_UNIT = re.compile(r" ?(?:원|퍼센트|프로|개월|분|년|시간|일간|주|개|명|번|회|배|도|와트|그램|밀리|센티|미터|%)")
_SINO_ALONE = re.compile(r" ?(?:퍼센트|프로|개월|%)")


def _sino_korean(text: str) -> Iterator[_Atom]:
    """Sino-Korean numbers where they can be told from words: before a unit, or as scales after digits (2만 9천)."""
    for found in _SINO_RUN.finditer(text):
        after_digit = found.start() > 0 and text[found.start() - 1].isdigit()
        single = len(found.group()) == 1 and found.group() in _SINO
        unit = (_SINO_ALONE if single else _SINO_UNIT).match(text, found.end())
        follows = re.match(r" ?[일이삼사오육칠팔구십백천만억\d]", text[found.end() :]) is not None
        if not after_digit and unit is None and not (follows and len(found.group()) > 1):
            continue
        yield from (
            _Atom(atom.start + found.start(), atom.end + found.start(), atom.value, atom.scale, not after_digit, False)
            for atom in _single_characters(found.group(), _SINO, _SINO_SCALES)
        )
