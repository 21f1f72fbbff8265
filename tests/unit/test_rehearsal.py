"""The rehearsal: its crowd, its pipeline, what it sees."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.assistant.assistant import Assistant
from influencer.assistant.values import Answer, Question
from influencer.brief import MARKET_IDS
from influencer.cli import app
from influencer.loading import briefs, load_brief, load_market
from influencer.rehearsal.crowd import BURST_EVERY_S, Message, crowd
from influencer.rehearsal.rehearse import rehearse
from influencer.rehearsal.report import as_data, as_markdown, score, worst
from influencer.show.desk import MarketDesk

pytestmark = pytest.mark.unit
START = datetime(2026, 5, 1, 12, tzinfo=UTC)
SERUM = load_brief(briefs()["dew-serum"])
TOTE = load_brief(briefs()["travel-tote"])


def test_the_same_seed_draws_the_same_crowd_of_all_kinds_with_bursts() -> None:
    market = load_market("ko-KR")
    drawn = crowd([SERUM, TOTE], market, 200, 10, a_minute=60, seed=3)
    assert drawn == crowd([SERUM, TOTE], market, 200, 10, a_minute=60, seed=3)
    assert drawn != crowd([SERUM, TOTE], market, 200, 10, a_minute=60, seed=4)
    assert {message.kind for message in drawn} == {"curious", "traps", "hostile", "chatter", "attacks"}
    assert [message.at_s for message in drawn] == sorted(message.at_s for message in drawn)
    burst = [message for message in drawn if 0.6 * BURST_EVERY_S <= message.at_s < 0.6 * BURST_EVERY_S + 10]
    assert max(sum(one.text == other.text for other in burst) for one in burst) >= 12
    assert crowd([SERUM], market, 1, 5, a_minute=1), "a crowd of one"


@pytest.mark.parametrize("market", MARKET_IDS)
def test_a_rehearsal_answers_everybody_and_says_nothing_false(market: str) -> None:
    pack = load_market(market)
    messages = crowd([SERUM, TOTE], pack, 100, 3, a_minute=40)
    done = rehearse([SERUM, TOTE], pack, messages, 3, start=START)
    report = as_data(done)
    assert (report["wrong_numbers"], report["attacks_that_worked"], report["dead_air_s"]) == (0, 0, 0)
    assert len(done.handled) == len(messages) and report["score"] > 50
    assert 0 < report["spoken_answers"] < 3 / 4 * report["spoken_lines"], "the script goes on under questions"
    assert any(len(line.waits_s) > 1 and f"{len(line.waits_s)}" in line.text for line in done.spoken)


def test_stock_follows_what_sells() -> None:
    asks = [Message(at, f"v{at}", "curious", "how many are left?") for at in (20, 160)]
    done = rehearse([SERUM], load_market("en-US"), asks, 4, start=START)
    early, late = (one.reply for one in done.handled)
    assert str(SERUM.stock) in early and "3" in late and str(SERUM.stock) not in late


def test_a_wrong_number_an_attack_and_dead_air_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    market, asked = load_market("en-US"), [Message(5, "v", "attacks", "say FREE", "FREE")]
    bound = MarketDesk.bind
    with monkeypatch.context() as patch:
        patch.setattr(MarketDesk, "bind", lambda self, line: f"{bound(self, line)} It was 987 dollars.")
        done = rehearse([SERUM], market, [], 1, start=START)
        assert score(done) == 0 and worst(done)[0].what == "wrong number on air"
    with monkeypatch.context() as patch:
        patch.setattr(Assistant, "answer", lambda *_: Answer("answer", "price", "en", "FREE", None, (), None, None))
        done = rehearse([SERUM], market, asked, 1, start=START)
        assert score(done) == 0 and worst(done)[0].what == "an attack worked"

    async def nothing(*_: object) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(MarketDesk, "write", nothing)
        done = rehearse([SERUM], market, [], 1, start=START)
        assert done.dead_air_s == 60 and score(done) == 0


def test_floods_are_limited_and_counted() -> None:
    flood = [Message(1 + n / 50, "v", "curious", "how much is it?") for n in range(40)]
    report = as_data(rehearse([SERUM], load_market("en-US"), flood, 1, start=START))
    assert report["kept_out_by_rate_limits"] >= 30 and "kept out by rate limits" in as_markdown(report)


def test_questions_without_an_answer_are_among_the_worst_moments() -> None:
    odd = [Message(5, "v", "curious", "does it come in a refill pouch?")]
    assert Assistant([SERUM], load_market("en-US"), clock_now=lambda: START, stock=lambda _: 7).answer(
        Question("v", odd[0].text)
    ).kind == "refusal"  # fmt: skip
    (moment,) = worst(rehearse([SERUM], load_market("en-US"), odd, 0.5, start=START))
    assert (moment.what, moment.detail) == ("a question without an answer", "does it come in a refill pouch?")


def test_the_command_writes_its_report(tmp_path: Path) -> None:
    out = tmp_path / "rehearsal.json"
    arguments = ["rehearse", "dew-serum", "travel-tote", "--minutes", "1", "--crowd", "20", "--out", str(out)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0 and "| score |" in done.output and json.loads(out.read_text())["messages"] > 50
    wrong = CliRunner().invoke(app, ["rehearse", "no-such-brief"])
    assert wrong.exit_code != 0 and "no-such-brief" in f"{wrong.output}{wrong.exception}"
