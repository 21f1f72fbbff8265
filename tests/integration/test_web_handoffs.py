"""Questions for a person: stored, listed, taken by one, answered into the chat as a person, closed."""

from __future__ import annotations

import json

import httpx
import pytest

from influencer.errors import Conflict, NotFound
from influencer.store import Store
from influencer.store.handoffs import NewHandOff
from tests.integration.test_web_api import OPERATOR
from tests.web_house import RoomHouse

pytestmark = pytest.mark.integration
QUESTION = NewHandOff("demo", "v1", "Ana", "My order <b>never</b> came", "en", "order_help", "dew-serum", 7)
LIST = "/api/shows/demo/hand-offs"


async def test_an_operator_takes_a_question_answers_it_in_the_chat_and_closes_it(
    client: httpx.AsyncClient, house: RoomHouse, store: Store
) -> None:
    kept = await store.hand_offs.add(QUESTION)
    assert kept is not None
    client.headers.update(OPERATOR)
    (listed,) = (await client.get(LIST)).json()["hand_offs"]
    assert (listed["id"], listed["state"], listed["kind"], listed["text"]) == (
        kept.id, "waiting", "order_help", QUESTION.text,
    )  # fmt: skip
    assert "viewer_id" not in listed
    taken = (await client.post(f"{LIST}/{kept.id}/take")).json()
    assert (taken["state"], taken["taken_by"]) == ("taken", "operator token")
    with house.get("demo").chat.subscribe() as room:
        answered = await client.post(f"{LIST}/{kept.id}/answer", json={"text": " We are looking  into it. "})
        assert answered.json()["answer"] == "We are looking into it."
        (event,) = json.loads(await anext(room))
    assert (event["kind"], event["payload"]["author"], event["payload"]["reply_to"]) == ("answer", "Team", 7)
    assert event["payload"]["person"] is True
    assert (await store.chat.latest("demo"))[-1].text == "We are looking into it."
    again = await client.post(f"{LIST}/{kept.id}/answer", json={"text": "Once more."})
    assert again.status_code == 409 and "answered" in again.json()["detail"]
    assert (await client.get(LIST)).json()["hand_offs"] == []
    for _ in range(2):
        assert (await client.post(f"{LIST}/{kept.id}/close")).json()["state"] == "closed"
    assert len((await client.get(LIST, params={"state": "all"})).json()["hand_offs"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{LIST}/999/take", None, 404),
        ("POST", f"{LIST}/0/take", None, 422),
        ("POST", f"{LIST}/1/answer", {"text": " "}, 422),
        ("POST", f"{LIST}/1/answer", {"text": "x" * 501}, 422),
        ("GET", f"{LIST}?state=some", None, 422),
    ],
)
async def test_wrong_requests_are_told_what_is_wrong(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, str] | None, status: int
) -> None:
    refused = await client.request(method, path, json=body, headers=OPERATOR)
    assert refused.status_code == status and refused.headers["content-type"] == "application/problem+json"


async def test_viewers_cannot_read_the_list(client: httpx.AsyncClient) -> None:
    assert (await client.get(LIST)).status_code == 401
    assert (await client.post(f"{LIST}/1/close")).status_code == 401


async def test_a_question_is_with_one_person_at_a_time_and_the_list_is_bounded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await store.hand_offs.add(QUESTION)
    assert first is not None
    await store.hand_offs.take("demo", first.id, "ann")
    await store.hand_offs.take("demo", first.id, "ann")
    for attempt in (
        store.hand_offs.take("demo", first.id, "bob"),
        store.hand_offs.answer("demo", first.id, "bob", "x"),
    ):
        with pytest.raises(Conflict, match="taken by ann"):
            await attempt
    with pytest.raises(NotFound):
        await store.hand_offs.close("other", first.id)
    assert [await store.hand_offs.add(QUESTION) is None for _ in range(3)] == [False, False, True], "three a viewer"
    monkeypatch.setattr("influencer.store.handoffs.MOST_UNDONE", 3)
    full = NewHandOff("demo", "v2", "Bob", "hello?", "en", "complaint", None, 9)
    assert await store.hand_offs.add(full) is None
    await store.hand_offs.close("demo", first.id)
    assert await store.hand_offs.add(full) is not None
