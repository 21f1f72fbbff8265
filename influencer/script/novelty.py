"""How much of what is said was said before: meters over the last hours, by lines, runs of words and meaning. Pure.

Platforms ban shows that repeat themselves, and viewers leave them. A new price in an old sentence is not new, so digits
count as one. Words know nothing of meaning: two wordings of one idea pass as new there, and are the same thought to
the meter of meanings.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RUN = 4
"""Words of a run, in languages that put spaces between words."""
RUN_OF_SIGNS = 8
"""Signs of a run in Japanese and Chinese: about as long when spoken."""
SAME_THOUGHT = 0.95
"""From this cosine on two lines say the same in other words. Read off pairs of template lines, English, under
multilingual-e5-small: pairs above tell the same fact or do the same, pairs below share a subject at most."""
UNSPACED = frozenset({"ja", "zh"})
_WORDS = re.compile(r"[^\W_]+", re.UNICODE)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Novelty:
    """What the meter says of one line."""

    repeated: bool
    """The very line was said within the window."""
    overlap: float
    """The share of its runs that were, 0..1."""


class NoveltyMeter:
    """Remembers what was said for `window_s` seconds of show. Memory grows with what is new, not with time."""

    def __init__(self, language: str, window_s: float = 8 * 3600, budget: float = 0.6, lately: int = 50) -> None:
        """Start with nothing said.

        Args:
            language: of the lines, e.g. "ko".
            window_s: how long a line counts as said before.
            budget: the overlap up to which a show is told to be fresh enough.
            lately: how many lines `overlap` is the mean of.
        """
        self._language = language
        self._window_s = window_s
        self._budget = budget
        self._said: dict[str, float] = {}
        self._order: deque[tuple[float, str]] = deque()
        self._lately: deque[float] = deque(maxlen=lately)

    @property
    def overlap(self) -> float:
        """The mean overlap of the last lines, 0 before the first."""
        return sum(self._lately) / len(self._lately) if self._lately else 0.0

    @property
    def within_budget(self) -> bool:
        """Whether the show is fresh enough."""
        return self.overlap <= self._budget

    def add(self, text: str, at_s: float) -> Novelty:
        """A line is said at `at_s` seconds of show; times do not fall."""
        self._forget(at_s - self._window_s)
        words = units(text, self._language)
        whole = "=" + " ".join(words)
        found = runs(words, RUN_OF_SIGNS if self._language in UNSPACED else RUN)
        known = sum(run in self._said for run in found)
        novelty = Novelty(whole in self._said, known / len(found) if found else 0.0)
        for run in (whole, *found):
            self._said[run] = at_s
            self._order.append((at_s, run))
        self._lately.append(novelty.overlap)
        return novelty

    def _forget(self, before_s: float) -> None:
        while self._order and self._order[0][0] < before_s:
            at, run = self._order.popleft()
            if self._said.get(run) == at:
                del self._said[run]


class MeaningMeter:
    """How alike in meaning each line is to the nearest one of the last `window_s` seconds of show.

    Memory: the vectors of the window, about 5 MB for eight hours of multilingual-e5-small.
    """

    def __init__(self, window_s: float = 8 * 3600, lately: int = 50) -> None:
        """Start with nothing said; `lately` is how many lines `told_before` is the mean of."""
        self._window_s = window_s
        self._times: deque[float] = deque()
        self._vectors: NDArray[np.float32] | None = None
        self._lately: deque[bool] = deque(maxlen=lately)

    @property
    def told_before(self) -> float:
        """The share of the last lines whose thought had been told within the window; 0 before the first."""
        return sum(self._lately) / len(self._lately) if self._lately else 0.0

    def add(self, vector: NDArray[np.float32], at_s: float) -> float:
        """A line with this unit vector is said at `at_s` seconds of show; times do not fall.

        Returns:
            The cosine to the nearest earlier line, 0.0 for the first.
        """
        while self._times and self._times[0] < at_s - self._window_s:
            self._times.popleft()
        known = None if self._vectors is None else self._vectors[len(self._vectors) - len(self._times) :]
        nearest = 0.0 if known is None or not len(known) else float((known @ vector).max())
        row = vector.reshape(1, -1)
        self._vectors = row if known is None else np.concatenate([known, row])
        self._times.append(at_s)
        self._lately.append(nearest >= SAME_THOUGHT)
        return nearest


def units(text: str, language: str) -> list[str]:
    """The words of a text, or its signs where words are not spaced: folded, with every number the same."""
    folded = _DIGITS.sub("0", unicodedata.normalize("NFKC", text).casefold())
    words = _WORDS.findall(folded)
    return list("".join(words)) if language in UNSPACED else words


def folded(text: str, language: str) -> str:
    """A text by which two lines are the same line: without case, marks, or which numbers they hold."""
    return " ".join(units(text, language))


def runs(words: list[str], length: int) -> set[str]:
    """All runs of `length` words; a shorter text is one run."""
    if not words:
        return set()
    return {" ".join(words[i : i + length]) for i in range(max(1, len(words) - length + 1))}
