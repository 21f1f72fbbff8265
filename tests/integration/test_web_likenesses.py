"""The likeness ledger over HTTP: staff's side, and the secret page of a person who is no user of ours."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from influencer.brief import MARKET_IDS
from influencer.likeness.people import person_key
from influencer.store import Store
from influencer.store.airtime import Airtime
from streaming.clock import ManualClock
from tests.integration.conftest import ORIGIN, TOKEN
from tests.web_house import AT

pytestmark = pytest.mark.integration
STAFF = {"Authorization": f"Bearer {TOKEN}"}
KEY = person_key("Anna Real")


def record(**changed: Any) -> dict[str, Any]:
    return {
        "person": "Anna Real", "purposes": ["live-show"], "markets": ["en-US", "ko-KR"], "personas": ["anna"],
        "signed_on": "2026-04-01", "valid_until": "2026-12-31", "price": "100.00", "currency": "USD", "no_copy": True,
        "no_training": True, "evidence_name": "agreement.pdf", "evidence_sha256": hashlib.sha256(b"signed").hexdigest(),
        "price_per_minute": 250, "minimum_fee": 1000, "notice_days": 14,
        "exclusive": [{"category": "beauty", "brand": "Halvenne"}],
    } | changed  # fmt: skip


@pytest.fixture
async def consent_id(client: httpx.AsyncClient, store: Store) -> str:
    made = await client.post("/api/likenesses/consents", json=record(), headers=STAFF)
    assert made.status_code == 201, made.text
    found = str(made.json()["id"])
    await store.airtime.keep([Airtime("r" * 32, "demo", found, "en-US", "anna", AT.date(), 600_000)])
    return found


async def own_page(client: httpx.AsyncClient) -> str:
    made = await client.post(f"/api/likenesses/{KEY}/links", json={"days": 2}, headers=STAFF)
    assert made.status_code == 201, made.text
    return str(made.json()["path"])


async def test_a_record_is_kept_listed_and_its_agreement_checked(client: httpx.AsyncClient, consent_id: str) -> None:
    [one] = (await client.get("/api/likenesses", headers=STAFF)).json()
    assert (one["key"], one["state"], one["milliseconds"]) == (KEY, "valid", 600_000)
    read = (await client.get(f"/api/likenesses/{KEY}", headers=STAFF)).json()
    assert read["consents"][0]["exclusive"] == [{"category": "beauty", "brand": "Halvenne"}]
    assert [month["month"] for month in read["months"]] == ["2026-05", "2026-04"]
    path = f"/api/likenesses/consents/{consent_id}/evidence"
    right = await client.post(path, content=b"signed", headers=STAFF)
    assert (right.status_code, right.json()["matches"]) == (200, True)
    wrong = await client.post(path, content=b"forged", headers=STAFF)
    assert (wrong.status_code, "agreement.pdf" in wrong.text) == (409, True)
    assert (await client.get("/api/likenesses/0000000000000000", headers=STAFF)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"price_per_minute": -1}, "price_per_minute"),
        ({"currency": "XXQ"}, "currency"),
        ({"purposes": ["recording"]}, "purposes"),
        ({"exclusive": [{"category": "cars", "brand": "X"}]}, "exclusive"),
        ({"replaces": "C-0000000000"}, "replaces"),
        ({"surprise": 1}, "surprise"),
        ({"price": "NaN"}, "price"),
    ],
)
async def test_a_wrong_term_is_named(client: httpx.AsyncClient, changed: dict[str, Any], field: str) -> None:
    refused = await client.post("/api/likenesses/consents", json=record(**changed), headers=STAFF)
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert field in refused.text


async def test_a_statement_is_exact_and_a_correction_is_a_new_entry(client: httpx.AsyncClient, consent_id: str) -> None:
    path = f"/api/likenesses/{KEY}"
    may = (await client.get(f"{path}/statements/2026-05", headers=STAFF)).json()
    assert (may["totals"], may["records"][0]["for_time"]) == ({"USD": 2500}, 2500)
    april = (await client.get(f"{path}/statements/2026-04", headers=STAFF)).json()
    assert april["totals"] == {"USD": 10_000 + 1000}, "the price for the term, and the minimum"
    body = {"consent_id": consent_id, "month": "2026-05", "milliseconds": -60_000, "amount": 5, "because": "=black"}
    assert (await client.post(f"{path}/corrections", json=body, headers=STAFF)).status_code == 201
    may = (await client.get(f"{path}/statements/2026-05", headers=STAFF)).json()
    assert may["totals"] == {"USD": 2250 + 5}
    sheet = await client.get(f"{path}/statements/2026-05.csv", headers=STAFF)
    assert "22.55" in sheet.text.splitlines()[-1]
    assert "'=black" in sheet.text
    for wrong, field in (
        ({"milliseconds": -600_001}, "milliseconds"),
        ({"milliseconds": 0, "amount": 0}, "milliseconds"),
        ({"month": "2026-06"}, "month"),
        ({"month": "May"}, "month"),
        ({"consent_id": "C-0"}, "consent_id"),
        ({"because": ""}, "because"),
    ):
        refused = await client.post(f"{path}/corrections", json=body | wrong, headers=STAFF)
        assert (refused.status_code, field in refused.text) == (422, True), refused.text
    for page in (
        "/operator/likenesses",
        f"/operator/likenesses/{KEY}",
        f"/operator/likenesses/{KEY}/statements/2026-05",
    ):
        shown = await client.get(page, headers=STAFF)
        assert (shown.status_code, "Anna Real" in shown.text) == (200, True)


async def test_footage_is_entered_once_and_names_who_put_it_in(client: httpx.AsyncClient, consent_id: str) -> None:
    body = {"sha256": "a" * 64, "name": "anna.mp4", "size": 9, "consent_id": consent_id, "licence": "ours"}
    made = await client.post("/api/likenesses/footage", json=body, headers=STAFF)
    assert (made.status_code, made.json()["added_by"]) == (201, "operator token")
    other = await client.post("/api/likenesses/footage", json=body | {"consent_id": None}, headers=STAFF)
    assert other.status_code == 409
    missing = await client.post("/api/likenesses/footage", json=body | {"consent_id": "C-0"}, headers=STAFF)
    assert missing.status_code == 404
    assert len((await client.get("/api/likenesses/footage", headers=STAFF)).json()) == 1


async def test_a_person_sees_their_own_use_and_nobody_elses_in_ten_languages(
    client: httpx.AsyncClient, consent_id: str
) -> None:
    await client.post("/api/likenesses/consents", json=record(person="Bea Real", personas=["bea"]), headers=STAFF)
    path = await own_page(client)
    titles = set()
    for market in MARKET_IDS:
        page = await client.get(path, headers={"Accept-Language": market})
        assert page.status_code == 200
        assert "Anna Real" in page.text
        assert "Bea" not in page.text
        assert "{" not in page.text
        titles.add(page.text.partition("<title>")[2].partition("<")[0])
    assert len(titles) == len(MARKET_IDS)
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    english = (await client.get(path, headers={"Accept-Language": "en"})).text
    assert "$25.00" in english
    assert "14 days" in english
    sheet = await client.get(f"{path}/statements/2026-05.csv")
    assert "25.00" in sheet.text


async def test_a_withdrawal_needs_the_tick_ends_everything_and_is_audited(
    client: httpx.AsyncClient, store: Store, consent_id: str
) -> None:
    path = await own_page(client)
    headers = {"Origin": ORIGIN, "Accept-Language": "en"}
    unsure = await client.post(f"{path}/withdraw", data={}, headers=headers)
    assert (unsure.status_code, "Tick the box" in unsure.text) == (422, True)
    other = await client.post(f"{path}/withdraw", data={"sure": "yes"}, headers={"Origin": "https://evil.test"})
    assert other.status_code == 403
    assert (await store.consents.get(consent_id)).revoked_at is None
    done = await client.post(f"{path}/withdraw", data={"sure": "yes"}, headers=headers)
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert (await store.consents.get(consent_id)).revoked_because == "withdrawn by the person"
    shown = (await client.get(path, headers=headers)).text
    assert "You withdrew on" in shown
    assert "<form" not in shown
    assert "$25.00" in shown, "what was earned stays"
    await client.post(f"{path}/withdraw", data={"sure": "yes"}, headers=headers)
    written = [one for one in await store.audit.latest() if one.action == "likeness.withdraw"]
    assert [(one.subject, one.detail["consents"], one.address) for one in written] == [
        ("Anna Real", [consent_id], "192.0.2.7")
    ]
    assert path.rpartition("/")[2] not in str(await store.audit.latest()), "the secret is in no log"
    refused = await client.post("/api/likenesses/consents", json=record(), headers=STAFF)
    assert (refused.status_code, "signed_on" in refused.text) == (422, True)


async def test_wrong_links_look_alike_and_cannot_be_tried_often(
    client: httpx.AsyncClient, store: Store, clock: ManualClock, consent_id: str
) -> None:
    path = await own_page(client)
    [link] = await store.likeness_links.of_key(KEY)
    ended = await client.delete(f"/api/likenesses/links/{link.id}", headers=STAFF)
    assert ended.status_code == 200
    _, old = await store.likeness_links.make("Anna Real", timedelta(0), "ops")
    answers = [await client.get(wrong) for wrong in (path, f"/likeness/{old}", f"/likeness/{'A' * 43}", "/likeness/x")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text.replace(str(answer.request.url.path), "") for answer in answers}) == 1
    assert "Anna" not in answers[0].text
    assert [(await client.get("/likeness/x")).status_code for _ in range(30)][-1] == 429
    clock.advance(10_000_000_000)
    assert (await client.get("/likeness/x")).status_code == 404


async def test_staff_may_withdraw_for_a_person_and_revoke_one_record(
    client: httpx.AsyncClient, store: Store, consent_id: str
) -> None:
    path = f"/api/likenesses/consents/{consent_id}/revoke"
    revoked = await client.post(path, json={"because": "new agency"}, headers=STAFF)
    assert (revoked.json()["state"], revoked.json()["stopped"]) == ("revoked", [])
    assert (await client.post(path, json={"because": "again"}, headers=STAFF)).status_code == 409
    newer = await client.post("/api/likenesses/consents", json=record(), headers=STAFF)
    gone = await client.post(f"/api/likenesses/{KEY}/withdraw", headers=STAFF)
    assert gone.json() == {"consents": [newer.json()["id"]], "shows": []}
    [one] = (await client.get("/api/likenesses", headers=STAFF)).json()
    assert one["state"] == "withdrawn"
