"""Graphemes to phonemes: one phonemizer a language, all writing the symbols Kokoro was trained on."""

from __future__ import annotations

from models.speech.g2p.base import Phonemizer
from models.speech.g2p.table import phonemizer_for, supported_languages

__all__ = ["Phonemizer", "phonemizer_for", "supported_languages"]
