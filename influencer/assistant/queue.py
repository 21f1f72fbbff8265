"""Which answers are spoken, and in which order. Pure: time is passed in, nothing is awaited.

Text replies are immediate and do not pass here. The queue keeps the host from answering the same question over and
over, from answering one talkative viewer only, and from answering what nobody remembers asking.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from typing import Literal

from influencer.assistant.values import Answer

Accepted = Literal["queued", "merged", "repeated", "crowded", "unspoken"]
"""merged: the same answer already waits; repeated: it was spoken a moment ago; crowded: no room for this viewer;
unspoken: there is nothing to speak."""

_Key = tuple[str | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class QueuedAnswer:
    """An answer that waits for its turn. `author` asked first, `authors` are all who asked the same."""

    answer: Answer
    author: str
    asked_ns: int
    authors: frozenset[str]

    @property
    def askers(self) -> int:
        """How many viewers asked."""
        return len(self.authors)


class AnswerQueue:
    """Waiting answers of one show."""

    _REMEMBERED_VIEWERS = 1000

    def __init__(self, *, repeat_s: float = 45.0, fresh_s: float = 60.0, backlog: int = 8, per_viewer: int = 2) -> None:
        """Set the manners.

        Args:
            repeat_s: for how long after being spoken the same answer is not spoken again.
            fresh_s: how old a question may be when its answer is spoken.
            backlog: answers that may wait.
            per_viewer: answers that may wait for one viewer.
        """
        self._repeat_ns = int(repeat_s * 1e9)
        self._fresh_ns = int(fresh_s * 1e9)
        self._backlog = backlog
        self._per_viewer = per_viewer
        self._waiting: list[QueuedAnswer] = []
        self._spoken_at: dict[_Key, int] = {}
        self._turns: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, answer: Answer, author: str, now_ns: int) -> Accepted:
        """Put an answer in line, or say why it is not spoken."""
        if answer.spoken is None:
            return "unspoken"
        self._forget(now_ns)
        key = _key(answer)
        for place, other in enumerate(self._waiting):
            if _key(other.answer) == key:
                self._waiting[place] = replace(other, authors=other.authors | {author})
                return "merged"
        if key in self._spoken_at:
            return "repeated"
        if not self._make_room(author):
            return "crowded"
        self._waiting.append(QueuedAnswer(answer, author, now_ns, frozenset({author})))
        return "queued"

    def next(self, now_ns: int) -> QueuedAnswer | None:
        """Take the answer to speak now: most askers first among the viewers heard least, then the oldest."""
        self._forget(now_ns)
        if not self._waiting:
            return None
        chosen = min(self._waiting, key=lambda item: (self._turns.get(item.author, 0), -item.askers, item.asked_ns))
        self._waiting.remove(chosen)
        self._spoken_at[_key(chosen.answer)] = now_ns
        self._turns[chosen.author] = self._turns.get(chosen.author, 0) + 1
        self._turns.move_to_end(chosen.author)
        if len(self._turns) > self._REMEMBERED_VIEWERS:
            self._turns.popitem(last=False)
        return chosen

    def clear(self) -> None:
        """Drop what waits: the show changed its language or its products."""
        self._waiting.clear()

    def _forget(self, now_ns: int) -> None:
        self._waiting = [item for item in self._waiting if now_ns - item.asked_ns <= self._fresh_ns]
        self._spoken_at = {key: at for key, at in self._spoken_at.items() if now_ns - at < self._repeat_ns}

    def _make_room(self, author: str) -> bool:
        """Whether `author` may wait too; a full line drops the newest of whoever has most in it."""
        counts = Counter(item.author for item in self._waiting)
        if counts[author] >= self._per_viewer:
            return False
        if len(self._waiting) < self._backlog:
            return True
        greedy, most = counts.most_common(1)[0]
        if most <= counts[author] + 1:
            return False
        newest = max((item for item in self._waiting if item.author == greedy), key=lambda item: item.asked_ns)
        self._waiting.remove(newest)
        return True


def _key(answer: Answer) -> _Key:
    return answer.product_id, answer.fact_ids
