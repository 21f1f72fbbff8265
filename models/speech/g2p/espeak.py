"""Phonemizers on espeak-ng, with the conventions Kokoro was trained with.

The replacement tables follow misaki 0.9 (hexgrad/misaki, Apache-2.0, `espeak.py`): diphthongs and affricates that
espeak ties become single symbols, and English keeps the training's own spelling of r, the flap and syllabic l.
"""

from __future__ import annotations

import re

from models.speech.espeak import EspeakProcess
from models.speech.g2p.punctuation import around_marks
from models.speech.vocabulary import known

Replacements = tuple[tuple[str, str], ...]

ENGLISH: Replacements = (
    ("ʔˌn\u0329", "tn"), ("ʔn\u0329", "tn"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("e", "A"), ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"),
    ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("\u0303", ""), ("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"),
    ("ː", ""), ("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t"),
)  # fmt: skip
OTHERS: Replacements = (
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^z", "ʣ"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("o^ʊ", "O"), ("ə^ʊ", "Q"), ("s^s", "S"),
    ("t^s", "ʦ"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("d^ʑ", "ʥ"), ("t^ɕ", "ʨ"), ("g", "ɡ"), ("-", ""),
)  # fmt: skip

_LANGUAGE_FLAG = re.compile(r"\([^)]*\)")
"""espeak writes (en) and (fr) where it reads a word by another language's rules."""
_SYLLABIC = re.compile(r"(\S)\u0329")


class EspeakPhonemizer:
    """Phonemizes one language through the espeak-ng process.

    Args:
        process: shared by all languages.
        voice: espeak-ng's voice name, such as "en-us" or "pt-br".
        replacements: espeak's IPA to Kokoro's symbols, applied in order.
    """

    def __init__(self, process: EspeakProcess, voice: str, replacements: Replacements) -> None:
        self._process = process
        self._voice = voice
        self._replacements = replacements

    def __call__(self, text: str) -> str:
        """See `Phonemizer`."""
        return known(around_marks(text, self._speak))

    def _speak(self, words: str) -> str:
        phonemes = _LANGUAGE_FLAG.sub("", self._process.phonemize(self._voice, words))
        for old, new in self._replacements:
            phonemes = phonemes.replace(old, new)
        return _SYLLABIC.sub(r"ᵊ\1", phonemes).replace("^", "")
