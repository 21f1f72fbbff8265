"""The parts of the advertiser's side, wired together once for a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from influencer.intake.desk import BriefDesk
from influencer.intake.look import LookRoom
from influencer.intake.rates import Rates
from influencer.intake.shelf import BriefShelf
from influencer.loading import load_rates
from influencer.outbound import Outbound
from influencer.packs.stills import StillRoom
from influencer.show.backends import Backends
from influencer.store import Store, utc_now


@dataclass(frozen=True, slots=True)
class Intake:
    """What the pages of advertisers reach."""

    desk: BriefDesk
    shelf: BriefShelf
    rates: Rates
    looks: LookRoom | None
    """None where no models are loaded: nothing can be shown, everything else works."""
    stills: StillRoom | None
    """Likewise."""
    now: Callable[[], datetime]

    @classmethod
    def of(
        cls,
        store: Store,
        shelf: BriefShelf | None = None,
        *,
        backends: Backends | None = None,
        outbound: Outbound | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> Intake:
        """Wire them over a store; reads the rate card from disk."""
        shelf = shelf or BriefShelf(store)
        desk = BriefDesk(store, shelf, outbound or Outbound())
        looks, stills = (None, None) if backends is None else (LookRoom(backends, store), StillRoom(backends, store))
        return cls(desk, shelf, load_rates(), looks, stills, now)
