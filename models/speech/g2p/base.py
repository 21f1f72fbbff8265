"""What a phonemizer must do."""

from __future__ import annotations

from typing import Protocol


class Phonemizer(Protocol):
    """Turns normalised text (no digits, no currency) into Kokoro symbols."""

    def __call__(self, text: str) -> str:
        """Symbols of `models.speech.vocabulary`, punctuation kept, words parted by single spaces.

        Raises:
            models.errors.BackendUnavailable: a helper process is missing or does not answer.
        """
        ...
