"""Korean in the symbols of a Japanese voice: Kokoro speaks no Korean, but knows all the sounds it needs.

Aspirated stops are written as Mandarin's (kʰ), plain ones as Japanese k and, between voiced sounds, ɡ.
"""

from __future__ import annotations

from models.speech.espeak import EspeakProcess
from models.speech.g2p.hangul import Syllable, pronounce
from models.speech.g2p.latin import LATIN, LatinReader
from models.speech.g2p.punctuation import around_marks
from models.speech.vocabulary import known

_ONSETS = {
    "ㄱ": "k", "ㄲ": "k", "ㄴ": "n", "ㄷ": "t", "ㄸ": "t", "ㄹ": "ɾ", "ㅁ": "m", "ㅂ": "p", "ㅃ": "p", "ㅅ": "s",
    "ㅆ": "s",
    "ㅇ": "", "ㅈ": "ʨ", "ㅉ": "ʨ", "ㅊ": "ʨʰ", "ㅋ": "kʰ", "ㅌ": "tʰ", "ㅍ": "pʰ", "ㅎ": "h",
}  # fmt: skip
_VOICED = {"ㄱ": "ɡ", "ㄷ": "d", "ㅂ": "b", "ㅈ": "ʥ"}
_VOWELS = {
    "ㅏ": "a", "ㅐ": "ɛ", "ㅑ": "ja", "ㅒ": "jɛ", "ㅓ": "ʌ", "ㅔ": "e", "ㅕ": "jʌ", "ㅖ": "je", "ㅗ": "o", "ㅘ": "wa",
    "ㅙ": "we", "ㅚ": "we", "ㅛ": "jo", "ㅜ": "u", "ㅝ": "wʌ", "ㅞ": "we", "ㅟ": "wi", "ㅠ": "ju", "ㅡ": "ɯ",
    "ㅢ": "ɰi",
    "ㅣ": "i",
}  # fmt: skip
_CODAS = {"": "", "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ŋ"}
_SONORANT = frozenset(("", "ㄴ", "ㄹ", "ㅁ", "ㅇ"))


class KoreanPhonemizer:
    """Hangul by the rules of standard pronunciation, Latin words as English."""

    def __init__(self, process: EspeakProcess) -> None:
        self._latin = LatinReader(process)

    def __call__(self, text: str) -> str:
        """See `Phonemizer`."""
        return known(around_marks(text, self._speak))

    def _speak(self, stretch: str) -> str:
        said: list[str] = []
        rest = 0
        for word in LATIN.finditer(stretch):
            said += [hangul(stretch[rest : word.start()]), self._latin(word[0])]
            rest = word.end()
        return " ".join(part for part in (*said, hangul(stretch[rest:])) if part)


def hangul(text: str) -> str:
    """Kokoro symbols of Hangul words."""
    out = ""
    before = Syllable("", "", "ㄱ")
    for syllable in pronounce(text):
        if syllable.begins_word and out:
            out += " "
        out += _sound(syllable, voiced=not syllable.begins_word and before.coda in _SONORANT)
        before = syllable
    return out


def _sound(syllable: Syllable, *, voiced: bool) -> str:
    vowel = _VOWELS[syllable.vowel]
    onset = _ONSETS[syllable.onset]
    if voiced and syllable.onset in _VOICED:
        onset = _VOICED[syllable.onset]
    if syllable.onset in "ㅅㅆ" and vowel[0] in "ij":
        onset = "ɕ"
    if syllable.vowel == "ㅢ" and onset:
        vowel = "i"
    return onset + vowel + _CODAS[syllable.coda]
