"""Packs over HTTP: what is saved counts, mistakes name field and line, two editors lose nothing, tenants see none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from influencer.accounts.roles import Role
from influencer.intake.intake import Intake
from influencer.loading import load_market, load_persona, personas
from influencer.packs.catalogue import CATALOGUE
from influencer.packs.saved import of_the_settings
from influencer.show.backends import Backends
from influencer.store import Store
from models.avatar.puppet import PuppetBackend
from models.fakes import ToneSpeechModel
from tests.integration.conftest import TOKEN
from tests.people import key_of, person
from tests.web_house import AT, RoomHouse

pytestmark = pytest.mark.integration
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefghi")
)
"""Nine to the ninth values, if anybody wrote them out."""
STAFF = {"Authorization": f"Bearer {TOKEN}"}
MAYA, US = "/api/packs/persona/maya", "/api/packs/market/en-US"


@pytest.fixture(autouse=True)
def files_again() -> Iterator[None]:
    yield
    CATALOGUE.lift()


@pytest.fixture
def drawing(app: FastAPI, store: Store) -> None:
    """Models that need no weights."""
    backends = Backends(None, ToneSpeechModel(), PuppetBackend())
    made = Intake.of(store, backends=backends, now=lambda: AT)
    app.state.web = replace(app.state.web, intake=made)


async def document(client: httpx.AsyncClient, path: str = MAYA) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(path, headers=STAFF)).json()["document"]
    return found


async def save(client: httpx.AsyncClient, path: str, version: int, **body: Any) -> httpx.Response:
    return await client.put(path, json={"version": version, "approve": True, **body}, headers=STAFF)


def fields(answer: httpx.Response) -> dict[str, str]:
    return {each["field"]: each["allowed"] for each in answer.json()["fields"]}


async def test_a_saved_persona_counts_for_whoever_loads_it(client: httpx.AsyncClient, store: Store) -> None:
    maya = await document(client)
    maya["attributes"]["outfit.color"] = "crimson"
    draft = await save(client, MAYA, 0, document=maya, note="try red", approve=False)
    assert (draft.status_code, draft.json()["state"], draft.json()["version"]) == (200, "draft", 1)
    assert load_persona("maya").attributes["outfit.color"] != "crimson", "a draft is nobody's"
    approved = await client.post(f"{MAYA}/versions/1/approve", headers=STAFF)
    assert approved.json()["state"] == "approved"
    assert load_persona("maya").attributes["outfit.color"] == "crimson"
    assert personas()["maya"].attributes["outfit.color"] == "crimson"
    opened = (await client.get(MAYA, headers=STAFF)).json()
    assert (opened["counts"], opened["state"], opened["history"][0]["note"]) == (1, "approved", "try red")
    logged = [entry.action for entry in await store.audit.latest()]
    assert "PUT /api/packs/{kind}/{pack_id}" in logged


async def test_mistakes_name_the_field_and_in_yaml_the_line(client: httpx.AsyncClient) -> None:
    maya = await document(client)
    maya["attributes"] |= {"hair.style": "mohawk", "hat": "tall"}
    maya["styles"] = {"ja-JP": {"outfit.color": "sky bluish"}}
    found = fields(await save(client, MAYA, 0, document=maya))
    assert "bob" in found["attributes.hair.style"]
    assert "hair.style" in found["attributes.hat"]
    assert "#rrggbb" in found["styles.ja-JP.outfit.color"]
    text = "id: maya\nname:\n  en-US: Maya\nsynthetic: true\nmanner: calm\nattributes:\n  hair.style: mohawk\n"
    checked = await client.post(f"{MAYA}/check", json={"yaml": text}, headers=STAFF)
    assert list(fields(checked)) == ["line 7, attributes.hair.style"]
    broken = await client.post(f"{MAYA}/check", json={"yaml": text + "  hair: [\n"}, headers=STAFF)
    assert next(iter(fields(broken))).startswith("line ")
    unknown = await client.post(f"{MAYA}/check", json={"yaml": text.replace("manner", "maner")}, headers=STAFF)
    assert "line 5, maner" in fields(unknown)
    both = await client.post(f"{MAYA}/check", json={"yaml": text, "document": {}}, headers=STAFF)
    assert fields(both) == {"document": "either document or yaml"}
    other = await save(client, MAYA, 0, document=await document(client) | {"id": "theo"})
    assert "id" in fields(other)


async def test_a_market_must_stay_truthful_labelled_and_possible(client: httpx.AsyncClient) -> None:
    us = await document(client, US)
    us |= {
        "disclosure": "Hello from our studio.", "label": "Live", "currency": "KRW", "persona": "nobody",
        "greetings": ["Hello there.", "Welcome.", "Our serum cures acne, guaranteed."],
    }  # fmt: skip
    found = fields(await save(client, US, 0, document=us))
    assert {"disclosure", "label", "currency", "persona", "greetings[2]"} <= set(found)
    assert "maya" in found["persona"]
    assert load_market("en-US").label != "Live"


async def test_real_people_stay_real_people(client: httpx.AsyncClient) -> None:
    maya = await document(client)
    named = fields(await save(client, MAYA, 0, document=maya | {"manner": "just like Taylor Swift on stage"}))
    assert "manner" in named
    real = maya | {"synthetic": False}
    assert "consent" in str(fields(await save(client, MAYA, 0, document=real)))
    real["consent"] = {"person": "Anna Real", "scope": "live shows", "expires": "see the record"}
    assert (await save(client, MAYA, 0, document=real)).status_code == 200
    washed = await save(client, MAYA, 1, document=maya)
    assert "synthetic" in fields(washed)


async def test_the_second_of_two_editors_is_told_what_changed(client: httpx.AsyncClient) -> None:
    maya, theirs = await document(client), await document(client)
    theirs["manner"] = "slow and kind"
    theirs["attributes"]["hair.style"] = "bob"
    assert (await save(client, MAYA, 0, document=theirs, note="softer")).status_code == 200
    maya["voice"] = "male"
    refused = await save(client, MAYA, 0, document=maya)
    assert refused.status_code == 409
    current = refused.json()["current"]
    assert (current["version"], current["note"]) == (1, "softer")
    assert {one["field"]: one["after"] for one in current["changes"]} == {
        "manner": "slow and kind", "attributes.hair.style": "bob",
    }  # fmt: skip
    assert (await save(client, MAYA, 1, document=maya)).status_code == 200
    both = await asyncio.gather(*(save(client, MAYA, 2, document=theirs, note=str(n)) for n in range(4)))
    assert sorted(answer.status_code for answer in both) == [200, 409, 409, 409]


async def test_versions_are_compared_restored_and_taken_back(client: httpx.AsyncClient) -> None:
    file = await document(client)
    for version, style in enumerate(("bob", "bun")):
        changed = file | {"attributes": {**file["attributes"], "hair.style": style}}
        assert (await save(client, MAYA, version, document=changed)).status_code == 200
    compared = await client.get(f"{MAYA}/compare?before=1&after=2", headers=STAFF)
    assert compared.json()["changes"] == [{"field": "attributes.hair.style", "before": "bob", "after": "bun"}]
    restored = await client.post(f"{MAYA}/restore", json={"restores": 1, "version": 2}, headers=STAFF)
    assert restored.json()["version"] == 3
    assert load_persona("maya").attributes["hair.style"] == "bob"
    back = await client.request("DELETE", f"{MAYA}?version=3", headers=STAFF)
    assert back.status_code == 200
    assert (await client.get(MAYA, headers=STAFF)).json()["document"] == file
    assert load_persona("maya").attributes["hair.style"] == file["attributes"]["hair.style"]
    missing = await client.post(f"{MAYA}/restore", json={"restores": 40, "version": 4}, headers=STAFF)
    assert missing.status_code == 404


async def test_a_new_persona_begins_as_another_and_can_go(client: httpx.AsyncClient) -> None:
    nova = await document(client) | {"id": "nova", "name": {"en-US": "Nova"}}
    path = "/api/packs/persona/nova"
    assert (await save(client, path, 0, document=nova)).status_code == 404, "a slip of an id makes no persona"
    assert (await save(client, path, 0, document=nova, new=True)).status_code == 200
    assert (await save(client, path, 0, document=nova, new=True)).status_code == 409
    assert load_persona("nova").name == {"en-US": "Nova"}
    us = await document(client, US)
    assert (await save(client, US, 0, document=us | {"persona": "nova"})).status_code == 200
    kept = await client.request("DELETE", f"{path}?version=1", headers=STAFF)
    assert (kept.status_code, "en-US" in kept.json()["detail"]) == (409, True)
    assert (await client.request("DELETE", f"{US}?version=1", headers=STAFF)).status_code == 200
    assert (await client.request("DELETE", f"{path}?version=1", headers=STAFF)).status_code == 200
    assert "nova" not in personas()
    assert (await client.get(path, headers=STAFF)).status_code == 404
    assert (await save(client, path, 0, document=nova, new=True)).json()["version"] == 3


async def test_an_export_lies_in_configs_unchanged(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    us = await document(client, US) | {"allowed_words": ["1e5", "010", "yes", "12:30", "100%", "- dash", "# hash"]}
    assert (await save(client, US, 0, document=us)).status_code == 200
    exported = await client.get(f"{US}/export", headers=STAFF)
    counted = load_market("en-US")
    (tmp_path / "markets").mkdir()
    (tmp_path / "markets" / "en-US.yaml").write_bytes(exported.content)
    monkeypatch.setenv("INFLUENCER_CONFIGS", str(tmp_path))
    CATALOGUE.lift()
    assert load_market("en-US") == counted


async def test_a_command_line_reads_what_was_approved(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = await document(client)
    assert (await save(client, MAYA, 0, document=maya | {"manner": "slow and kind"})).status_code == 200
    monkeypatch.setenv("INFLUENCER_DATABASE", store._engine.url.render_as_string(hide_password=False))
    CATALOGUE.lift()
    assert load_persona("maya").manner != "slow and kind"
    CATALOGUE.read_from(of_the_settings)
    assert load_persona("maya").manner == "slow and kind"


@pytest.mark.usefixtures("drawing")
async def test_stills_and_voices_follow_what_is_written(app: FastAPI, client: httpx.AsyncClient) -> None:
    maya = await document(client)
    first = await client.post(f"{MAYA}/still", json={"document": maya, "market": "en-US"}, headers=STAFF)
    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(BytesIO(first.content)).size == (360, 640)
    maya["styles"] = {"en-US": {"outfit.color": "#10d010"}}
    green = await client.post(f"{MAYA}/still", json={"document": maya, "market": "en-US"}, headers=STAFF)
    assert green.content != first.content
    drawn = app.state.web.intake.stills.drawn
    again = await client.post(f"{MAYA}/still", json={"document": maya, "market": "en-US"}, headers=STAFF)
    assert (again.content, app.state.web.intake.stills.drawn) == (green.content, drawn), "kept, not drawn again"
    colours = ["#101010", "#202020", "#303030", "#404040"]
    wishes = []
    for colour in colours:
        wish = {"document": maya | {"styles": {"en-US": {"outfit.color": colour}}}, "market": "en-US", "editor": "ina"}
        wishes.append(client.post(f"{MAYA}/still", json=wish, headers=STAFF))
    answers = [answer.status_code for answer in await asyncio.gather(*wishes)]
    assert answers.count(200) < len(colours), "what is outdated before its turn is never drawn"
    assert set(answers) == {200, 409}
    heard = await client.post(f"{MAYA}/listen", json={"document": maya, "market": "en-US"}, headers=STAFF)
    assert (heard.status_code, heard.content[4:8]) == (200, b"ftyp")
    wrong = await client.post(f"{MAYA}/still", json={"document": maya | {"voice": "loud"}}, headers=STAFF)
    assert "voice" in fields(wrong)


async def test_a_sample_speaks_and_writes_as_the_market_would(client: httpx.AsyncClient) -> None:
    korea = await document(client, "/api/packs/market/ko-KR")
    korea["greetings"] = ["여러분 안녕하세요, 새 인사예요.", *korea["greetings"][1:]]
    answer = await client.post("/api/packs/market/ko-KR/sample", json={"document": korea}, headers=STAFF)
    assert answer.status_code == 200, answer.text
    sample = answer.json()
    own = {one["field"]: one for one in sample["own"]}
    assert own["greetings[0]"] == {
        "field": "greetings[0]", "text": korea["greetings"][0], "refused": None, "because": [],
    }  # fmt: skip
    assert dict(map(tuple, sample["forms"]))["price"].endswith("원")
    assert len(sample["script"]) >= 5
    assert any("원" in line["text"] and line["because"] for line in sample["script"])
    assert sample["label"] == korea["label"]


async def test_a_swap_is_looked_at_and_done(client: httpx.AsyncClient, house: RoomHouse) -> None:
    swap = {"persona": "theo", "changes": {"outfit.color": "#103050"}}
    seen = await client.post("/api/shows/demo/swap/preview", json=swap, headers=STAFF)
    assert seen.json()["picture"].startswith("data:image/png;base64,")
    assert (seen.json()["name"], seen.json()["persona_version"], seen.json()["line"]) == (
        "Theo",
        2,
        "This is Dew Serum.",
    )
    assert house.get("demo").swaps == []
    done = await client.post("/api/shows/demo/swap", json=swap | {"persona_version": 2}, headers=STAFF)
    assert done.status_code == 204
    assert house.get("demo").swaps[0].persona_version == 2
    assert house.get("demo").info().persona_id == "theo"
    nothing = await client.post("/api/shows/demo/swap", json={}, headers=STAFF)
    assert "persona" in fields(nothing)
    assert (await client.post("/api/shows/none/swap/preview", json=swap, headers=STAFF)).status_code == 404


async def test_advertisers_and_viewers_learn_nothing_of_packs(client: httpx.AsyncClient, store: Store) -> None:
    for role, advertiser in ((Role.ADVERTISER, "mine"), (Role.VIEWER, None)):
        key = await key_of(store, await person(store, role, advertiser))
        assert (await client.get(MAYA, headers=key)).status_code == 403
        assert (await client.put(MAYA, json={"version": 0, "document": {}}, headers=key)).status_code == 403
    assert (await client.get(MAYA)).status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        ALIASES,
        "[" * 5_000,
        "id: maya\n---\nid: theo",
        "\x00",
        "- maya",
    ],
    ids=["aliases", "nesting", "two", "control", "list"],
)  # fmt: skip
async def test_yaml_that_is_no_pack_is_refused_at_once(client: httpx.AsyncClient, text: str) -> None:
    checked = await client.post(f"{MAYA}/check", json={"yaml": text}, headers=STAFF)
    assert (checked.status_code, len(checked.json()["fields"])) == (200, 1)
    assert (await save(client, MAYA, 0, yaml=text)).status_code == 422


@pytest.mark.parametrize("path", ["/api/packs/persona/nobody", "/api/packs/hat/maya", "/api/packs/persona/..%2Fmaya"])
async def test_what_is_not_there_is_a_clear_refusal(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers=STAFF)).status_code in {404, 422}
    assert (await client.put(path, json={"version": 0, "document": {}}, headers=STAFF)).status_code in {404, 422}
