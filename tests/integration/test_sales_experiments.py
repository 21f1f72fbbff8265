"""Experiments of a real store and a real desk: from the line that is written to the share of the next hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from influencer.errors import Conflict, InvalidInput
from influencer.loading import load_brief, load_market
from influencer.sales.design import Experiment
from influencer.sales.events import Airing, NewEvent
from influencer.sales.evidence import Slot
from influencer.sales.runner import ShowExperiments
from influencer.sales.trials import experiments, load_experiment, of_show
from influencer.script.telling import tags_in
from influencer.script.templates import load_templates
from influencer.script.values import Position
from influencer.show.desk import MarketDesk
from influencer.store import Store, open_store

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}
HOOKS = Experiment.model_validate(
    {
        "id": "hooks", "kind": "wording", "segment": "hook", "block_minutes": 10, "holdout": 0.2,
        "arms": [
            {"id": "whom", "text": "names whom it is for", "tells": ["audience"]},
            {"id": "other", "text": "does not", "lacks": ["audience"]},
        ],
    }
)  # fmt: skip
HOSTS = Experiment.model_validate(
    {
        "id": "hosts", "kind": "persona", "block_minutes": 60, "slot_minutes": 10,
        "arms": [{"id": name, "text": name, "persona": name} for name in ("mina", "theo")],
    }
)  # fmt: skip


@dataclass
class Wall:
    """A wall clock that is moved by hand."""

    now: datetime = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **more: float) -> None:
        self.now += timedelta(**more)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def stored(url: str, wall: Wall) -> AsyncIterator[Store]:
    async with await open_store(url, now=wall) as opened:
        await opened.shows.create("s1", ("dew-serum",), "en-US", "mina")
        yield opened


async def turn(
    stored: Store,
    wall: Wall,
    running: ShowExperiments,
    arm: str,
    *,
    clicks: int,
    viewers: int = 40,
    holdout: bool = False,
) -> None:
    """Five minutes of show begun by a hook of an arm."""
    await running.aired(f"hook-1::::ab:hooks={arm}{'~' if holdout else ''}", "hook", "dew-serum")
    begun = wall.now
    events = []
    for viewer in range(viewers):
        name = f"{begun.timestamp()}-{viewer}"
        events.append(NewEvent("watch", "s1", name, "w", begun + timedelta(minutes=4), milliseconds=60_000))
        if viewer < clicks:
            events += [NewEvent("product-click", "s1", name, f"c{n}", begun + timedelta(minutes=2)) for n in (1, 2)]
    await stored.events.append(events)
    wall.on(minutes=5)
    await running.tick()


async def test_the_better_hook_gets_more_of_the_time_and_the_experiment_ends_by_itself(
    stored: Store, wall: Wall
) -> None:
    running = ShowExperiments("s1", [HOOKS], stored, wall)
    await running.tick()
    for _ in range(40):
        for arm, clicks in (("whom", 12), ("other", 4)):
            await turn(stored, wall, running, arm, clicks=clicks)
        if (await stored.experiments.get("hooks")).ending:  # type: ignore[union-attr]
            break
    ended = await stored.experiments.get("hooks")
    assert ended is not None and (ended.ending, ended.winner) == ("winner", "whom")
    slots = [slot for slot in await stored.experiments.slots("hooks") if slot.exposure]
    assert {slot.count for slot in slots if slot.arm == "whom"} == {12}  # two clicks of one viewer count once
    assert {slot.exposure for slot in slots} == {40.0}
    chosen = Counter(tag.tag for _ in range(240) if (tag := running.choose("hook", "dew-serum")))
    assert set(chosen) == {"hooks=whom", "hooks=other"} and 10 <= chosen["hooks=other"] <= 38
    assert running.arms == {}
    again = ShowExperiments("s1", [HOOKS], stored, wall)  # after a restart the winner is still known
    await again.tick()
    assert again.standings["hooks"].shares == pytest.approx((0.9, 0.1))


async def test_equal_hooks_do_not_make_a_winner(stored: Store, wall: Wall) -> None:
    running = ShowExperiments("s1", [HOOKS], stored, wall)
    await running.tick()
    for _ in range(6):
        for arm in ("whom", "other"):
            await turn(stored, wall, running, arm, clicks=5)
    assert (await stored.experiments.get("hooks")).ending is None  # type: ignore[union-attr]
    assert min(running.standings["hooks"].shares) > 0.2


async def test_a_stretch_ends_with_the_next_hook_the_show_and_the_hour(stored: Store, wall: Wall) -> None:
    running = ShowExperiments("s1", [HOOKS], stored, wall)
    await running.tick()
    assert running.arms_with("hook-1::::ab:hooks=whom~:gone=x") == {"hooks": "whom"}
    await running.aired("hook-1::::ab:hooks=whom~", "hook", "dew-serum")
    assert running.arms == {"hooks": "whom"}
    wall.on(minutes=1)
    await running.aired("proof-1::::cd", "proof", "dew-serum")  # another kind of line changes nothing
    assert running.arms == {"hooks": "whom"}
    wall.on(minutes=10)
    await running.tick()  # the block is over: what is on air goes on in the next
    wall.on(minutes=1)
    await running.aired("operator:1234", "hook", "dew-serum")  # a hook without an arm
    assert running.arms == {}
    await running.aired("hook-2::::ab:hooks=other", "hook", "dew-serum")
    await running.stop()
    wall.on(minutes=5)
    assert await stored.experiments.settle("hooks", "product-click") == 3
    found = await stored.experiments.slots("hooks")
    assert [(slot.arm, slot.holdout) for slot in found] == [("whom", True), ("whom", True), ("other", False)]
    assert len({slot.block for slot in found}) == 2
    assert await stored.experiments.slots("hooks", before_block=0) == []


async def test_what_a_killed_process_left_open_is_closed_at_the_next_start(stored: Store, wall: Wall) -> None:
    killed = ShowExperiments("s1", [HOOKS], stored, wall)
    await killed.tick()
    await killed.aired("hook-1::::ab:hooks=whom", "hook", "dew-serum")
    wall.on(minutes=3)
    await ShowExperiments("s1", [HOOKS], stored, wall).tick()
    wall.on(minutes=2)
    assert await stored.experiments.settle("hooks", "order") == 1
    assert await stored.experiments.slots("hooks") == [
        Slot(f"s1/{int((wall.now - timedelta(minutes=5)).timestamp()) // 600}", "whom", 0.0, 0)
    ]


async def test_hosts_take_turns_and_the_show_is_told(stored: Store, wall: Wall) -> None:
    hosts: list[str] = []

    async def switch(persona: str) -> None:
        hosts.append(persona)

    live = [True]
    running = ShowExperiments("s1", [HOSTS], stored, wall, switch_persona=switch, may_switch=lambda: live[0])
    for _ in range(40):
        await running.tick()
        wall.on(minutes=1)
    assert len(hosts) == 4
    assert running.arms == {"hosts": hosts[-1]}
    live[0] = False
    wall.on(minutes=30)
    await running.tick()
    assert len(hosts) == 4
    without = ShowExperiments("s1", [HOSTS], stored, wall)
    await without.tick()
    assert without.standings == {}


AIRTIME = Experiment.model_validate(
    {
        "id": "airtime", "kind": "product", "block_minutes": 10, "outcome": "product-click",
        "arms": [
            {"id": "serum", "text": "Dew Serum", "product": "dew-serum", "min_share": 0.2},
            {"id": "mug", "text": "Stone Mug", "product": "stone-mug", "min_share": 0.2},
        ],
    }
)  # fmt: skip


async def test_the_product_that_is_clicked_more_gets_more_turns_within_its_bounds(stored: Store, wall: Wall) -> None:
    running = ShowExperiments("s1", [AIRTIME], stored, wall)
    await running.tick()
    for turn_ in range(24):
        product, clicks = (("dew-serum", 3), ("stone-mug", 20))[turn_ % 2]
        await running.aired("hook-1::::ab", "hook", product)
        airing = Airing(None, product, "hook", "mina", "en-US")
        events = []
        for viewer in range(40):
            at, name = wall.now + timedelta(minutes=1), f"{turn_}-{viewer}"
            events.append(NewEvent("watch", "s1", name, "w", at, airing, milliseconds=60_000))
            if viewer < clicks:
                events.append(NewEvent("product-click", "s1", name, "c", at, airing, product))
            if viewer < 9:  # somebody looks at the other one
                other = "stone-mug" if product == "dew-serum" else "dew-serum"
                events.append(NewEvent("product-click", "s1", name, "o", at, airing, other))
        await stored.events.append(events)
        wall.on(minutes=2)
        await running.aired("proof-1::::ab", "proof", product)
        wall.on(minutes=3)
        await running.tick()
    assert running.standings["airtime"].shares == pytest.approx((0.2, 0.8))
    assert running.standings["airtime"].ending is None
    slots = [slot for slot in await stored.experiments.slots("airtime") if slot.exposure]
    assert {(slot.arm, slot.count) for slot in slots} == {("serum", 3), ("mug", 20)}
    laps = range(100)
    assert all(running.airs("stone-mug", lap) for lap in laps)
    assert sum(running.airs("dew-serum", lap) for lap in laps) == 25
    assert running.airs("grip-mat", 3)


async def test_the_desk_gives_turns_as_the_experiment_shares_them(stored: Store, wall: Wall) -> None:
    running = ShowExperiments("s1", [AIRTIME], stored, wall)
    await running.tick()
    products = [load_brief(name) for name in ("dew-serum", "stone-mug", "grip-mat")]
    sold = {"dew-serum": 5, "stone-mug": 5, "grip-mat": 5}
    desk = MarketDesk(products, load_market("en-US"), now=wall, units=sold.__getitem__)

    def turns(laps: int) -> Counter[str]:
        position, seen = Position(), Counter[str]()
        before = ""
        while position.lap < laps:
            position = desk.advance(position)
            here = desk.segment_at(position).product_id
            seen[here] += here != before
            before = here
        return seen

    assert set(turns(8).values()) == {8} or min(turns(8).values()) >= 7
    desk.chooser = Half()
    shared = turns(8)
    assert shared["stone-mug"] >= 7 and shared["dew-serum"] <= 5
    sold["stone-mug"] = sold["grip-mat"] = 0  # who has no turn has one after all when nothing else can be shown
    assert turns(4)["dew-serum"] >= 1


class Half:
    """Gives the serum every second turn."""

    def choose(self, kind: str, product_id: str) -> None:
        return None

    def airs(self, product_id: str, lap: int) -> bool:
        return product_id != "dew-serum" or lap % 2 == 1


async def test_an_experiment_is_not_changed_while_it_runs(stored: Store, wall: Wall) -> None:
    await stored.experiments.begin("hooks", HOOKS.model_dump(mode="json"))
    with pytest.raises(Conflict, match="new id"):
        await stored.experiments.begin("hooks", {"id": "hooks"})
    changed = HOOKS.model_copy(update={"alpha": 0.1})
    running = ShowExperiments("s1", [changed], stored, wall)
    await running.tick()
    assert running.choose("hook", "dew-serum") is None


async def test_a_stop_by_hand_is_heard_and_ends_it_once(stored: Store, wall: Wall) -> None:
    running = ShowExperiments("s1", [HOOKS], stored, wall)
    await running.tick()
    await running.aired("hook-1::::ab:hooks=whom", "hook", "dew-serum")
    assert await stored.experiments.end("hooks", "stopped") is True
    assert await stored.experiments.end("hooks", "winner", "whom") is False
    wall.on(seconds=6)
    await running.tick()
    assert running.choose("hook", "dew-serum") is None and running.arms == {}


# --- the desk ---


@pytest.mark.parametrize("market", ["en-US", "ko-KR", "ja-JP", "hi-IN"])
async def test_the_desk_writes_the_hook_the_experiment_asks_for(stored: Store, wall: Wall, market: str) -> None:
    running = ShowExperiments("s1", [HOOKS], stored, wall)
    await running.tick()
    brief, pack = load_brief("dew-serum"), load_market(market)
    desk = MarketDesk([brief], pack, now=wall, units=lambda _: 5)
    desk.chooser = running
    cores = {template.id: template for template in load_templates(pack.language)["hook"]}
    position, seen = Position(), Counter[str]()
    for _ in range(60):
        line = await desk.write(position)
        assert line is not None
        tagged = tags_in(line.variant)
        if line.segment == "hook":
            ((experiment, arm, _held),) = tagged
            assert experiment == "hooks"
            assert ("audience" in cores[line.variant.split(":")[0]].needs) == (arm == "whom")
            seen[arm] += 1
        else:
            assert tagged == []
        position = desk.advance(position)
    assert seen["whom"] and seen["other"]


# --- files and pages ---


def test_the_experiments_on_disk_are_sound_and_their_arms_can_be_said_in_every_language() -> None:
    found = experiments()
    assert {one.id for one in found} >= {"hook-opening", "coupon-words"}
    from influencer.brief import MARKET_IDS
    from influencer.script.telling import Telling

    for one in found:
        for market in MARKET_IDS:
            templates = load_templates(load_market(market).language)
            for arm in one.arms:
                if one.segment is not None:
                    telling = Telling("t", frozenset(arm.tells), frozenset(arm.lacks))
                    assert any(telling.fits(t) for t in templates[one.segment]), (one.id, market, arm.id)
    assert of_show("en-US", ["dew-serum"]) == [one for one in found if one.concerns("en-US", ["dew-serum"])]


def test_a_wrong_experiment_is_told_by_its_field(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("id: x\nkind: wording\nsegment: hook\narms:\n  - {id: a, text: a}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="arms"):
        load_experiment(path)
    path.write_text((Path("configs/experiments/hook-opening.yaml")).read_text("utf-8"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="id: got hook-opening"):
        load_experiment(path)


async def test_an_experiment_is_explained_in_numbers_and_words(client: httpx.AsyncClient, store: Store) -> None:
    await store.experiments.begin("hooks", HOOKS.model_dump(mode="json"))
    await store.experiments.assign("hooks", "demo", "whom", 1, holdout=False)
    client.headers.update(OPERATOR)
    listed = (await client.get("/api/experiments")).json()["experiments"]
    assert [(one["id"], one["ending"]) for one in listed] == [("hooks", None)]
    body: dict[str, Any] = (await client.get("/api/experiments/hooks")).json()
    assert [arm["id"] for arm in body["arms"]] == ["whom", "other"]
    assert sum(arm["share"] for arm in body["arms"]) == pytest.approx(1)
    words = " ".join(body["in_words"])
    assert "names whom it is for" in words and "It goes on" in words
    reported = (await client.get("/api/reports")).json()["experiments"]
    assert [(one["id"], one["in_words"]) for one in reported] == [("hooks", body["in_words"])]
    assert (await client.post("/api/experiments/hooks/stop")).status_code == 204
    assert (await client.post("/api/experiments/hooks/stop")).status_code == 409
    stopped = (await client.get("/api/experiments/hooks")).json()
    assert stopped["ending"] == "stopped" and "stopped by hand" in stopped["in_words"][-1]
    assert (await client.get("/api/experiments/none")).status_code == 404
    client.headers.pop("Authorization")
    assert (await client.get("/api/experiments")).status_code == 401
