"""The numbers of running shows that alerts look at: from the metrics, as Prometheus reads them, and from the shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry

from influencer.alerts.rules import Reading
from influencer.errors import NotFound
from influencer.show.control import House, Show

_RECENT_S = 300.0
"""Restarts and model lines are counted over so many seconds."""
_FEW_TRIES = 4
"""Fewer lines say nothing about a model."""


class _Totals:
    """The totals of one show at its latest looks, oldest first, as (seconds, totals)."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, dict[str, float]]] = deque()

    def add(self, now_s: float, totals: dict[str, float]) -> None:
        self._looks.append((now_s, totals))
        while len(self._looks) > 2 and now_s - self._looks[1][0] >= _RECENT_S:
            self._looks.popleft()

    def since_last(self, name: str) -> float | None:
        """What was counted since the look before; None at the first look."""
        return self._grown(-2, name) if len(self._looks) > 1 else None

    def lately(self, name: str) -> float:
        """What was counted in the last minutes."""
        return self._grown(0, name)

    def _grown(self, before: int, name: str) -> float:
        return max(0.0, self._looks[-1][1].get(name, 0.0) - self._looks[before][1].get(name, 0.0))


class ShowGauges:
    """Reads every running show once a second."""

    def __init__(self, house: House, registry: CollectorRegistry, now: Callable[[], datetime]) -> None:
        self._house, self._registry, self._now = house, registry, now
        self._totals: dict[str, _Totals] = {}
        self._spoke: dict[str, float] = {}

    def read(self, now_s: float) -> list[Reading]:
        """The numbers of now; `now_s` is a monotonic clock."""
        samples = self._samples()
        shows = {info.id: info for info in self._house.shows()}
        for gone in self._totals.keys() - shows.keys():
            del self._totals[gone]
        for gone in self._spoke.keys() - shows.keys():
            del self._spoke[gone]
        found: list[Reading] = []
        for show_id in shows:
            try:
                show = self._house.get(show_id)
            except NotFound:  # it ends just now
                continue
            mine = samples.get(show_id, {})
            totals = self._totals.setdefault(show_id, _Totals())
            totals.add(now_s, mine)
            found += self._counted(show_id, totals, mine)
            found += self._silence(show_id, show, now_s)
            found += self._cards(show_id, show)
        return found

    def _samples(self) -> dict[str, dict[str, float]]:
        """By show: ticks, repeats, model lines, restarts, and the drift."""
        found: dict[str, dict[str, float]] = {}
        for metric in self._registry.collect():
            for sample in metric.samples:
                show = sample.labels.get("show")
                if show is None:
                    continue
                mine = found.setdefault(show, {})
                if sample.name == "show_events_total":
                    mine[sample.labels["kind"]] = sample.value
                elif sample.name == "show_stage_restarts_total":
                    mine["restarts"] = mine.get("restarts", 0.0) + sample.value
                elif sample.name == "show_drift_seconds":
                    mine["drift"] = sample.value
        return found

    def _counted(self, show_id: str, totals: _Totals, mine: dict[str, float]) -> Iterator[Reading]:
        ticks, repeats = totals.since_last("ticks"), totals.since_last("repeats")
        if "ticks" in mine and ticks is not None and repeats is not None:
            share = 100.0 * repeats / ticks if ticks else 100.0
            told = f"{share:.0f} % of the pictures of the last second repeat the one before"
            yield Reading("show-dark", show_id, share, told if ticks else "no picture was sent in the last second")
            yield Reading("show-repeats", show_id, share, told)
        if "drift" in mine:
            # The gauge counts from the start and never comes back; what was lost lately does.
            lost = totals.lately("drift")
            yield Reading("show-drift", show_id, lost, f"fell {lost:.2f} s behind the clock in the last five minutes")
        restarts = totals.lately("restarts")
        yield Reading("stage-restarted", show_id, restarts, f"{restarts:.0f} restarts in the last five minutes")
        tries, fell = totals.lately("model_lines"), totals.lately("model_fallbacks")
        if tries >= _FEW_TRIES:
            told = f"{fell:.0f} of {tries:.0f} lines in the last five minutes were templates instead"
            yield Reading("model-fallback", show_id, 100.0 * fell / tries, told)

    def _silence(self, show_id: str, show: Show, now_s: float) -> Iterator[Reading]:
        """Seconds for which the host should have spoken and did not."""
        silent_on_purpose = show.info().state != "live" or show.operator.coming().mode != "script"
        if silent_on_purpose or show.on_air() is not None:
            self._spoke[show_id] = now_s
        silent = now_s - self._spoke.setdefault(show_id, now_s)
        yield Reading("speech-late", show_id, silent, f"nothing was said for {silent:.0f} s")

    def _cards(self, show_id: str, show: Show) -> Iterator[Reading]:
        for card in show.cards():
            subject = f"{show_id} {card.product_id}"
            yield Reading("stock-out", subject, float(card.sold_out), f"{card.name} has no units left")
            if card.offer_ends is not None:
                minutes = (datetime.fromisoformat(card.offer_ends) - self._now()).total_seconds() / 60
                if minutes > 0:
                    yield Reading("offer-ending", subject, minutes, f"the offer of {card.name} ends {card.offer_ends}")
