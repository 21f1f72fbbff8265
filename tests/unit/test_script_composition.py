"""Lines put together from leads, cores and tails, in wordings that take turns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from influencer.loading import load_market
from influencer.script.alternation import count_wordings, wording, wordings
from influencer.script.composition import Frame, Variant, fitted, frame, opening_mark
from influencer.script.moments import RoomMeter, moments_at
from influencer.script.templates import Template, loader

pytestmark = pytest.mark.unit


def phrases(count: int, when: str | None = None) -> list[Template]:
    kind = "proof"
    return [Template(f"p{i}{when or ''}", kind, f"Sentence {i}.", frozenset(), when) for i in range(count)]  # type: ignore[arg-type]


def test_a_text_has_as_many_wordings_as_its_alternatives_allow_and_all_come_in_turn() -> None:
    text = "[So|Right|], here is [{name|cap}|this]."
    assert count_wordings(text) == 6
    assert len(set(wordings(text))) == 6
    assert set(wordings(text)) == {wording(text, 100 + number) for number in range(6)}
    assert all("[" not in one and "  " not in one for one in wordings(text))


def test_an_alternative_without_a_value_is_not_chosen() -> None:
    text = "It is [{price}|here]."
    assert {wording(text, number, lambda option: "{" not in option) for number in range(4)} == {"It is here."}
    assert wording("[{price}|{stock}]", 0, lambda _: False) is None


@given(some.integers(6, 18), some.integers(6, 18), some.integers(6, 18))
def test_no_combination_comes_again_within_many_rounds(cores: int, leads: int, tails: int) -> None:
    seen = set[tuple[int, str, str]]()
    for nth in range(cores * leads):
        made = frame(
            phrases(leads), phrases(tails), nth, "k", cores=cores, moment=frozenset(), usable=lambda _: True
        )  # fmt: skip
        assert made.lead or made.tail
        if made.lead and made.tail:
            combination = (nth % cores, made.lead, made.tail)
            assert combination not in seen
            seen.add(combination)


def test_a_sentence_of_the_evening_is_said_in_the_evening_only() -> None:
    leads = [*phrases(6), *phrases(2, "evening")]
    said = {
        moment: {
            frame(leads, [], nth, "k", cores=7, moment=frozenset({moment}), usable=lambda _: True).lead_id
            for nth in range(60)
        }
        for moment in ("morning", "evening")
    }
    assert not any("evening" in lead for lead in said["morning"])
    assert {"p0evening", "p1evening"} <= said["evening"]


@pytest.mark.parametrize(
    ("hour_utc", "market", "expected"),
    [
        (0, "ko-KR", {"morning"}),  # 9:00
        (2, "ko-KR", set[str]()),  # 11:00: a border
        (11, "ko-KR", {"evening"}),
        (15, "ko-KR", {"night"}),
        (0, "es-MX", set[str]()),  # 18:00 the day before
        (20, "fr-FR", set[str]()),  # 22:00 in summer
    ],
)
def test_moments_follow_the_market_and_keep_away_from_borders(hour_utc: int, market: str, expected: set[str]) -> None:
    assert moments_at(datetime(2026, 5, 6, hour_utc, tzinfo=UTC), load_market(market)) == expected


def test_the_weekend_is_the_markets() -> None:
    friday_evening_in_new_york = datetime(2026, 5, 9, 1, tzinfo=UTC)
    assert "weekend" in moments_at(friday_evening_in_new_york, load_market("ko-KR"))
    assert "weekend" not in moments_at(friday_evening_in_new_york, load_market("en-US"))


def test_the_room_is_quiet_busy_or_greeted_only_when_it_is() -> None:
    room = RoomMeter(0)
    assert room.moments(0, 500) == frozenset()  # nobody is there to be told that it is quiet
    assert room.moments(3, 501) == {"joined", "quiet"}
    for second in range(RoomMeter.BUSY - 1):
        room.message(600 + second)
    assert room.moments(3, 619) == frozenset()
    room.message(620)
    assert room.moments(3, 621) == {"busy"}
    assert room.moments(2, 700) == frozenset()
    assert room.moments(2, 900) == {"quiet"}
    assert room.moments(3, 901) == {"joined", "quiet"}


def test_what_is_too_long_loses_its_tail_then_its_lead_and_a_short_core_is_never_alone() -> None:
    whole = Frame("Listen.", "l", "So there.", "t")
    assert fitted(whole, "core", "en", lambda text: float(len(text.split())), 0) == whole
    assert fitted(whole, "core", "en", lambda text: 5.0 * len(text.split()), 0) == Frame("Listen.", "l")
    assert fitted(whole, "core", "en", lambda _: 20.0, 0) == Frame()
    assert fitted(whole, "core", "en", lambda text: 1.0 if text == "core" else 99.0, 0).lead == "Listen."


def test_a_variant_is_read_as_it_was_written_and_old_ones_are_read_too() -> None:
    made = Variant("proof-1", "lasting", "lead-2", "", opening_mark("So, here it is.", "en"))
    assert Variant.parse(str(made)) == made
    assert Variant.parse("proof-1:lasting") == Variant("proof-1", "lasting")
    assert Variant.parse("operator:12ab").core == "operator"


def test_mistakes_in_a_language_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "language": "en",
        "leads": {
            "hook": [{"id": "a", "text": "Costs {price}."}, {"id": "b", "text": "Hi.", "when": "noon"}],
            "opening": [],
            "proof": [{"id": "c", "text": "[[a|b]|c]"}, {"id": "d", "text": "[a]"}],
        },
        "proof": [{"id": "e", "text": "[{key_point}|Nothing.]"}],
        "objection": [{"id": "f", "text": "{question}"}],
    }
    monkeypatch.setattr(loader, "_read", lambda _: bad)
    found = "\n".join(loader.validate_templates("en"))
    for mistake in (
        "a: {price} is not for leads", "b: when: got 'noon'", "unknown kind opening", "c: a square bracket",
        "d: an alternation with one", "e: lacks one of", "f: lacks {faq}",
    ):  # fmt: skip
        assert mistake in found
