"""Which answers are spoken, and in which order. Pure: time is passed in, nothing is awaited.

Text replies are immediate and do not pass here. The queue keeps the host from answering the same question over and
over, from answering one talkative viewer only, and from answering what nobody remembers asking.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from influencer.assistant.values import Answer, Readiness

Accepted = Literal["queued", "merged", "repeated", "crowded", "unspoken"]
"""merged: the same answer already waits; repeated: it was spoken a moment ago; crowded: no room for this viewer;
unspoken: there is nothing to speak."""

_NAMES = frozenset({"name", "brand"})
_WEIGHT: Mapping[Readiness, float] = {"looking": 1.0, "weighing": 1.5, "buying": 3.0}
"""What an asker counts for: who is about to buy is answered before who looks around."""
_LONGEST_ROUND = 3
_HURRIED = 3


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
    def weight(self) -> float:
        """How much it is wanted: by how many, and how near to a purchase."""
        return self.askers * _WEIGHT[self.answer.readiness]

    @property
    def seqs(self) -> tuple[int, ...]:
        """The questions' numbers in the room."""
        return tuple(asker.seq for asker in self.asked if asker.seq is not None)

    def joined(self, asker: Asker) -> QueuedAnswer:
        """With one more who asks the same."""
        known = any(one.viewer == asker.viewer for one in self.asked)
        return self if known else replace(self, asked=(*self.asked, asker))


def answers_in_a_row(waiting: int) -> int:
    """How many answers are spoken before the script goes on, when so many wait: one, and up to three in a crowd."""
    return max(1, min(_LONGEST_ROUND, 1 + waiting // 2))


def is_hurried(waiting: int) -> bool:
    """Whether so many wait that an answer is cut to its facts."""
    return waiting >= _HURRIED


class AnswerQueue:
    """Waiting answers of one show."""

    _REMEMBERED_VIEWERS = 1000

    def __init__(
        self, *, repeat_s: float = 90.0, stale_s: float = 150.0, fresh_s: float = 40.0, backlog: int = 8,
        per_viewer: int = 2,
    ) -> None:  # fmt: skip
        """Set the manners.

        Args:
            repeat_s: for how long after being spoken the same facts are not spoken again.
            stale_s: for how long after that they come after all that was not said lately.
            fresh_s: how old a question may be when its answer is spoken.
            backlog: answers that may wait.
            per_viewer: answers that may wait for one viewer.
        """
        self._repeat_ns = int(repeat_s * 1e9)
        self._stale_ns = int(stale_s * 1e9)
        self._fresh_ns = int(fresh_s * 1e9)
        self._backlog = backlog
        self._per_viewer = per_viewer
        self._waiting: list[QueuedAnswer] = []
        self._spoken_at: dict[tuple[str | None, str], int] = {}
        self._turns: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(
        self, answer: Answer, author: str, now_ns: int, *, viewer: str | None = None, seq: int | None = None
    ) -> Accepted:
        """Put an answer in line, or say why it is not spoken.

        An answer whose facts all stand in one that waits is merged with it, and the other way round.

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
        told, asker = _told(answer), Asker(viewer or author, now_ns, seq)
        for place, other in enumerate(self._waiting):
            known = _told(other.answer)
            if other.answer.product_id == answer.product_id and (told <= known or told > known):
                said = answer if told > known else other.answer
                self._waiting[place] = replace(other.joined(asker), answer=said)
                return "merged"
        if self._said_within(answer, self._repeat_ns, now_ns):
            return "repeated"
        if not self._make_room(asker.viewer):
            return "crowded"
        self._waiting.append(QueuedAnswer(answer, author, (asker,)))
        return "queued"

    def next(self, now_ns: int) -> QueuedAnswer | None:
        """Take the answer to speak now.

        First come viewers who were heard least, then what was not said lately, then what is wanted most, the oldest
        of that first.
        """
        chosen = self.first(now_ns)
        if chosen is None:
            return None
        self._waiting.remove(chosen)
        for fact_id in _told(chosen.answer):
            self._spoken_at[chosen.answer.product_id, fact_id] = now_ns
        for viewer in dict.fromkeys(asker.viewer for asker in chosen.asked[: self._REMEMBERED_VIEWERS]):
            self._turns[viewer] = self._turns.get(viewer, 0) + 1
            self._turns.move_to_end(viewer)
        while len(self._turns) > self._REMEMBERED_VIEWERS:
            self._turns.popitem(last=False)
        return chosen

    def first(self, now_ns: int) -> QueuedAnswer | None:
        """The answer whose turn is next, left in line."""
        self._forget(now_ns)
        return min(
            self._waiting,
            key=lambda item: (
                min(self._turns.get(asker.viewer, 0) for asker in item.asked),
                self._said_within(item.answer, self._stale_ns, now_ns),
                -item.weight,
                item.asked_ns,
            ),
            default=None,
        )

    def forget_spoken(self) -> None:
        """Let everything be said again: facts have changed."""
        self._spoken_at.clear()

    def clear(self) -> None:
        """Drop what waits: the show changed its language or its products."""
        self._waiting.clear()

    def _said_within(self, answer: Answer, span_ns: int, now_ns: int) -> bool:
        """Whether all of an answer was said in the last `span_ns`."""
        times = [self._spoken_at.get((answer.product_id, fact_id)) for fact_id in _told(answer)]
        return all(at is not None and now_ns - at < span_ns for at in times)

    def _forget(self, now_ns: int) -> None:
        self._waiting = [item for item in self._waiting if now_ns - item.asked_ns <= self._fresh_ns]
        self._spoken_at = {key: at for key, at in self._spoken_at.items() if now_ns - at < self._stale_ns}

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


def _told(answer: Answer) -> frozenset[str]:
    """What is told, however it is worded: one wording names the product, the next does not."""
    return frozenset(answer.fact_ids) - _NAMES or frozenset(answer.fact_ids)
