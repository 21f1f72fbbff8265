"""One spoken answer for all who asked: it begins with that, and the guard lets it pass."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.queue import AnswerQueue, QueuedAnswer
from influencer.assistant.replies import load_replies
from influencer.assistant.values import Answer, Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir

pytestmark = pytest.mark.unit

MARKETS = ("en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID")


def _assistant(market: str) -> Assistant:
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    return Assistant((brief,), load_market(market), clock_now=lambda: now, stock=lambda _: 40, seed=0)


def _queued(answer: Answer, askers: int) -> QueuedAnswer:
    return QueuedAnswer(answer, "mina", 0, frozenset(f"viewer{each}" for each in range(askers)))


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("question", ["how much is it?", "when will it arrive?", "how do I use it?"])
def test_the_guard_approves_every_beginning_in_every_language(market: str, question: str) -> None:
    assistant = _assistant(market)
    answer = assistant.answer(Question("mina", question))
    assert answer.spoken is not None
    words = load_replies(load_market(market).language).askers
    for askers, word in zip((2, 9, 10), (words[0], *words), strict=True):
        line = assistant.aloud(_queued(answer, askers))
        assert line is not None
        assert line != answer.spoken, f"the guard refuses {word!r}"
        assert word in line.text
        assert "{askers}" not in line.text
        assert "{topic}" not in line.text


def test_the_line_says_that_several_asked_and_names_nobody() -> None:
    assistant, queue = _assistant("en-US"), AnswerQueue()
    for viewer in ("mina", "ann", "bob", "bob"):
        queue.offer(assistant.answer(Question(viewer, "how much is it?")), viewer, 0)
    queued = queue.next(1)
    assert queued is not None
    line = assistant.aloud(queued)
    assert line is not None
    assert line.text.startswith("Some of you are asking about the price. ")
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
