"""The experiments of one show: which arm is next, which is on air, and what the counts say at the end of each block."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

import structlog

from influencer.errors import Conflict, InfluencerError
from influencer.sales.bandit import Planned, Standing, plan, shares_after, stand
from influencer.sales.design import Experiment
from influencer.sales.evidence import weigh
from influencer.script.telling import Telling, tags_in
from influencer.script.values import SegmentKind
from influencer.store import Store
from influencer.store.experiments import StoredExperiment

log = structlog.get_logger(__name__)
LOOKS_S = 5.0
"""How often it is looked whether a block is over, a host's time is up, or somebody stopped an experiment."""
PATIENCE_S = 60.0
"""After a failure of the store."""
_TURNS_AN_HOUR = 40
"""More hooks than a show says in an hour; a plan that runs out begins anew."""


@dataclass(slots=True)
class _Running:
    """One experiment while the show runs."""

    design: Experiment
    began_at: datetime
    standing: Standing
    block: int
    coming: deque[Planned] = field(default_factory=deque)
    plans: int = 0
    on_air: Planned | None = None
    until: float = 0.0
    """With hosts: when the slot on air ends, in seconds since 1970."""
    won: bool = False
    """It is over and has a winner, which is chosen from now on; nothing is counted any more."""


class ShowExperiments:
    """Implements `influencer.script.telling.Chooser`. Belongs to the event loop; a failing store stops no show."""

    def __init__(
        self,
        show_id: str,
        designs: Sequence[Experiment],
        store: Store,
        now: Callable[[], datetime],
        *,
        seed: int = 0,
        switch_persona: Callable[[str], Awaitable[None]] | None = None,
        may_switch: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; nothing is read before the first `tick`.

        Args:
            show_id: whose experiments.
            designs: those that concern the show.
            store: where assignments go.
            now: aware wall clock.
            seed: decides the order in which arms come.
            switch_persona: puts another host on; without it experiments with hosts do not run.
            may_switch: whether the show is in a state in which another host may come.
        """
        self._show_id, self._store, self._now, self._seed = show_id, store, now, seed
        self._designs = [one for one in designs if one.kind != "persona" or switch_persona is not None]
        self._switch, self._may_switch = switch_persona, may_switch
        self._running: dict[str, _Running] | None = None
        self._next = 0.0

    @property
    def arms(self) -> Mapping[str, str]:
        """Experiment id -> arm on air."""
        running = (self._running or {}).items()
        return {id_: one.on_air.arm for id_, one in running if one.on_air is not None}

    def arms_with(self, variant: str) -> dict[str, str]:
        """The arms on air once a line of this variant is: what is logged with it."""
        named = {id_: arm for id_, arm, _ in tags_in(variant) if id_ in (self._running or {})}
        return {**self.arms, **named}

    @property
    def standings(self) -> Mapping[str, Standing]:
        """Where each running experiment is."""
        return {id_: one.standing for id_, one in (self._running or {}).items()}

    # --- the desk asks ---

    def choose(self, kind: SegmentKind, product_id: str) -> Telling | None:
        """Which wordings a line is chosen among: the next arm's of the experiment about this kind, if there is one."""
        for id_, one in (self._running or {}).items():
            design = one.design
            if design.kind != "wording" or design.segment != kind:
                continue
            if design.products and product_id not in design.products:
                continue
            planned = self._draw(one)
            arm = next(arm for arm in design.arms if arm.id == planned.arm)
            tag = f"{id_}={arm.id}{'~' if planned.holdout else ''}"
            return Telling(tag, frozenset(arm.tells), frozenset(arm.lacks))
        return None

    def airs(self, product_id: str, lap: int) -> bool:
        """Whether a product has a turn: the one with the largest share in every lap, others in their part of laps."""
        for one in (self._running or {}).values():
            for arm, share in zip(one.design.arms, one.standing.shares, strict=True):
                if arm.product == product_id:
                    part = share / max(one.standing.shares)
                    phase = self._number(f"{one.design.id}/{arm.id}") % 1000 / 1000
                    return int((lap + 1) * part + phase) > int(lap * part + phase)
        return True

    def _draw(self, one: _Running) -> Planned:
        if not one.coming:
            slots = _TURNS_AN_HOUR * one.design.block_minutes // 60
            one.plans += 1
            seed = self._number(f"{one.design.id}/{one.block}/{one.plans}/{self._seed}")
            design = one.design.model_copy(update={"holdout": 0.0}) if one.won else one.design
            one.coming.extend(plan(design, one.standing.shares, max(2, slots), seed))
        return one.coming.popleft()

    # --- the show tells ---

    async def aired(self, variant: str, segment: SegmentKind, product_id: str) -> None:
        """A line goes on air: with a tag its arm begins; a line of the same kind without one ends it. Where products
        are the arms, the line's product is on air."""
        tagged = {experiment: Planned(arm, holdout) for experiment, arm, holdout in tags_in(variant)}
        for id_, one in (self._running or {}).items():
            if one.design.kind == "wording" and one.design.segment == segment:
                await self._put(one, tagged.get(id_))
            elif one.design.kind == "product":
                arm = next((arm.id for arm in one.design.arms if arm.product == product_id), None)
                await self._put(one, None if arm is None else Planned(arm, holdout=False))

    async def tick(self) -> None:
        """Called once a second: begin what has not begun, change hosts when it is time, judge when a block is over."""
        now = self._now().timestamp()
        if now < self._next:
            return
        self._next = now + LOOKS_S
        try:
            if self._running is None:
                self._running = {}
                await self._store.experiments.close(self._show_id)  # what a killed process left open
                for design in self._designs:
                    await self._begin(design)
            for id_, one in list(self._running.items()):
                await self._keep(id_, one, now)
        except InfluencerError as error:
            log.warning("experiments wait", show=self._show_id, error=str(error))
            self._next = now + PATIENCE_S

    async def stop(self) -> None:
        """The show ends: no arm is on air any more."""
        for one in (self._running or {}).values():
            one.on_air = None
        await self._store.experiments.close(self._show_id)

    # --- inside ---

    async def _begin(self, design: Experiment) -> None:
        assert self._running is not None
        try:
            stored = await self._store.experiments.begin(design.id, design.model_dump(mode="json"))
        except Conflict as error:
            log.warning("experiment left out", experiment=design.id, reason=str(error))
            return
        block = self._block(design)
        standing = await judged(self._store, design, stored.began_at, self._now(), before_block=block)
        self._running[design.id] = one = _Running(design, stored.began_at, standing, block)
        if stored.ending is not None:
            await self._ended(one, stored)

    async def _keep(self, id_: str, one: _Running, now: float) -> None:
        if not one.won:
            stored = await self._store.experiments.get(id_)
            if stored is not None and stored.ending is not None:  # by hand, or by another show
                await self._ended(one, stored)
            elif (block := self._block(one.design)) != one.block:
                await self._judge(id_, one, block)
        if id_ in (self._running or {}) and one.design.kind == "persona":
            await self._host(one, now)

    async def _judge(self, id_: str, one: _Running, block: int) -> None:
        """A block is over: count, weigh, share anew, and perhaps end. What is on air goes on in the new block."""
        one.standing = await judged(self._store, one.design, one.began_at, self._now(), before_block=block)
        one.block = block
        one.coming.clear()
        ending = one.standing.ending
        if ending is not None:
            winner = one.standing.best if ending == "winner" else None
            if await self._store.experiments.end(id_, ending, winner):
                log.info("experiment ended", experiment=id_, ending=ending, winner=winner)
            stored = await self._store.experiments.get(id_)
            if stored is not None:
                await self._ended(one, stored)
        elif one.on_air is not None:
            await self._put(one, one.on_air, anew=True)

    async def _ended(self, one: _Running, stored: StoredExperiment) -> None:
        """Count no more; go on with the winner, if there is one."""
        assert self._running is not None
        one.on_air = None
        await self._store.experiments.close(self._show_id, stored.id)
        if stored.ending == "winner" and stored.winner in one.standing.arms:
            one.won = True
            one.coming.clear()
            shares = shares_after(one.design, "winner", stored.winner)
            one.standing = replace(one.standing, ending="winner", best=stored.winner, shares=shares)
        else:
            del self._running[stored.id]

    async def _host(self, one: _Running, now: float) -> None:
        if now < one.until or self._switch is None or not self._may_switch():
            return
        one.until = now + one.design.slot_minutes * 60
        planned = self._draw(one)
        persona = next(arm.persona for arm in one.design.arms if arm.id == planned.arm)
        if persona is not None:
            await self._switch(persona)
        await self._put(one, planned)

    async def _put(self, one: _Running, planned: Planned | None, *, anew: bool = False) -> None:
        if planned is None:
            if one.on_air is not None:
                one.on_air = None
                await self._store.experiments.close(self._show_id, one.design.id)
            return
        if one.won or (planned == one.on_air and one.design.kind != "wording" and not anew):
            return
        one.on_air = planned
        await self._store.experiments.assign(
            one.design.id, self._show_id, planned.arm, one.block, holdout=planned.holdout
        )

    def _block(self, design: Experiment) -> int:
        return int(self._now().timestamp()) // (design.block_minutes * 60)

    def _number(self, text: str) -> int:
        return int.from_bytes(sha256(f"{self._show_id}/{text}".encode()).digest()[:6], "big")


async def judged(
    store: Store, design: Experiment, began_at: datetime, now: datetime, before_block: int | None = None
) -> Standing:
    """Count what is over and judge it; `before_block` leaves out the block that is still going on."""
    own = {arm.id: arm.product for arm in design.arms if arm.product}
    while await store.experiments.settle(design.id, design.outcome, design.products, own):
        pass
    slots = await store.experiments.slots(design.id, before_block)
    days = (now - began_at).total_seconds() / 86_400
    return stand(design, weigh([arm.id for arm in design.arms], slots), seed=before_block or 0, days=days)
