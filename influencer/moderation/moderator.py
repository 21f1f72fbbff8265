"""The verdict on a viewer's message, by the language of the market. Pure: time is passed in; the memory is bounded."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from influencer.moderation.links import has_link
from influencer.moderation.personal import personal_spans
from influencer.moderation.wordlist import load_words
from influencer.script.guard.folding import fold

Action = Literal["show", "mask", "hold", "drop"]
Reason = Literal["profanity", "sexual", "hate", "personal", "link", "promotion", "spam"]

_ACTIONS: dict[Reason, Action] = {
    "profanity": "mask", "personal": "mask", "sexual": "hold", "link": "hold", "promotion": "hold",
    "hate": "drop", "spam": "drop",
}  # fmt: skip
_ORDER: tuple[Action, ...] = ("show", "mask", "hold", "drop")
_MASK = "•••"
_WINDOW_NS = 30 * 10**9
_REMEMBERED = 512
_LEAST_LETTERS = 20
"""Shorter texts ("how much is it?") are rightly sent by many; a letter of a script without spaces counts double."""
_SAME_WAVE = 6
_SAME_SENDER = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message. `text` is what may be shown, stored, logged and prompted with."""

    action: Action
    text: str
    reasons: tuple[Reason, ...] = ()
    review: str = ""
    """What a person who decides about a held message reads: its words, without personal data."""


def _never(_text: str) -> bool:
    return False


class Moderator:
    """Judges the messages of one room."""

    def __init__(self, language: str) -> None:
        """Moderate a room in `language`; English words are looked for everywhere."""
        self.speak(language)
        self._recent: deque[tuple[int, str | None, str]] = deque(maxlen=_REMEMBERED)

    def speak(self, language: str) -> None:
        """Go on in another language; what was sent lately is remembered."""
        self._languages = tuple(dict.fromkeys((language, "en")))
        self._lists = [load_words(each) for each in self._languages]

    def judge(self, sender: str | None, text: str, now_ns: int, *, asks: Callable[[str], bool] = _never) -> Verdict:
        """The verdict on one message. Never raises.

        Args:
            sender: who wrote; None where senders cannot be told apart (guests), whose repeats are not counted.
            text: what was written.
            now_ns: monotonic time.
            asks: whether a text is a question, asked only of a wave: what many want to know at once is no spam.
        """
        verdict = self.read(text)
        if self._is_spam(sender, text, now_ns, asks=_never if "link" in verdict.reasons else asks):
            return replace(verdict, action="drop", reasons=(*verdict.reasons, "spam"))
        return verdict

    def read(self, text: str) -> Verdict:
        """The verdict on the text alone, whoever sent it and however often."""
        spans: list[tuple[int, int]] = []
        reasons: dict[Reason, None] = {}
        for words in self._lists:
            for reason, start, end in words.find(text):
                reasons[reason] = None
                if reason != "promotion":  # is held, and reads badly with holes in it
                    spans.append((start, end))
        if personal := personal_spans(text, self._languages):
            reasons["personal"] = None
            spans += personal
        masked = _masked(text, spans)
        if has_link(masked, self._languages):  # the domain of a masked address is no link
            reasons["link"] = None
        actions: list[Action] = ["show", *(_ACTIONS[reason] for reason in reasons)]
        action = max(actions, key=_ORDER.index)
        return Verdict(action, masked, tuple(reasons), _masked(text, personal))

    def _is_spam(self, sender: str | None, text: str, now_ns: int, *, asks: Callable[[str], bool]) -> bool:
        key = "".join(char for char in fold(text).text if unicodedata.category(char)[0] in "LM")
        if sum(2 if char >= "\u3040" else 1 for char in key) < _LEAST_LETTERS:
            return False
        while self._recent and now_ns - self._recent[0][0] > _WINDOW_NS:
            self._recent.popleft()
        same = [who for _, who, what in self._recent if what == key]
        self._recent.append((now_ns, sender, key))
        if sender is not None and same.count(sender) + 1 >= _SAME_SENDER:
            return True
        return len(same) + 1 >= _SAME_WAVE and not asks(text)


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    out: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            out += [text[done:start], _MASK]
        done = max(done, end)
    return "".join([*out, text[done:]])
