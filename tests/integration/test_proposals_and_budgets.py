"""Times that advertisers propose and budgets they set, over HTTP and on the pages, each side seeing its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx
import pytest

from influencer.accounts.roles import Role
from influencer.store import NewUtterance, Store
from influencer.store.heard import Heard
from influencer.store.programme import NewEntry
from streaming.media import SAMPLE_RATE
from tests.people import key_of, person
from tests.web_house import AT, BRIEF, RoomHouse

pytestmark = pytest.mark.integration
TIME: dict[str, Any] = {
    "market": "en-US", "first_day": "2026-05-04", "weekdays": [0], "earliest": "09:00", "latest": "12:00",
    "minutes": 60,
}  # fmt: skip


async def approved(store: Store, advertiser: str = "mine") -> str:
    await store.advertisers.ensure(advertiser, advertiser)
    document = BRIEF.model_dump(mode="json", exclude_none=True)
    made = await store.briefs.create(advertiser, "serum", document, "me")
    await store.briefs.decide(made.brief_id, 1, "submitted", by="me")
    await store.briefs.decide(made.brief_id, 1, "approved", by="op")
    return made.brief_id


async def keys(store: Store) -> tuple[dict[str, str], dict[str, str]]:
    """An advertiser's and an operator's."""
    mine = await key_of(store, await person(store, Role.ADVERTISER, "mine"))
    return mine, await key_of(store, await person(store, Role.OPERATOR))


@pytest.fixture
async def brief_id(store: Store, house: RoomHouse, monkeypatch: pytest.MonkeyPatch) -> str:
    """An approved brief that the house can put on air."""
    made = await approved(store)
    catalogue = house.catalogue()
    own = catalogue.briefs[0].__class__(made, "Dew Serum", "Halvenne", ("en-US", "ko-KR"))
    shown = catalogue.__class__((*catalogue.briefs, own), catalogue.markets, catalogue.personas)
    monkeypatch.setattr(house, "catalogue", lambda: shown)
    return made


async def test_a_proposal_becomes_an_entry_and_its_airings_are_told(
    client: httpx.AsyncClient, store: Store, brief_id: str
) -> None:
    mine, operator = await keys(store)
    made = await client.post("/api/proposals", json=TIME | {"brief_id": brief_id}, headers=mine)
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "proposed"
    path = f"/api/proposals/{made.json()['id']}"
    change = {"starts": "10:00", "note": "At ten there is a place."}
    accepted = await client.post(f"{path}/accept", json=change, headers=operator)
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["changed"] is True
    assert accepted.json()["next"]["start"] == "2026-05-04T14:00:00Z"  # ten in New York
    again = await client.post(f"{path}/refuse", json={"reason": "No."}, headers=operator)
    assert again.status_code == 409
    entry, due = accepted.json()["entry"]["id"], datetime(2026, 5, 4, 14, tzinfo=UTC)
    await store.shows.create("show-1", (brief_id,), "en-US", "mina")
    assert await store.programme.claim(entry, due, due + timedelta(hours=1))
    await store.programme.became(entry, due, show_id="show-1")
    said = await store.utterances.append(
        NewUtterance("show-1", "Look.", (), brief_id, "proof", "en-US", "v", "template", 0)
    )
    await store.heard.add(Heard(said.id, "show-1", brief_id, 0, 90 * SAMPLE_RATE, True, AT))
    (seen,) = (await client.get("/api/proposals", headers=mine)).json()["proposals"]
    assert seen["note"] == "At ten there is a place."
    assert [one["seconds_on_air"] for one in seen["latest"]] == [90.0]
    page = await client.get(f"/advertiser/briefs/{brief_id}", headers=mine)
    assert "In the programme: 10:00 for 60 minutes" in page.text
    assert "1.5 minutes about this product" in page.text
    await store.programme.end(accepted.json()["entry"]["id"])
    page = await client.get(f"/advertiser/briefs/{brief_id}", headers=mine)
    assert "taken out" in page.text


async def test_what_is_wrong_with_a_proposal_is_named(client: httpx.AsyncClient, store: Store, brief_id: str) -> None:
    mine, operator = await keys(store)
    for change, field in (
        ({"minutes": 200}, "minutes"),
        ({"market": "ja-JP"}, "market"),
        ({"last_day": "2026-05-01"}, "last_day"),
        ({"first_day": "2026-01-05", "weekdays": []}, "first_day"),
        ({"earliest": "25:00"}, "earliest"),
    ):
        answer = await client.post("/api/proposals", json=TIME | {"brief_id": brief_id} | change, headers=mine)
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["fields"]] == [field]
    over_midnight = TIME | {"brief_id": brief_id, "earliest": "23:00", "latest": "01:30", "minutes": 150}
    made = await client.post("/api/proposals", json=over_midnight, headers=mine)
    assert made.status_code == 201
    path = f"/api/proposals/{made.json()['id']}"
    assert (await client.post(f"{path}/refuse", json={"reason": " "}, headers=operator)).status_code == 422
    assert (await client.post(f"{path}/withdraw", headers=mine)).json()["state"] == "withdrawn"
    assert (await client.post(f"{path}/accept", json={}, headers=operator)).status_code == 409
    assert await store.programme.current() == [], "neither half of an acceptance stays"
    draft = await store.briefs.create("mine", "draft", {"id": "draft"}, "me")
    answer = await client.post("/api/proposals", json=TIME | {"brief_id": draft.brief_id}, headers=mine)
    assert answer.status_code == 409


async def test_a_refusal_tells_the_reason_and_a_full_machine_accepts_nothing(
    client: httpx.AsyncClient, store: Store, house: RoomHouse, brief_id: str
) -> None:
    mine, operator = await keys(store)
    for _ in range(house.places):
        full = NewEntry((BRIEF.id,), "en-US", None, date(2026, 5, 4), None, (0,), time(9), 600)
        await store.programme.add(full, "op")
    made = await client.post("/api/proposals", json=TIME | {"brief_id": brief_id}, headers=mine)
    path = f"/api/proposals/{made.json()['id']}"
    assert (await client.post(f"{path}/accept", json={}, headers=operator)).status_code == 409
    page = await client.get("/operator/programme", headers=operator)
    assert made.json()["id"] in page.text
    refused = await client.post(f"{path}/refuse", json={"reason": "Mondays are taken."}, headers=operator)
    assert refused.json()["state"] == "refused"
    assert "Mondays are taken." in (await client.get(f"/advertiser/briefs/{brief_id}", headers=mine)).text
    theirs = await key_of(store, await person(store, Role.ADVERTISER, "theirs"))
    assert (await client.get("/api/proposals", headers=theirs)).json() == {"proposals": []}


async def spent(store: Store, brief_id: str, seconds: int) -> None:
    await store.shows.create("earlier", (brief_id,), "en-US", "mina")
    said = await store.utterances.append(
        NewUtterance("earlier", "Look.", (), brief_id, "proof", "en-US", "v", "template", 0)
    )
    await store.heard.add(Heard(said.id, "earlier", brief_id, 0, seconds * SAMPLE_RATE, True, AT))


async def test_a_budget_shows_what_is_spent_and_left_and_both_sides_are_told(
    client: httpx.AsyncClient, store: Store, brief_id: str
) -> None:
    mine, operator = await keys(store)
    body = {
        "brief_id": brief_id, "amount": 1_000, "currency": "USD", "first_day": "2026-05-01", "last_day": "2026-05-31"
    }  # fmt: skip
    made = await client.post("/api/budgets", json=body, headers=mine)
    assert made.status_code == 201, made.text
    assert (made.json()["left"], made.json()["state"]) == (1_000, "running")
    assert made.json()["ends"] == "2026-06-01T00:00:00Z"
    assert (await client.post("/api/budgets", json=body, headers=mine)).status_code == 409, "one a day and brief"
    await spent(store, brief_id, 33 * 60 + 1)
    (seen,) = (await client.get("/api/budgets", headers=mine)).json()["budgets"]
    assert (seen["spent"], seen["left"], seen["percent"], seen["state"]) == (850, 150, 82, "warning")
    page = await client.get(f"/advertiser/briefs/{brief_id}", headers=mine)
    assert "USD 8.50 spent of USD 10.00, USD 1.50 left" in page.text
    path = f"/api/budgets/{made.json()['id']}"
    changed = await client.patch(path, json={"amount": 800}, headers=mine)
    assert (changed.json()["state"], changed.json()["spent"], changed.json()["left"]) == ("used-up", 800, 0)
    for url, headers in (("/advertiser", mine), ("/operator/programme", operator)):
        assert "used up: its shows go on without it" in (await client.get(url, headers=headers)).text, url
    assert (await client.delete(path, headers=mine)).status_code == 204
    assert (await client.delete(path, headers=mine)).status_code == 409
    assert (await client.get("/api/budgets", headers=mine)).json() == {"budgets": []}


async def test_what_is_wrong_with_a_budget_is_named(client: httpx.AsyncClient, store: Store, brief_id: str) -> None:
    mine, _ = await keys(store)
    good = {
        "brief_id": brief_id, "amount": 1_000, "currency": "USD", "first_day": "2026-05-01", "last_day": "2026-05-31"
    }  # fmt: skip
    for change, field in (
        ({"amount": 10}, "amount"),
        ({"amount": 10.5}, "amount"),
        ({"amount": "10"}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"last_day": "2026-04-01"}, "last_day"),
        ({"first_day": "2026-03-01", "last_day": "2026-04-01"}, "last_day"),
        ({"last_day": "2030-01-01"}, "last_day"),
    ):
        answer = await client.post("/api/budgets", json=good | change, headers=mine)
        assert answer.status_code == 422, (change, answer.text)
        assert [one["field"] for one in answer.json()["fields"]] == [field]


async def test_airtime_counts_in_the_period_it_began_in(store: Store, brief_id: str) -> None:
    await spent(store, brief_id, 5)
    day = datetime(2026, 5, 1, tzinfo=UTC)
    assert await store.heard.charged(brief_id, day, day + timedelta(days=1)) == 5 * SAMPLE_RATE
    assert await store.heard.charged(brief_id, AT, AT + timedelta(seconds=1)) == 5 * SAMPLE_RATE
    assert await store.heard.charged(brief_id, day, AT) == 0, "the end is not part of it"
