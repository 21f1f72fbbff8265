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

_Key = tuple[str | None, frozenset[str]]
_NAMES = frozenset({"name", "brand"})


@dataclass(frozen=True, slots=True)
class Asker:
    """One viewer's question: who (an id, not the name that anybody may take), when, and its number in the room."""

    viewer: str
    asked_ns: int
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class QueuedAnswer:
    """An answer that waits for its turn. `author` is the name of who asked first, `asked` are all who asked the same.

    A viewer is in `asked` once, however often they ask.
    """

    answer: Answer
    author: str
    asked: tuple[Asker, ...]

    @property
    def viewer(self) -> str:
        """Who asked first."""
        return self.asked[0].viewer

    @property
    def asked_ns(self) -> int:
        """When it was asked first."""
        return self.asked[0].asked_ns

    @property
    def askers(self) -> int:
        """How many viewers asked."""
        return len(self.asked)

    @property
    def seqs(self) -> tuple[int, ...]:
        """The questions' numbers in the room."""
        return tuple(asker.seq for asker in self.asked if asker.seq is not None)

    def joined(self, asker: Asker) -> QueuedAnswer:
        """With one more who asks the same."""
        known = any(one.viewer == asker.viewer for one in self.asked)
        return self if known else replace(self, asked=(*self.asked, asker))


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

    def offer(
        self, answer: Answer, author: str, now_ns: int, *, viewer: str | None = None, seq: int | None = None
    ) -> Accepted:
        """Put an answer in line, or say why it is not spoken.

        Args:
            answer: what is to be said.
            author: the asker's name.
            now_ns: the time of the question.
            viewer: the asker's id; the name where there is none.
            seq: the question's number in the room.
        """
        if answer.spoken is None:
            return "unspoken"
        self._forget(now_ns)
        key, asker = _key(answer), Asker(viewer or author, now_ns, seq)
        for place, other in enumerate(self._waiting):
            if _key(other.answer) == key:
                self._waiting[place] = other.joined(asker)
                return "merged"
        if key in self._spoken_at:
            return "repeated"
        if not self._make_room(asker.viewer):
            return "crowded"
        self._waiting.append(QueuedAnswer(answer, author, (asker,)))
        return "queued"

    def next(self, now_ns: int) -> QueuedAnswer | None:
        """Take the answer to speak now: most askers first among the viewers heard least, then the oldest."""
        chosen = self.first(now_ns)
        if chosen is None:
            return None
        self._waiting.remove(chosen)
        self._spoken_at[_key(chosen.answer)] = now_ns
        self._turns[chosen.viewer] = self._turns.get(chosen.viewer, 0) + 1
        self._turns.move_to_end(chosen.viewer)
        if len(self._turns) > self._REMEMBERED_VIEWERS:
            self._turns.popitem(last=False)
        return chosen

    def first(self, now_ns: int) -> QueuedAnswer | None:
        """The answer whose turn is next, left in line."""
        self._forget(now_ns)
        return min(
            self._waiting,
            key=lambda item: (self._turns.get(item.viewer, 0), -item.askers, item.asked_ns),
            default=None,
        )

    def clear(self) -> None:
        """Drop what waits: the show changed its language or its products."""
        self._waiting.clear()

    def _forget(self, now_ns: int) -> None:
        self._waiting = [item for item in self._waiting if now_ns - item.asked_ns <= self._fresh_ns]
        self._spoken_at = {key: at for key, at in self._spoken_at.items() if now_ns - at < self._repeat_ns}

    def _make_room(self, viewer: str) -> bool:
        """Whether `viewer` may wait too; a full line drops the newest of whoever has most in it."""
        counts = Counter(item.viewer for item in self._waiting)
        if counts[viewer] >= self._per_viewer:
            return False
        if len(self._waiting) < self._backlog:
            return True
        greedy, most = counts.most_common(1)[0]
        if most <= counts[viewer] + 1:
            return False
        newest = max((item for item in self._waiting if item.viewer == greedy), key=lambda item: item.asked_ns)
        self._waiting.remove(newest)
        return True


def _key(answer: Answer) -> _Key:
    """What is told, however it is worded: one wording names the product, the next does not."""
    return answer.product_id, frozenset(answer.fact_ids) - _NAMES or frozenset(answer.fact_ids)
