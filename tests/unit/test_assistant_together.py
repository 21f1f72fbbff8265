"""One spoken answer for all who asked: it begins with that, and the guard lets it pass."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.queue import AnswerQueue, Asker, QueuedAnswer
from influencer.assistant.values import Answer, Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.slots import bind
from influencer.script.values import Line
from models.speech.normalize.passes import spell
from models.speech.normalize.table import speller_for

pytestmark = pytest.mark.unit

MARKETS = ("en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID")


def _assistant(market: str) -> Assistant:
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    return Assistant((brief,), load_market(market), clock_now=lambda: now, stock=lambda _: 40, seed=0)


def _queued(answer: Answer, askers: int) -> QueuedAnswer:
    return QueuedAnswer(answer, "mina", tuple(Asker(f"viewer{each}", 0) for each in range(askers)))


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("question", ["how much is it?", "when will it arrive?", "how do I use it?"])
def test_the_guard_approves_every_beginning_in_every_language(market: str, question: str) -> None:
    assistant = _assistant(market)
    answer = assistant.answer(Question("mina", question))
    assert answer.spoken is not None
    brief, pack = load_brief(configs_dir() / "briefs" / "dew-serum.yaml"), load_market(market)
    sheet = FactSheet.build(brief, pack, now=datetime(2026, 5, 1, 12, tzinfo=UTC), stock=40)
    for askers in (2, 3, 12, 21, 100):
        line = assistant.aloud(_queued(answer, askers))
        assert line is not None
        assert line != answer.spoken, "the guard refuses the count"
        said = bind(line.text, sheet, pack)
        assert re.search(rf"(?<!\d){askers}(?!\d)", said)
        assert "{" not in said


SPOKEN_TWO_AND_TWELVE = {
    "en-US": ("Two of you are", "Twelve of you are"), "ko-KR": ("두 명의", "열두 명의"), "ja-JP": ("二名", "十二名"),
    "zh-CN": ("两位朋友", "十二位朋友"), "es-MX": ("Dos de", "Doce de"), "pt-BR": ("Dois de", "Doze de"),
    "fr-FR": ("êtes deux", "êtes douze"), "it-IT": ("Due di", "Dodici di"), "hi-IN": ("दो लोगों", "बारह लोगों"),
    "id-ID": ("Dua dari", "Dua belas dari"),
}  # fmt: skip


@pytest.mark.parametrize("market", MARKETS)
def test_the_count_is_spoken_as_the_language_counts_people(market: str) -> None:
    assistant, pack = _assistant(market), load_market(market)
    answer = assistant.answer(Question("mina", "how much is it?"))
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    sheet = FactSheet.build(brief, pack, now=datetime(2026, 5, 1, 12, tzinfo=UTC), stock=40)
    for askers, words in zip((2, 12), SPOKEN_TWO_AND_TWELVE[market], strict=True):
        line = assistant.aloud(_queued(answer, askers))
        assert line is not None
        said = spell(bind(line.text, sheet, pack), speller_for(market))
        assert words.lower() in said.lower()


def test_only_an_answer_counts_askers() -> None:
    brief, pack = load_brief(configs_dir() / "briefs" / "dew-serum.yaml"), load_market("en-US")
    guard = ClaimGuard(pack, (FactSheet.build(brief, pack, now=datetime(2026, 5, 1, 12, tzinfo=UTC)),))
    said = Line("{askers.12} are asking about the price.", "questions", brief.id, pack.id, (), "answer", "answer.x")
    assert guard.explain(said).approved
    for source in ("template", "model", "operator"):
        assert not guard.explain(replace(said, source=source)).approved
    for false in (
        "{askers.0} ask.",
        "{askers.1} ask.",
        "12 of you are asking about the price.",
        "{askers.123456} ask.",
    ):
        assert not guard.explain(replace(said, text=false)).approved


def test_the_line_says_that_several_asked_and_names_nobody() -> None:
    assistant, queue = _assistant("en-US"), AnswerQueue()
    for viewer in ("mina", "ann", "bob", "bob"):
        queue.offer(assistant.answer(Question(viewer, "how much is it?")), viewer, 0)
    queued = queue.next(1)
    assert queued is not None
    line = assistant.aloud(queued)
    assert line is not None
    assert line.text.startswith("{askers.3} are asking about the price. ")
    assert "{price}" in line.text
    assert "Mina" not in line.text


def test_one_asker_is_answered_as_before() -> None:
    assistant = _assistant("en-US")
    answer = assistant.answer(Question("mina", "how much is it?"))
    assert assistant.aloud(_queued(answer, 1)) == answer.spoken


def test_a_refused_line_for_many_gives_way_to_the_line_for_one() -> None:
    assistant = _assistant("en-US")
    answer = assistant.answer(Question("mina", "how much is it?"))
    assert answer.together is not None
    false = replace(answer, together=replace(answer.together, text="{askers} of you heard it cures acne."))
    assert assistant.aloud(_queued(false, 3)) == answer.spoken


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("question", ["how much is it?", "when will it arrive?", "what is in it?"])
def test_in_a_hurry_one_asker_gets_the_facts_alone_and_several_are_still_counted(market: str, question: str) -> None:
    assistant = _assistant(market)
    answer = assistant.answer(Question("mina", question))
    long, short = assistant.aloud(_queued(answer, 1)), assistant.aloud(_queued(answer, 1), hurried=True)
    assert long is not None and short is not None
    assert len(short.text) < len(long.text) and long.text.endswith(short.text)
    assert short.fact_ids == long.fact_ids
    assert assistant.aloud(_queued(answer, 5), hurried=True) == assistant.aloud(_queued(answer, 5))
