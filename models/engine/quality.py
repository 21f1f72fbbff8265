"""How good the pictures are under load: one ladder for all shows, down fast and up slowly. Pure; ticks are passed in.

Steps: the model's levels from best to cheapest, then the cheapest at half and at a quarter of the rate (the frames
between are interpolated), then one show after another on its fallback, so that the others keep their rate.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.engine.latency import LatencyTable

STRIDES = (2, 4)
"""One frame in so many is rendered, at the steps below the cheapest level."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How shows share a device."""

    tick_ns: int = 40_000_000
    run_ahead: int = 4
    """Frames beyond the first that a show may get in one tick, when nobody else needs the device."""
    headroom: float = 0.2
    """Part of each tick that admission and recovery leave free."""
    degrade: bool = True
    """Off: always the level `best`; what does not fit is missed. For measuring."""
    best: int = 0
    """The best step to use: the index of a level, or the number of levels for half rate."""
    admit: bool = True
    """Off: let everybody in. For measuring."""
    admit_at_half_rate: bool = False
    """Let shows in that fit only at half rate; otherwise they must fit at the cheapest level at full rate."""
    degrade_after: int = 2
    """Overloaded ticks before the next step down."""
    recover_after: int = 50
    """Quiet ticks before a step up (2 s); doubled each time a step up turns out to be too early."""
    recover_at_most: int = 1_500
    """The longest wait (60 s); then a step up is tried whatever the forecast says."""
    rotate_after: int = 250
    """Ticks after which other shows take their turn on the fallback (10 s)."""


class Ladder:
    """The current step, moved once a tick by what was missed and by what the measured latencies foretell."""

    def __init__(self, policy: Policy, table: LatencyTable) -> None:
        self._policy = policy
        self._table = table
        self.step = policy.best
        self._hot = 0
        self._quiet = 0
        self._since_up = 1 << 30
        self._patience = policy.recover_after

    @property
    def level(self) -> int:
        """The model's level at this step."""
        return min(self.step, self._table.levels - 1)

    @property
    def stride(self) -> int:
        """One frame in so many is rendered; the others are left to interpolation."""
        return self._stride(self.step)

    @property
    def resting(self) -> int:
        """How many shows are on their fallback."""
        return self._resting(self.step)

    def need_ns(self, step: int, shows: int, *, typical: bool = False) -> int:
        """Device time a tick needs at `step`, by the measured latencies; see `LatencyTable.cost`.

        With fewer shows than the stride some ticks have no frame, and one may take several ticks: that is averaged.
        """
        awake = max(0, shows - self._resting(step))
        stride = self._stride(step)
        rows = -(-awake // stride)
        cost = self._table.cost(rows, min(step, self._table.levels - 1), typical=typical)
        return cost * awake // stride if awake < stride else cost

    def lowest(self, shows: int) -> int:
        """The last step: all shows but one on their fallback, that one at the lowest rate."""
        return self._table.levels + len(STRIDES) - 1 + max(0, shows - 1)

    def _stride(self, step: int) -> int:
        below = step - self._table.levels
        return 1 if below < 0 else STRIDES[min(below, len(STRIDES) - 1)]

    def _resting(self, step: int) -> int:
        return max(0, step - (self._table.levels + len(STRIDES) - 1))

    def turn(self, ticks: int, shows: int, missed: int) -> None:
        """`ticks` have passed with `shows` active shows and `missed` late or dropped frames: move at most one step."""
        if not self._policy.degrade:
            return
        tick_ns = self._policy.tick_ns
        self.step = min(self.step, self.lowest(shows))
        self._since_up += ticks
        if missed or self.need_ns(self.step, shows, typical=True) > tick_ns:
            self._hot, self._quiet = self._hot + 1, 0
            if self._hot >= self._policy.degrade_after and self.step < self.lowest(shows):
                self._down()
            return
        self._hot, self._quiet = max(0, self._hot - ticks), self._quiet + ticks
        better = self.step - 1
        if better < self._policy.best:
            if self._since_up > 4 * self._patience:
                self._patience = self._policy.recover_after
            return
        fits = self.need_ns(better, shows, typical=True) <= tick_ns * (1 - self._policy.headroom)
        # A forecast that is too dark would never be put right without a try.
        if (fits and self._quiet >= self._patience) or self._quiet >= self._policy.recover_at_most:
            self.step, self._quiet, self._since_up = better, 0, 0

    def _down(self) -> None:
        if self._since_up < self._patience:
            self._patience = min(2 * self._patience, self._policy.recover_at_most)
        self.step, self._hot = self.step + 1, 0
