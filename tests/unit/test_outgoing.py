"""What the show itself says passes the lists: lines before they are approved, texts before they are in the room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from influencer.errors import ClaimRejected
from influencer.loading import load_brief, load_market
from influencer.moderation.outgoing import rude, unfit
from influencer.paths import configs_dir
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line
from influencer.show.talk import Talk
from influencer.store import open_store
from streaming.chat_hub import ChatHub

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BRIEF = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
MARKET = load_market("en-US")


def _reasons(text: str, source: str) -> tuple[str, ...]:
    guard = ClaimGuard(MARKET, (FactSheet.build(BRIEF, MARKET, now=NOW, stock=40),))
    line = Line(text, "questions", BRIEF.id, "en-US", (), "operator", "x")
    return guard.explain(replace(line, source=source)).reasons  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["operator", "model", "template", "answer"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("This is f*cking good.", "profanity"),
        ("Hello, you faggots.", "hate"),
        ("Send me nudes.", "sexual"),
        ("Call me at 212-555-0187.", "personal"),
        ("See cheap-serum.shop for it.", "link"),
    ],
)
def test_no_line_with_such_words_is_approved_whoever_wrote_it(text: str, kind: str, source: str) -> None:
    assert f"{kind}: never said or shown" in _reasons(text, source)


def test_a_host_may_ask_to_be_followed_and_say_what_is_decent() -> None:
    assert unfit("Follow me, I have more to show.", "en") == ()
    assert _reasons("Welcome, everybody.", "template") == ()


def test_a_shops_own_number_and_address_may_be_said_but_its_bad_words_may_not() -> None:
    own = ["Call 212-555-0187 or see care.example.shop.", "The fucking best."]
    assert unfit("Returns: call 212-555-0187 or see care.example.shop.", "en", own) == ()
    assert unfit("Call 212-555-0188.", "en", own) == ("personal",)
    assert unfit("The fucking best.", "en", own) == ("profanity",)


def test_a_person_of_the_team_may_give_an_address_but_no_bad_words() -> None:
    assert rude("Write to help@halvenne.example or call 212-555-0187.", "en") == ()
    assert rude("Eso es una mierda.", "es") == ("profanity",)


def test_a_text_with_such_words_is_not_shown_in_the_room_nor_kept(tmp_path: Path) -> None:
    async def write() -> tuple[int, int]:
        async with await open_store(f"sqlite:///{tmp_path}/show.db", now=lambda: NOW) as store:
            await store.shows.create("demo", (BRIEF.id,), "en-US", "mina")
            hub = ChatHub()
            talk = Talk(store, "demo", hub, lambda: NOW, (BRIEF,))
            await talk.keep("Maya", "It ships free.", role="host")
            for text in ("that is bullshit", "que mierda de pregunta", "call 212-555-0187"):
                with pytest.raises(ClaimRejected):
                    await talk.keep("Maya", text, role="host")
            return hub.last_seq, len(await store.chat.latest("demo"))

    assert asyncio.run(write()) == (1, 1)
