"""Latin words and letters inside Korean, Japanese and Chinese text: brand names, acronyms, codes."""

from __future__ import annotations

import re

from models.speech.espeak import EspeakProcess
from models.speech.g2p.espeak import ENGLISH, EspeakPhonemizer
from models.speech.vocabulary import known

LATIN = re.compile(r"[A-Za-z][A-Za-z'.-]*")
_NAMES = "ˈA bˈi sˈi dˈi ˈi ˈɛf ʤˈi ˈAʧ ˈI ʤˈA kˈA ˈɛl ˈɛm ˈɛn ˈO pˈi kjˈu ˈɑɹ ˈɛs tˈi jˈu vˈi dˈʌbᵊlju ˈɛks wˈI zˈi"
_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _NAMES.split(), strict=True))


class LatinReader:
    """Reads Latin script as an English speaker would. Single letters need no helper process."""

    def __init__(self, process: EspeakProcess) -> None:
        self._english = EspeakPhonemizer(process, "en-us", ENGLISH)

    def __call__(self, word: str) -> str:
        """Kokoro symbols of a word; all capitals without a vowel are read letter by letter."""
        letters = [letter for letter in word.upper() if letter in _LETTERS]
        if len(letters) == 1 or (word.isupper() and not set("AEIOUY") & set(letters)):
            return " ".join(_LETTERS[letter] for letter in letters)
        return known(self._english(word))
