"""Standard Korean pronunciation: from spelling to what is said, syllable by syllable.

The rules are those of the National Institute of Korean Language's "Standard Pronunciation" (표준 발음법): liaison
(§13-15), final neutralisation (§8-11), aspiration (§12), palatalisation (§17), nasalisation (§18-19), lateralisation
(§20), tensification (§23, §27) and n-insertion in numerals (§29).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_CLUSTERS = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_NEUTRAL = {
    "ㄲ": "ㄱ", "ㅋ": "ㄱ", "ㄳ": "ㄱ", "ㄺ": "ㄱ", "ㅌ": "ㄷ", "ㅅ": "ㄷ", "ㅆ": "ㄷ", "ㅈ": "ㄷ", "ㅊ": "ㄷ",
    "ㅎ": "ㄷ",
    "ㅍ": "ㅂ", "ㅄ": "ㅂ", "ㄿ": "ㅂ", "ㄼ": "ㄹ", "ㄽ": "ㄹ", "ㄾ": "ㄹ", "ㅀ": "ㄹ", "ㄵ": "ㄴ", "ㄶ": "ㄴ",
    "ㄻ": "ㅁ",
}  # fmt: skip
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}

_RESPELLED = (
    (re.compile("([십백천만])육"), r"\1뉵"),
    (re.compile("([십백천만])여섯"), r"\1녀섯"),
    (re.compile("밟(?=[가-힣])"), "밥"),
)
"""N-insertion in numerals and the one irregular stem, which spelling alone does not show."""
_FUTURE = "수거것게걸지줄바"
"""After the adnominal -ㄹ these begin tense: 쓸 수 [쓸 쑤], 드릴게요 [드릴께요]."""


@dataclass(slots=True)
class Syllable:
    """One syllable as it is said: compatibility jamo, "" where there is none."""

    onset: str
    vowel: str
    coda: str
    begins_word: bool = False


def pronounce(text: str) -> list[Syllable]:
    """The syllables of Hangul words parted by spaces, after all sound changes; other characters are dropped."""
    for pattern, said in _RESPELLED:
        text = pattern.sub(said, text)
    syllables = list(_split(text))
    for index, syllable in enumerate(syllables):
        following = syllables[index + 1] if index + 1 < len(syllables) else None
        if following is None:
            syllable.coda = _neutral(syllable.coda)
        else:
            _join(syllable, following)
    return syllables


def _split(text: str) -> list[Syllable]:
    out: list[Syllable] = []
    begins = True
    for char in text:
        code = ord(char) - 0xAC00
        if 0 <= code < 11_172:
            onset, vowel, coda = code // 588, code % 588 // 28, code % 28
            out.append(Syllable(_ONSETS[onset], _VOWELS[vowel], _CODAS[coda], begins))
            begins = False
        elif char.isspace():
            begins = True
    return out


def _neutral(coda: str) -> str:
    return _NEUTRAL.get(coda, coda)


def _join(left: Syllable, right: Syllable) -> None:
    """Apply the first rule that fits the border of two syllables."""
    if left.coda == "ㄹ" and right.onset + right.vowel in _TENSE_AFTER_L:
        right.onset = _TENSE[right.onset]
    if right.begins_word:
        _join_words(left, right)
    elif not left.coda:
        return
    elif right.onset == "ㅇ":
        _liaison(left, right)
    elif "ㅎ" in (right.onset, left.coda[-1:], _CLUSTERS.get(left.coda, "")[-1:]) and _aspirate(left, right):
        return
    else:
        _assimilate(left, right)


_TENSE_AFTER_L = frozenset(("ㄱㅔ",))
"""-ㄹ게 is the only future ending written together that sellers use all the time."""


def _join_words(left: Syllable, right: Syllable) -> None:
    """Across a space only the adnominal -ㄹ changes what follows; the rest is said word by word."""
    adnominal = left.coda == "ㄹ" and right.onset in _TENSE
    left.coda = _neutral(left.coda)
    if adnominal and chr(0xAC00 + _ONSETS.index(right.onset) * 588 + _VOWELS.index(right.vowel) * 28) in _FUTURE:
        right.onset = _TENSE[right.onset]


def _liaison(left: Syllable, right: Syllable) -> None:
    if left.coda == "ㅇ":
        return
    stays, moves = ("", left.coda) if left.coda not in _CLUSTERS else tuple(_CLUSTERS[left.coda])
    if moves == "ㅎ":
        stays, moves = "", stays or "ㅇ"
    if right.vowel == "ㅣ" and moves in "ㄷㅌ":
        moves = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}[moves]
    if stays and moves == "ㅅ":
        moves = "ㅆ"
    left.coda, right.onset = stays, moves


def _aspirate(left: Syllable, right: Syllable) -> bool:
    """ㅎ and a plain stop make an aspirated one; False when the pair does not."""
    if right.onset == "ㅎ":
        stays, last = ("", left.coda) if left.coda not in _CLUSTERS else tuple(_CLUSTERS[left.coda])
        stop = last if last in _ASPIRATED else _neutral(last)
        if stop not in _ASPIRATED:
            return False
        palatal = stop == "ㄷ" and right.vowel in "ㅣㅕ" and last == "ㄷ"
        left.coda, right.onset = stays, "ㅊ" if palatal else _ASPIRATED[stop]
        return True
    rest = _CLUSTERS.get(left.coda, "")[:1]
    if right.onset in _ASPIRATED and right.onset != "ㅂ":
        left.coda, right.onset = rest, _ASPIRATED[right.onset]
    elif right.onset == "ㅅ":
        left.coda, right.onset = rest, "ㅆ"
    elif right.onset == "ㄴ":
        left.coda = rest or "ㄴ"
        if rest == "ㄹ":
            right.onset = "ㄹ"
    else:
        return False
    return True


def _assimilate(left: Syllable, right: Syllable) -> None:
    onset = right.onset
    if left.coda == "ㄺ" and onset == "ㄱ":
        left.coda = "ㄼ"  # verb stems: 읽고 is [일꼬], as 넓고 is [널꼬]
    tense_stem = left.coda in ("ㄼ", "ㄾ", "ㄵ")
    coda = _neutral(left.coda)
    if onset in "ㄴㅁ" and coda in _NASAL:
        coda = _NASAL[coda]
    elif onset == "ㄹ" and coda in "ㄱㄷㅂㅁㅇ":
        coda, onset = _NASAL.get(coda, coda), "ㄴ"
    elif {coda, onset} == {"ㄴ", "ㄹ"}:
        coda = onset = "ㄹ"
    elif (coda in _NASAL or tense_stem) and onset in _TENSE:
        onset = _TENSE[onset]
    left.coda, right.onset = coda, onset
