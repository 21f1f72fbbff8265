"""The coming lines of a running show, changed over HTTP by one operator and by two; take-over, breaks, slate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from influencer.script.run_of_show import RunOfShow
from influencer.show import answering
from influencer.show.control import StartRequest
from influencer.show.live import LiveShow
from influencer.show.operator import Outdated
from influencer.store import open_store
from influencer.web import WebSettings, create_app
from tests.integration.test_show import Studio, start, until

pytestmark = pytest.mark.integration
TOKEN = "operator-token-for-tests"
WAIT_S = 50.0


class Desk:
    """An operator's HTTP client on a show that really runs."""

    def __init__(self, studio: Studio, show: LiveShow, http: httpx.AsyncClient) -> None:
        self.studio, self.show, self.http = studio, show, http
        self.url = f"/api/shows/{show.id}"

    async def lines(self) -> dict[str, Any]:
        answer = await self.http.get(f"{self.url}/lines")
        assert answer.status_code == 200
        listed: dict[str, Any] = answer.json()
        return listed

    async def written(self, count: int = 9) -> dict[str, Any]:
        """The list once so many lines of it have words."""
        async with asyncio.timeout(WAIT_S):
            while True:
                listed = await self.lines()
                if sum(bool(line["text"]) for line in listed["lines"]) >= count:
                    return listed
                await asyncio.sleep(0.05)

    async def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        return await self.http.request(method, f"{self.url}/{path}", json=body)

    async def said(self, words: str) -> str:
        """Wait until something with these words is on air; gives its segment."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for one in await self.studio.store.utterances.latest(self.show.id, 50):
                    if words in one.text:
                        return one.segment
                await asyncio.sleep(0.05)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(answering, "ready_encoder", lambda: None)  # nobody asks anything here
    async with await open_store(f"sqlite:///{tmp_path}/show.db") as store:
        studio = Studio(store)
        async with studio.house() as house:
            show = await start(house, "en-US", "stone-mug", "dew-serum")
            app = create_app(
                house, store, WebSettings(operator_token=TOKEN), registry=CollectorRegistry()
            )  # fmt: skip
            transport = httpx.ASGITransport(app)
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as http:
                yield Desk(studio, show, http)


def ids(listed: dict[str, Any]) -> list[int]:
    return [line["id"] for line in listed["lines"]]


async def test_lines_are_listed_ahead_with_their_words_place_and_time(desk: Desk) -> None:
    listed = await desk.written()
    assert listed["mode"] == "script"
    assert len(listed["lines"]) >= 9
    times = [datetime.fromisoformat(line["planned_at"]) for line in listed["lines"]]
    assert times == sorted(times)
    assert all(line["seconds"] > 0 and line["product_id"] in {"stone-mug", "dew-serum"} for line in listed["lines"])
    assert "{" in listed["lines"][0]["raw"]
    assert not any("{" in line["text"] for line in listed["lines"])
    assert len({line["text"] for line in listed["lines"]}) == len(listed["lines"])


async def test_only_operators_see_and_change_the_lines(desk: Desk) -> None:
    desk.http.headers.clear()
    assert (await desk.http.get(f"{desk.url}/lines")).status_code == 401
    for method, path, body in (
        ("PATCH", "lines/1", {"version": 0, "text": "Hello."}), ("POST", "lines", {"version": 0, "text": "Hello."}),
        ("PUT", "lines/order", {"version": 0, "ids": [1, 2]}), ("POST", "slate", {}), ("POST", "takeover", {}),
    ):  # fmt: skip
        assert (await desk.send(method, path, **body)).status_code == 401


async def test_an_edited_line_is_said_in_its_place_as_a_line_of_its_segment(desk: Desk) -> None:
    listed = await desk.written()
    line = listed["lines"][3]
    words = "Here is Moss Mug, and it is {price}."
    answer = await desk.send("PATCH", f"lines/{line['id']}", version=listed["version"], text=words)
    assert answer.status_code == 200
    after = next(one for one in answer.json()["lines"] if one["id"] == line["id"])
    assert (after["edited"], after["source"], after["raw"]) == (True, "operator", words)
    assert "$" in after["text"]
    assert await desk.said(after["text"]) == line["segment"]


async def test_words_that_no_fact_supports_are_refused_with_reasons_and_change_nothing(desk: Desk) -> None:
    listed = await desk.written()
    for method, path in (("PATCH", f"lines/{ids(listed)[4]}"), ("POST", "lines")):
        answer = await desk.send(method, path, version=listed["version"], text="It cures acne for $5.")
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reasons"]
    assert (await desk.lines())["version"] == listed["version"]


async def test_two_operators_who_edit_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    listed = await desk.written()
    path = f"lines/{ids(listed)[5]}"
    first, second = await asyncio.gather(
        desk.send("PATCH", path, version=listed["version"], text="This is Moss Mug."),
        desk.send("PATCH", path, version=listed["version"], text="Here is Moss Mug."),
    )
    assert sorted((first.status_code, second.status_code)) == [200, 409]
    won, lost = (first, second) if first.status_code == 200 else (second, first)
    current = lost.json()["current"]
    assert lost.headers["content-type"] == "application/problem+json"
    assert current["version"] == won.json()["version"] == listed["version"] + 1
    assert {line["id"]: line["text"] for line in current["lines"]}[ids(listed)[5]].endswith("Moss Mug.")
    again = await desk.send("PATCH", path, version=current["version"], text="Here is Moss Mug.")
    assert again.status_code == 200


async def test_many_changes_at_once_are_all_made_or_refused_and_no_line_is_lost(desk: Desk) -> None:
    listed = await desk.written()

    async def insert(number: int) -> bool:
        version = listed["version"]
        while True:  # as a page does: take the current list and try again
            text = "This is Moss Mug." if number % 2 else "Here is Moss Mug."
            answer = await desk.send("POST", "lines", version=version, text=text, product_id="stone-mug")
            if answer.status_code == 201:
                return True
            assert answer.status_code == 409
            version = answer.json()["current"]["version"]

    assert all(await asyncio.gather(*(insert(number) for number in range(4))))
    after = await desk.lines()
    assert after["version"] == listed["version"] + 4
    assert sum(line["source"] == "operator" for line in after["lines"]) == 4
    assert len(set(ids(after))) == len(after["lines"])


async def test_lines_are_put_in_moved_taken_out_and_said_in_the_order_shown(desk: Desk) -> None:
    desk.studio.speech.pace = 2.0  # slower, so that nothing is said while the order is changed
    listed = await desk.written()
    known = ids(listed)
    answer = await desk.send(
        "POST", "lines", version=listed["version"], text="This is {name}.", before=known[4], product_id="dew-serum"
    )
    assert answer.status_code == 201
    listed = answer.json()
    new = ids(listed)[ids(listed).index(known[4]) - 1]
    made = next(line for line in listed["lines"] if line["id"] == new)
    assert made["product_id"] == "dew-serum"
    answer = await desk.send("PUT", "lines/order", version=listed["version"], ids=[known[6], known[5]])
    listed = answer.json()
    order = ids(listed)
    assert order.index(known[6]) < order.index(known[5])
    answer = await desk.http.delete(f"{desk.url}/lines/{known[5]}", params={"version": listed["version"]})
    assert known[5] not in ids(answer.json())
    desk.studio.speech.pace = 8.0
    await desk.said(made["text"])
    gone = await desk.send("PATCH", f"lines/{new}", version=answer.json()["version"], text="This is {name}.")
    assert gone.status_code == 409
    assert new not in [line["id"] for line in gone.json()["current"]["lines"]]


async def test_a_line_that_never_was_is_not_found_and_a_wrong_body_names_its_field(desk: Desk) -> None:
    listed = await desk.written()
    version = listed["version"]
    assert (await desk.send("PATCH", "lines/999999", version=version, text="Hello.")).status_code == 404
    wrong = await desk.send("PATCH", f"lines/{ids(listed)[4]}", version="new", text="")
    assert wrong.status_code == 422
    assert {field["field"] for field in wrong.json()["fields"]} == {"version", "text"}
    nowhere = await desk.send("POST", "lines/jump", version=version, product_id="travel-tote")
    assert nowhere.status_code == 422
    assert "proof of dew-serum" in nowhere.json()["detail"]


async def test_a_line_is_said_now_and_not_again_in_its_old_place(desk: Desk) -> None:
    listed = await desk.written()
    line = listed["lines"][6]
    answer = await desk.send("POST", f"lines/{line['id']}/say", version=listed["version"], at="word")
    assert answer.status_code == 200
    assert line["id"] not in ids(answer.json())
    await desk.said(line["text"])


async def test_a_jump_goes_to_another_product_and_a_skip_to_another_segment(desk: Desk) -> None:
    listed = await desk.written()
    answer = await desk.send("POST", "lines/jump", version=listed["version"], product_id="dew-serum", segment="proof")
    assert answer.status_code == 200
    first = answer.json()["lines"][0]
    assert (first["product_id"], first["segment"]) == ("dew-serum", "proof")
    await until(lambda: desk.show.info().product_on_air == "dew-serum", WAIT_S)
    listed = await desk.written()
    answer = await desk.send("POST", "lines/skip", version=listed["version"])
    assert answer.status_code == 200
    assert "proof" not in [line["segment"] for line in answer.json()["lines"][:2]]


async def test_a_jump_to_the_sale_says_what_the_law_wants_said_first(desk: Desk) -> None:
    listed = await desk.written()
    body = {"product_id": "dew-serum", "segment": "call-to-action"}
    answer = await desk.send("POST", "lines/jump", version=listed["version"], **body)
    assert answer.status_code == 200
    first, second = answer.json()["lines"][:2]
    assert (first["segment"], second["segment"]) == ("disclaimer", "call-to-action")
    assert await desk.said("Individual results may vary.") == "disclaimer"
    kinds = [one.segment for one in await desk.studio.store.utterances.latest(desk.show.id, 50)]
    assert "call-to-action" not in kinds[: kinds.index("disclaimer")]
    listed = await desk.written()
    sale = next(line for line in listed["lines"] if line["segment"] == "call-to-action")
    assert await desk.said(sale["text"]) == "call-to-action"


async def test_after_a_take_over_only_typed_lines_are_said_until_the_script_goes_on(desk: Desk) -> None:
    await desk.written()
    await until(lambda: desk.show.on_air() is not None, WAIT_S)
    assert (await desk.send("POST", "takeover")).status_code == 204
    assert (await desk.send("POST", "takeover")).status_code == 409
    listed = await desk.lines()
    assert listed["mode"] == "taken-over"
    assert {line["planned_at"] for line in listed["lines"]} == {None}
    for words in ("Here is Moss Mug.", "And this is Moss Mug."):
        assert (await desk.http.post(f"{desk.url}/say", json={"text": words})).status_code == 202
    await desk.said("And this is Moss Mug.")
    await until(lambda: desk.show.on_air() is None, WAIT_S)
    await asyncio.sleep(1)  # the script would begin at once
    spoken = [one.text for one in await desk.studio.store.utterances.latest(desk.show.id, 50)]
    assert spoken[-2:] == ["Here is Moss Mug.", "And this is Moss Mug."]
    assert (await desk.http.delete(f"{desk.url}/takeover")).status_code == 204
    assert (await desk.http.delete(f"{desk.url}/takeover")).status_code == 409
    await desk.said(listed["lines"][2]["text"])


async def test_in_a_break_viewers_see_a_still_and_the_show_goes_on_by_itself(desk: Desk) -> None:
    await desk.written()
    await until(lambda: desk.show._rig.performer.latest is not None, WAIT_S)
    host = desk.show._rig.performer.latest
    assert host is not None
    refused = await desk.send("POST", "break", seconds=6, text="Only $5 today!")
    assert (refused.status_code, bool(refused.json()["reasons"])) == (422, True)
    assert (await desk.send("POST", "break", seconds=6, text="Back in 5 minutes")).status_code == 204
    listed = await desk.lines()
    assert (listed["mode"], desk.show.info().state) == ("break", "paused")
    assert listed["resumes_at"] is not None

    def still() -> bool:
        latest = desk.show._rig.performer.latest
        return latest is not None and bool(np.abs(latest.astype(int) - host).mean() > 20)

    await until(still, WAIT_S)
    await until(lambda: desk.show.info().state == "live", WAIT_S)
    await until(lambda: not still(), WAIT_S)
    assert (await desk.lines())["mode"] == "script"
    await until(lambda: desk.show.on_air() is not None, WAIT_S)


async def test_a_slate_replaces_picture_and_sound_at_once_and_stays_until_resumed(desk: Desk) -> None:
    await desk.written()
    await until(lambda: desk.show.on_air() is not None, WAIT_S)
    assert (await desk.send("POST", "slate")).status_code == 204
    rig = desk.show._rig
    waiting = rig._timeline._slots  # what viewers get next is covered already
    assert all(slot.rgba is waiting[0].rgba for slot in tuple(waiting))
    listed = await desk.lines()
    assert (listed["mode"], desk.show.info().state) == ("slate", "paused")
    await asyncio.sleep(1.2)
    assert rig.performer._cover is rig.performer.latest
    assert (await desk.http.post(f"{desk.url}/resume")).status_code == 204
    await until(lambda: rig.performer.latest is not None and rig.performer._cover is None, WAIT_S)
    await until(lambda: desk.show.on_air() is not None, WAIT_S)


async def test_what_an_operator_changed_is_there_after_the_process_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ready_encoder", lambda: None)
    async with await open_store(f"sqlite:///{tmp_path}/show.db") as store:
        studio = Studio(store)
        run = RunOfShow(minutes=4, weights={"dew-serum": 2})
        async with studio.house() as house:
            info = await house.start(StartRequest(("stone-mug", "dew-serum"), "en-US", run=run))
            show = house.get(info.id)
            await until(lambda: len(show.operator.coming().lines) >= 9, WAIT_S)
            listed = show.operator.coming()
            await show.operator.remove(listed.version, listed.lines[6].id)
            edited = await show.operator.edit(listed.version + 1, listed.lines[5].id, "This is {name}.")
            put_in = await show.operator.insert(edited.version, "Look at {name}.", before=listed.lines[5].id)
            await show.operator.slate("Back at 20:30")
            wanted = [line.id for line in put_in.lines]
        async with studio.house() as house:
            await house.restore()
            show = house.get(info.id)
            assert show._rig.session.desk._planned == run
            await until(lambda: len(show.operator.coming().lines) >= 9, WAIT_S)
            back = show.operator.coming()
            assert (back.mode, show.info().state) == ("slate", "paused")
            assert show._rig.performer._cover is not None
            by_id = {line.id: line for line in back.lines}
            assert by_id[listed.lines[5].id].raw == "This is {name}."
            assert listed.lines[6].id not in by_id
            kept = [line.id for line in back.lines if line.id in wanted]
            assert kept == [id_ for id_ in wanted if id_ in by_id]  # in the operator's order
            assert len(kept) >= 8
            assert back.version > put_in.version
            with pytest.raises(Outdated):
                await show.operator.remove(put_in.version, listed.lines[5].id)
            await show.resume()
            await until(lambda: show.operator.coming().mode == "script", WAIT_S)
            await show.operator.take_over()
        async with studio.house() as house:
            await house.restore()
            show = house.get(info.id)
            await until(lambda: show.operator.coming().mode == "taken-over", WAIT_S)
            assert show.info().state == "live"
            await show.operator.hand_back()
            await until(lambda: show.on_air() is not None, WAIT_S)


async def test_a_show_is_started_with_a_run_of_show_or_told_what_is_wrong_with_it(desk: Desk) -> None:
    body: dict[str, Any] = {"brief_ids": ["stone-mug"], "market": "en-US", "run_of_show": {"minutes": 0}}
    wrong = await desk.http.post("/api/shows", json=body)
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "run_of_show.minutes")
    body["run_of_show"] = {"segments": [{"kind": "hook", "product": "grip-mat"}]}
    other = await desk.http.post("/api/shows", json=body)
    assert (other.status_code, "a product of this show: stone-mug" in other.json()["detail"]) == (422, True)
