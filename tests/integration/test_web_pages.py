"""Pages, their headers, and what people see when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from blockbuster import blockbuster_ctx

from influencer.accounts.roles import Role
from influencer.moderation.wordlist import load_words
from influencer.store import Store
from influencer.web.navigation import NAVIGATION
from tests.people import person, sign_in_as
from tests.web_house import RoomHouse

pytestmark = pytest.mark.integration
PAGE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    load_words("ko")  # a house reads the words of a market before it opens there
    with blockbuster_ctx():
        yield


async def test_the_start_page_lists_shows_in_the_browsers_language(client: httpx.AsyncClient) -> None:
    page = await client.get("/", headers={**PAGE, "Accept-Language": "fr"})
    assert page.status_code == 200
    assert '<html lang="fr-FR" dir="ltr">' in page.text
    assert "En direct maintenant" in page.text
    assert 'href="/shows/demo"' in page.text
    assert "Dew Serum" in page.text


async def test_an_empty_house_says_so(client: httpx.AsyncClient, house: RoomHouse) -> None:
    await house.stop("demo")
    assert "No show is on air right now." in (await client.get("/")).text


async def test_the_viewer_page_speaks_the_markets_language_and_carries_the_ai_label(
    client: httpx.AsyncClient, house: RoomHouse
) -> None:
    house.add("seoul", "ko-KR")
    page = await client.get("/shows/seoul")
    assert '<html lang="ko-KR" dir="ltr">' in page.text
    for text in ("구매하기", "듀 세럼", "29,000원", "AI 생성", 'data-state="connecting"', 'data-whep="/whep/seoul"'):
        assert text in page.text


async def test_the_viewer_gets_one_lasting_cookie_that_scripts_cannot_read(client: httpx.AsyncClient) -> None:
    first = await client.get("/shows/demo")
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("viewer=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    again = await client.get("/shows/demo")
    assert "set-cookie" not in again.headers


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/shows/demo", "/api/shows", "/nowhere", "/static/css/base.css", "/operator"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_pages_hold_no_inline_script_or_style(client: httpx.AsyncClient) -> None:
    for path in ("/", "/shows/demo", "/operator"):
        text = (await client.get(path)).text
        assert " style=" not in text
        assert "<style" not in text
        assert "onclick" not in text


async def test_hostile_words_cannot_leave_the_page_data(client: httpx.AsyncClient, house: RoomHouse) -> None:
    bad = "</script><script>alert(1)</script>"
    show = house.get("demo")
    card = show.card()
    assert card is not None
    object.__setattr__(show, "card", lambda: type(card)(**{**_fields(card), "name": bad, "shipping": bad}))
    text = (await client.get("/shows/demo")).text
    assert "<script>alert" not in text
    assert "&lt;/script&gt;" in text


async def test_pictures_come_with_their_type(client: httpx.AsyncClient) -> None:
    for path in ("/shows/demo/poster", "/shows/demo/products/dew-serum/image"):
        answer = await client.get(path)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


async def test_people_get_a_page_and_programs_a_problem_document(client: httpx.AsyncClient) -> None:
    page = await client.get("/shows/nope", headers=PAGE)
    assert page.status_code == 404
    assert "no show &#39;nope&#39;" in page.text
    problem = await client.get("/api/shows/nope", headers=PAGE)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"] == "no show 'nope'; on air: demo"
    assert (await client.get("/nowhere")).json()["status"] == 404


async def test_an_unexpected_error_shows_no_trace(
    client: httpx.AsyncClient, house: RoomHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(house, "shows", broken)
    answer = await client.get("/api/shows")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_large_body_is_refused_declared_or_not(client: httpx.AsyncClient) -> None:
    async def endless() -> object:
        for _ in range(100):
            yield b"x" * 1024

    declared = await client.post("/whep/demo", content=b"x" * 70_000, headers={"Content-Type": "application/sdp"})
    streamed = await client.post("/whep/demo", content=endless(), headers={"Content-Type": "application/sdp"})
    assert (declared.status_code, streamed.status_code) == (413, 413)


async def test_health_tells_the_states_and_a_lost_database(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost() -> None:
        raise OSError("connection refused")

    assert (await client.get("/healthz")).json() == {"status": "ok", "shows": {"live": 1}}
    monkeypatch.setattr(store, "ping", lost)
    failing = await client.get("/healthz")
    assert failing.status_code == 503
    assert failing.json()["database"] == "unreachable"


async def test_metrics_are_for_operators(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 401
    allowed = await client.get("/metrics", headers={"Authorization": "Bearer operator-token-for-tests"})
    assert allowed.status_code == 200
    assert allowed.headers["content-type"].startswith("text/plain")


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


async def test_every_entry_of_the_navigation_leads_to_a_page(client: httpx.AsyncClient, store: Store) -> None:
    for side, entries in NAVIGATION.items():
        role, tenant = (Role.ADVERTISER, "halvenne") if side == "advertiser" else (Role.ADMIN, None)
        await sign_in_as(client, store, await person(store, role, tenant, login=side))
        for entry in entries:
            page = await client.get(entry.href, headers=PAGE)
            assert page.status_code == 200, (side, entry)
            assert f'<a href="{entry.href}" aria-current="page">' in page.text


async def test_a_viewer_reads_page_and_ai_notice_in_the_language_they_chose(client: httpx.AsyncClient) -> None:
    page = await client.get("/shows/demo", headers={**PAGE, "Cookie": "language=ko-KR"})
    assert '<html lang="ko-KR" dir="ltr">' in page.text
    assert '<span id="label">AI 생성</span>' in page.text
    assert '<strong id="product-price">$24.00</strong>' in page.text, "the show's own price"
    other = await client.get("/shows/demo", headers={**PAGE, "Cookie": "language=xx"})
    assert '<html lang="en-US" dir="ltr">' in other.text


async def test_what_the_law_wants_read_is_text_in_the_page_and_in_the_shows_json(
    client: httpx.AsyncClient, house: RoomHouse
) -> None:
    nothing = await client.get("/shows/demo", headers=PAGE)
    assert '<p class="law" id="product-notice" lang="en-US"></p>' in nothing.text
    house.get("demo").notice = "Not intended to diagnose <any> disease."
    page = await client.get("/shows/demo", headers={**PAGE, "Cookie": "language=ko-KR"})
    wanted = '<p class="law" id="product-notice" lang="en-US">Not intended to diagnose &lt;any&gt; disease.</p>'
    assert wanted in page.text, "in the market's words, whatever language the viewer reads"
    assert (await client.get("/api/shows/demo")).json()["card"]["notice"] == "Not intended to diagnose <any> disease."
    [card] = (await client.get("/api/shows/demo/products")).json()["products"]
    assert card["notice"] == "Not intended to diagnose <any> disease."


async def test_the_style_page_is_for_operators(client: httpx.AsyncClient) -> None:
    assert (await client.get("/operator/style")).status_code == 401


@pytest.mark.parametrize(("cookie", "theme"), [("dark", ' data-theme="dark"'), ('"><script>', ""), ("", "")])
async def test_the_theme_a_viewer_chose_is_in_the_page(client: httpx.AsyncClient, cookie: str, theme: str) -> None:
    page = await client.get("/", headers={**PAGE, "Cookie": f"theme={cookie}"})
    assert f'<html lang="en-US" dir="ltr"{theme}>' in page.text
