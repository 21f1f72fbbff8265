"""The API of briefs: drafts, checks, files, approval, and whose they are."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from influencer.accounts.roles import Role
from influencer.errors import Conflict
from influencer.intake.intake import Intake
from influencer.store import Store
from tests.integration.conftest import ORIGIN
from tests.people import key_of, person
from tests.unit.test_intake import ROW, csv_of
from tests.web_house import BRIEF

pytestmark = pytest.mark.integration
DOCUMENT: dict[str, Any] = {
    **BRIEF.model_dump(mode="json", exclude_none=True),
    "key_points": [
        {
            "id": "fragrance-free",
            "text": {"en-US": "No added fragrance.", "ko-KR": "향료를 넣지 않았어요."},
            "evidence": {"kind": "ingredient-list", "reference": "Label, revision 4"},
        },
        {
            "id": "acne",
            "claim": "health",
            "text": {"en-US": "It cures acne.", "ko-KR": "여드름을 치료해요."},
            "evidence": {"kind": "lab-test", "reference": "Report 7"},
        },
    ],
}


@pytest.fixture
async def sides(app: FastAPI, store: Store) -> dict[str, httpx.AsyncClient]:
    """Clients of two advertisers and of an operator, by API key."""
    clients = {}
    for name, role, tenant in (
        ("halvenne", Role.ADVERTISER, "halvenne"),
        ("rival", Role.ADVERTISER, "rival"),
        ("desk", Role.OPERATOR, None),
    ):
        clients[name] = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.9", 1)),
            base_url=ORIGIN,
            headers=await key_of(store, await person(store, role, tenant, login=name)),
        )
    return clients


def picture(size: tuple[int, int] = (400, 300)) -> bytes:
    buffer = BytesIO()
    Image.new("RGBA", size, (200, 30, 60, 128)).save(buffer, "PNG")
    return buffer.getvalue()


async def created(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/briefs", json={"document": DOCUMENT | more})
    assert answer.status_code == 201, answer.text
    brief: dict[str, Any] = answer.json()
    return brief


async def test_a_brief_is_drafted_submitted_sent_back_changed_and_approved(
    sides: dict[str, httpx.AsyncClient], app: FastAPI
) -> None:
    mine, desk = sides["halvenne"], sides["desk"]
    brief = await created(mine)
    assert (brief["id"], brief["version"], brief["state"]) == ("halvenne-dew-serum", 1, "draft")
    url = f"/api/briefs/{brief['id']}"
    assert (await desk.post(f"{url}/approve", json={"version": 1})).status_code == 409
    assert (await mine.post(f"{url}/submit", json={"version": 1})).json()["state"] == "submitted"
    assert (await desk.post(f"{url}/request-changes", json={"version": 1, "note": " "})).status_code == 422
    back = (await desk.post(f"{url}/request-changes", json={"version": 1, "note": "No cures."})).json()
    assert (back["state"], back["note"], back["decided_by"]) == ("changes-requested", "No cures.", "desk/tests")
    fixed = DOCUMENT | {"key_points": DOCUMENT["key_points"][:1]}
    saved = (await mine.put(url, json={"document": fixed, "version": 1, "revision": 1})).json()
    assert (saved["version"], saved["state"]) == (2, "draft")
    await mine.post(f"{url}/submit", json={"version": 2})
    intake: Intake = app.state.web.intake
    assert not [one for one in intake.shelf.all() if one.advertiser_id]
    assert (await desk.post(f"{url}/approve", json={"version": 2})).json()["state"] == "approved"
    (shelved,) = [one for one in intake.shelf.all() if one.advertiser_id]
    assert (shelved.brief.id, shelved.brief.sku) == (brief["id"], f"halvenne.{BRIEF.sku}")
    assert [one["version"] for one in (await mine.get(f"{url}/versions")).json()["briefs"]] == [2, 1]
    assert (await mine.post(f"{url}/withdraw", json={"version": 2})).json()["state"] == "withdrawn"
    assert not [one for one in intake.shelf.all() if one.advertiser_id]


async def test_a_form_is_checked_while_it_is_filled_in(sides: dict[str, httpx.AsyncClient]) -> None:
    mine = sides["halvenne"]
    fields = [[path, text] for path, text in ROW.items() if path not in {"shipping.en-US", "stock"}]
    wrong = (await mine.post("/api/briefs/check", json={"fields": [*fields, ["images", "a.jpg"]]})).json()
    assert {item["field"] for item in wrong["fields"]} == {"shipping", "stock"}
    whole = [[path, text] for path, text in ROW.items()]
    assert (await mine.post("/api/briefs/check", json={"fields": whole})).json() == {"fields": []}
    unknown = (await mine.post("/api/briefs/check", json={"fields": [*whole, ["images", "a.jpg"]]})).json()
    assert [item["field"] for item in unknown["fields"]] == ["images[0]"]
    both = await mine.post("/api/briefs/check", json={"fields": whole, "document": DOCUMENT})
    assert both.status_code == 422


async def test_a_save_on_top_of_somebody_elses_is_refused_and_loses_nothing(
    sides: dict[str, httpx.AsyncClient], store: Store
) -> None:
    mine = sides["halvenne"]
    brief = await created(mine)
    url, based = f"/api/briefs/{brief['id']}", {"version": 1, "revision": 1}
    changes = [mine.put(url, json={"document": DOCUMENT | {"stock": units}, **based}) for units in range(6)]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await store.briefs.latest(brief["id"])).document == won["document"]


async def test_another_advertisers_brief_is_like_one_that_does_not_exist(sides: dict[str, httpx.AsyncClient]) -> None:
    mine, rival, desk = sides["halvenne"], sides["rival"], sides["desk"]
    brief = await created(mine)
    image = (await mine.post("/api/images", files={"image": ("a.png", picture())})).json()
    save = {"document": DOCUMENT, "version": 1, "revision": 1}
    for method, url, body in [
        ("GET", "", None),
        ("GET", "/versions", None),
        ("GET", "/preview?market=en-US", None),
        ("PUT", "", save),
        ("POST", "/submit", {"version": 1}),
        ("POST", "/withdraw", {"version": 1}),
        ("POST", "/look", {"market": "en-US"}),
    ]:
        theirs = await rival.request(method, f"/api/briefs/{brief['id']}{url}", json=body)
        nobodys = await rival.request(method, f"/api/briefs/no-such-brief{url}", json=body)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json() == nobodys.json()
    assert (await rival.get(f"/api/briefs/{brief['id']}/images/{image['name']}")).status_code == 404
    assert (await mine.get(f"/api/briefs/{brief['id']}/images/{image['name']}")).headers["content-type"] == "image/jpeg"
    assert (
        await rival.post("/api/briefs", json={"document": DOCUMENT, "advertiser_id": "halvenne"})
    ).status_code == 404
    assert (await rival.get("/api/briefs")).json() == {"briefs": [], "next": None}
    same = await created(rival)
    assert same["id"] == "rival-dew-serum"
    assert {one["id"] for one in (await desk.get("/api/briefs")).json()["briefs"]} == {brief["id"], same["id"]}
    first = (await desk.get("/api/briefs", params={"limit": 1})).json()
    then = (await desk.get("/api/briefs", params={"limit": 1, "after": first["next"]})).json()
    assert (first["briefs"][0]["id"], then["briefs"][0]["id"], then["next"]) == (same["id"], brief["id"], None)


async def test_names_that_look_alike_get_ids_of_their_own(store: Store) -> None:
    for advertiser, name in (("a", "b-c"), ("a-b", "c")):
        await store.advertisers.add(advertiser, advertiser)
        await store.briefs.create(advertiser, name, {"id": name}, "me")
    found = await store.briefs.page(advertiser_id=None)
    assert {(one.advertiser_id, one.brief_id) for one in found} == {("a", "a-b-c"), ("a-b", "a-b-c-2")}
    with pytest.raises(Conflict, match="already"):
        await store.briefs.create("a", "b-c", {"id": "b-c"}, "me")


async def test_a_preview_shows_evidence_cost_and_what_is_refused(sides: dict[str, httpx.AsyncClient]) -> None:
    mine = sides["halvenne"]
    brief = await created(mine)
    shown = (await mine.get(f"/api/briefs/{brief['id']}/preview", params={"market": "en-US", "minutes": 3})).json()
    assert [one["field"] for one in shown["refused"]] == ["key_point.acne"]
    assert any("cure" in reason for reason in shown["refused"][0]["reasons"])
    lines = [line for segment in shown["segments"] for line in segment["lines"]]
    evidence = {because["evidence"] for line in lines for because in line["because"]}
    assert any(found and "Label, revision 4" in found for found in evidence)
    assert shown["cost"]["amount"] == shown["cost"]["airtime"] + shown["cost"]["speech"] > 0
    assert (await mine.get(f"/api/briefs/{brief['id']}/preview", params={"market": "ja-JP"})).status_code == 422


async def test_files_make_drafts_and_say_what_is_missing(sides: dict[str, httpx.AsyncClient]) -> None:
    mine = sides["halvenne"]
    bad = ROW | {"id": "Not An Id"}
    sheet = {"file": ("../briefs.csv", csv_of(ROW, bad, ROW))}
    made = (await mine.post("/api/imports", data={"kind": "sheet"}, files=sheet)).json()["imported"]
    assert [(one["source"], one["brief"] and one["brief"]["id"]) for one in made] == [
        ("briefs.csv row 2", "halvenne-dew-serum"),
        ("briefs.csv row 3", None),
        ("briefs.csv row 4", None),
    ]
    assert made[0]["fields"] == []
    assert [one["fields"][0]["field"] for one in made[1:]] == ["id", "id"]
    yaml = b"id: mug\nbrand: Terra\nprices: {en-US: {currency: USD, amount: 18.00}}\n"
    (one,) = (await mine.post("/api/imports", data={"kind": "brief"}, files={"file": ("mug.yaml", yaml)})).json()[
        "imported"
    ]
    assert one["brief"]["document"]["prices"]["en-US"]["amount"] == "18.00"
    assert "category" in {item["field"] for item in one["fields"]}
    broken = await mine.post("/api/imports", data={"kind": "brief"}, files={"file": ("a.yaml", b"a: [")})
    assert (broken.status_code, broken.headers["content-type"]) == (422, "application/problem+json")


async def test_a_feed_at_a_private_address_is_never_asked(sides: dict[str, httpx.AsyncClient]) -> None:
    for url in ("http://127.0.0.1:80/products.json", "http://169.254.169.254/latest", "file:///etc/passwd"):
        answer = await sides["halvenne"].post(
            "/api/imports/feed", json={"url": url, "market": "en-US", "currency": "USD"}
        )
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "url"


async def test_a_picture_is_kept_as_pixels_only(sides: dict[str, httpx.AsyncClient], store: Store) -> None:
    mine = sides["halvenne"]
    bomb = b"<svg onload=alert(1)>"
    assert (await mine.post("/api/images", files={"image": ("a.png", bomb)})).status_code == 422
    large = (await mine.post("/api/images", files={"image": ("a.png", picture((3000, 1500)))})).json()
    assert (large["width"], large["height"]) == (1600, 800)
    kept = await store.briefs.image("halvenne", large["name"].removesuffix(".jpg"))
    with Image.open(BytesIO(kept.jpeg)) as image:
        assert (image.format, image.size, image.getexif()) == ("JPEG", (1600, 800), Image.Exif())
    brief = await created(mine, images=[large["name"]])
    assert (await mine.post(f"/api/briefs/{brief['id']}/submit", json={"version": 1})).status_code == 200
    theirs = await created(sides["rival"], images=[large["name"]])
    refused = await sides["rival"].post(f"/api/briefs/{theirs['id']}/submit", json={"version": 1})
    assert [item["field"] for item in refused.json()["fields"]] == ["images[0]"]


async def test_bodies_have_limits_by_where_they_go(sides: dict[str, httpx.AsyncClient]) -> None:
    mine = sides["halvenne"]
    large = {"document": {"id": "a", "text": "a" * 500_000}}
    answer = await mine.post("/api/briefs", json=large)
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "document")
    huge = await mine.post("/api/images", files={"image": ("a.png", b"a" * 9_500_000)})
    assert huge.status_code == 413
    elsewhere = await mine.post("/api/shows/demo/say", content=json.dumps(large))
    assert elsewhere.status_code == 413
