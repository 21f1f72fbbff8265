"""Japanese: Open JTalk reads the kanji and merges the particles, `kana` writes the symbols."""

from __future__ import annotations

import re
import threading
from typing import Any

import pyopenjtalk

from models.speech.espeak import EspeakProcess
from models.speech.g2p.kana import symbols
from models.speech.g2p.latin import LATIN, LatinReader
from models.speech.g2p.punctuation import around_marks
from models.speech.vocabulary import known

_PLACEHOLDER = re.compile(r"([A-Za-z][A-Za-z'.-]*)")


class JapanesePhonemizer:
    """Kanji and kana by dictionary, Latin words as English."""

    def __init__(self, process: EspeakProcess) -> None:
        self._latin = LatinReader(process)
        self._lock = threading.Lock()

    def __call__(self, text: str) -> str:
        """See `Phonemizer`."""
        return known(around_marks(text, self._speak))

    def _speak(self, stretch: str) -> str:
        parts = (part.strip() for part in _PLACEHOLDER.split(stretch))
        return " ".join(self._latin(part) if LATIN.fullmatch(part) else self._kana(part) for part in parts if part)

    def _kana(self, text: str) -> str:
        with self._lock:  # the analyser keeps state between its steps
            nodes: list[dict[str, Any]] = pyopenjtalk.run_frontend(text, use_sudachi_kanji_yomi=False)
        said = ""
        for node in nodes:
            reading = node["pron"].replace("’", "")
            if node["pos"] != "記号":
                said += reading if _sticks(said, reading) else f" {reading}"
        return " ".join(symbols(word) for word in said.split())


def _sticks(said: str, reading: str) -> bool:
    """A doubled consonant or a lengthened vowel belongs to the word before."""
    return said.endswith("ッ") or reading.startswith("ー")
