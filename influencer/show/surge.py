"""A surge of questions: when the run-of-show gives viewers more time, and when that is over. Time is passed in."""

from __future__ import annotations

from typing import Literal

from influencer.script.values import Position
from influencer.show.control import Stat
from influencer.show.desk import MarketDesk
from influencer.show.director import QuestionsOpened

SURGE = 4
"""Answers that wait to be spoken from which a surge begins."""
OVER = 1
"""So many or fewer, and it is over: between the two it stays as it is."""
MORE_NS = 25_000_000_000
"""While it lasts, the window is opened again this often: about every third answer."""
AGAIN_NS = 180_000_000_000
"""After one has begun, the next one begins no earlier: the run-of-show is not all questions."""

Turn = Literal["begins", "goes on", "ends"]


class Surge:
    """One show's. Times are nanoseconds of the show's clock."""

    def __init__(self, now_ns: int) -> None:
        """None yet; the first may begin at once."""
        self._next_ns = now_ns
        self._more_ns = now_ns
        self.on = False

    def stat(self) -> Stat:
        """For the operator."""
        return Stat("surge of questions", "yes" if self.on else "no")

    def tick(self, waiting: int, now_ns: int) -> Turn | None:
        """What has changed, when so many answers wait."""
        if self.on and waiting <= OVER:
            self.on = False
            return "ends"
        if self.on and now_ns >= self._more_ns:
            self._more_ns = now_ns + MORE_NS
            return "goes on"
        if not self.on and waiting >= SURGE and now_ns >= self._next_ns:
            self.on, self._next_ns, self._more_ns = True, now_ns + AGAIN_NS, now_ns + MORE_NS
            return "begins"
        return None


def window(desk: MarketDesk, turn: Turn, position: Position, product_id: str) -> QuestionsOpened | None:
    """What becomes of the question window, for the director; None when there is nothing to say or none to open."""
    if turn == "ends":
        return QuestionsOpened(None)
    if turn == "goes on":
        more = desk.questions_more(product_id)
        return None if more is None else QuestionsOpened(more)
    early = desk.questions_early(position, product_id)
    return None if early is None else QuestionsOpened(*early)
