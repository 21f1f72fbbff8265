"""The programme with a real store and a house: shows go on and off air by themselves, once, also after a restart."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import httpx
import pytest

from influencer.accounts.roles import Role
from influencer.errors import Busy
from influencer.programme.programme import Programme
from influencer.show.control import ShowInfo, StartRequest
from influencer.store import Store
from influencer.store.programme import NewEntry
from streaming.clock import ManualClock
from tests.people import key_of, person
from tests.web_house import AT, BRIEF, RoomHouse

pytestmark = pytest.mark.integration
ENTRY = NewEntry((BRIEF.id,), "en-US", None, date(2026, 5, 4), None, (0,), time(9), 60)  # Mondays, 09:00 in New York
BODY: dict[str, Any] = {
    "brief_ids": [BRIEF.id], "market": "en-US", "first_day": "2026-05-04", "weekdays": [0], "starts": "09:00",
    "minutes": 60,
}  # fmt: skip


class Wall:
    """A clock on the wall that tests turn."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 12, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, hour: int, minute: int) -> None:
        self.now = self.now.replace(hour=hour, minute=minute)


async def test_a_show_goes_on_and_off_air_at_its_time_and_once(store: Store, house: RoomHouse) -> None:
    wall = Wall()
    entry = await store.programme.add(ENTRY, "me")
    programme = Programme(house, store, ManualClock(), wall)
    await programme.look()
    assert [show.id for show in house.shows()] == ["demo"]
    wall.turn(13, 0)
    await programme.look()
    await programme.look()
    await Programme(house, store, ManualClock(), wall).look()  # another process, or this one after a restart
    assert [show.id for show in house.shows()] == ["demo", "show-1"]
    wall.turn(14, 0)
    await programme.look()
    assert [show.id for show in house.shows()] == ["demo"]
    (airing,) = await store.programme.latest()
    assert (airing.entry_id, airing.show_id, airing.failed) == (entry.id, "show-1", None)
    assert airing.done_at is not None


async def test_a_show_that_cannot_start_is_told_of_and_not_tried_again_for_ever(store: Store, house: RoomHouse) -> None:
    class Full(RoomHouse):
        tries = 0

        async def start(self, request: StartRequest) -> ShowInfo:
            self.tries += 1
            raise Busy("2 shows run already")

    full, wall = Full(), Wall()
    wall.turn(13, 5)
    await store.programme.add(ENTRY, "me")
    programme = Programme(full, store, ManualClock(), wall)
    await programme.look()
    await programme.look()
    assert full.tries == 1
    (airing,) = await store.programme.latest()
    assert airing.failed == "2 shows run already"


async def test_what_is_taken_out_goes_off_air(store: Store, house: RoomHouse) -> None:
    wall = Wall()
    wall.turn(13, 5)
    entry = await store.programme.add(ENTRY, "me")
    programme = Programme(house, store, ManualClock(), wall)
    await programme.look()
    assert len(house.shows()) == 2
    await store.programme.end(entry.id)
    await programme.look()
    assert len(house.shows()) == 1


@pytest.fixture
async def operator(client: httpx.AsyncClient, store: Store) -> httpx.AsyncClient:
    client.headers.update(await key_of(store, await person(store, Role.OPERATOR)))
    return client


async def test_an_operator_plans_a_week(operator: httpx.AsyncClient) -> None:
    made = (await operator.post("/api/programme", json=BODY)).json()
    assert (made["starts"], made["time_zone"]) == ("09:00", "America/New_York")
    shown = (await operator.get("/api/programme")).json()
    assert [one["id"] for one in shown["entries"]] == [made["id"]]
    assert [one["start"] for one in shown["coming"]] == ["2026-05-04T13:00:00Z"]
    assert datetime.fromisoformat(shown["coming"][0]["start"]) > AT
    page = await operator.get("/operator/programme")
    assert (page.status_code, "Mon 04 May 13:00" in page.text) == (200, True)
    assert (await operator.delete(f"/api/programme/{made['id']}")).status_code == 204
    assert (await operator.delete(f"/api/programme/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"brief_ids": ["nothing"]}, "brief_ids[0]"),
        ({"market": "ja-JP"}, "market"),
        ({"persona": "nobody"}, "persona"),
        ({"weekdays": [7]}, "weekdays.0"),
        ({"starts": "24:00"}, "starts"),
        ({"minutes": 0}, "minutes"),
        ({"last_day": "2026-05-01"}, "last_day"),
        ({"weekdays": [], "first_day": "2020-01-01"}, "first_day"),
    ],
)
async def test_an_entry_that_cannot_be_is_refused_by_field(
    operator: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    answer = await operator.post("/api/programme", json=BODY | change)
    assert (answer.status_code, field in [one["field"] for one in answer.json()["fields"]]) == (422, True)


async def test_more_at_once_than_the_machine_has_places_is_refused(operator: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await operator.post("/api/programme", json=BODY)).status_code == 201
    full = await operator.post("/api/programme", json=BODY | {"starts": "09:30"})
    assert full.status_code == 409
    assert (await operator.post("/api/programme", json=BODY | {"starts": "10:00"})).status_code == 201
