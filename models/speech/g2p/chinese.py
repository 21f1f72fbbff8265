"""Mandarin: jieba's words, pypinyin's readings, and the IPA that Kokoro v1.0 was trained with.

The table is that of misaki 0.9 (hexgrad/misaki, Apache-2.0, `transcription.py`, after stefantaubert/pinyin-to-ipa,
MIT), which follows San Duanmu, "The Phonology of Standard Chinese", 2007. Arrows are the four tones.
"""

from __future__ import annotations

import logging
import re

import jieba
from pypinyin import Style, lazy_pinyin

from models.speech.espeak import EspeakProcess
from models.speech.g2p.latin import LATIN, LatinReader
from models.speech.g2p.punctuation import around_marks
from models.speech.vocabulary import known

_INITIALS = {
    "b": "p", "c": "ʦʰ", "ch": "ꭧʰ", "d": "t", "f": "f", "g": "k", "h": "x", "j": "ʨ", "k": "kʰ", "l": "l", "m": "m",
    "n": "n", "p": "pʰ", "q": "ʨʰ", "r": "ɻ", "s": "s", "sh": "ʂ", "t": "tʰ", "x": "ɕ", "z": "ʦ", "zh": "ꭧ", "": "",
}  # fmt: skip
_FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n", "iou": "jou0",
    "ing": "i0ŋ", "iong": "jʊ0ŋ", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "uei": "wei0", "ua": "wa0", "uai": "wai0",
    "uan": "wa0n", "uen": "wə0n", "uang": "wa0ŋ", "ueng": "wə0ŋ", "uo": "wo0", "o": "wo0", "v": "y0", "ve": "ɥe0",
    "van": "ɥɛ0n", "vn": "y0n", "er": "ɚ0", "ê": "ɛ0", "io": "jɔ0", "m": "m0", "n": "n0", "ng": "ŋ0",
}  # fmt: skip
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_APICAL = frozenset(("z", "c", "s", "zh", "ch", "sh", "r"))
_HAN = re.compile(r"[\u3400-\u9fff]+")

jieba.setLogLevel(logging.WARNING)


def syllable(initial: str, final: str) -> str:
    """IPA of one pinyin syllable; `final` ends in its tone number, 5 for the neutral tone."""
    tone = _TONES[final[-1]]
    rime = final[:-1]
    if rime == "i" and initial in _APICAL:
        return f"{_INITIALS[initial]}ɨ{tone}"
    return _INITIALS[initial] + _FINALS.get(rime, "").replace("0", tone)


class ChinesePhonemizer:
    """Han characters by dictionary, Latin words as English."""

    def __init__(self, process: EspeakProcess) -> None:
        self._latin = LatinReader(process)

    def __call__(self, text: str) -> str:
        """See `Phonemizer`."""
        return known(around_marks(text, self._speak))

    def _speak(self, stretch: str) -> str:
        stretch = LATIN.sub(lambda word: f" {self._latin(word[0])} ", stretch)
        return _HAN.sub(lambda run: " ".join(self._word(word) for word in jieba.lcut(run[0])), stretch)

    @staticmethod
    def _word(word: str) -> str:
        initials = lazy_pinyin(word, style=Style.INITIALS, strict=True)
        finals = lazy_pinyin(word, style=Style.FINALS_TONE3, strict=True, neutral_tone_with_five=True)
        return "".join(
            syllable(initial if initial in _INITIALS else "", final)
            for initial, final in zip(initials, finals, strict=True)
            if final[-1:] in _TONES
        )
