"""A thousand messages in a minute: every question gets its text, the line for the air stays short and fair."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.queue import AnswerQueue
from influencer.assistant.values import Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.rehearsal.crowd import crowd

pytestmark = pytest.mark.unit

SECOND = 1_000_000_000


def test_a_storm_is_answered_in_text_and_spoken_in_turn() -> None:
    brief, market = load_brief(configs_dir() / "briefs" / "dew-serum.yaml"), load_market("en-US")
    messages = crowd((brief,), market, 500, 1.0, a_minute=1000, seed=3)
    assert len(messages) >= 900
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assistant = Assistant((brief,), market, clock_now=lambda: now, stock=lambda _: 40, seed=0)
    queue = AnswerQueue(repeat_s=5)
    served: Counter[str] = Counter()
    languages, unanswered, next_turn = set(), Counter[str](), 5 * SECOND
    for message in messages:
        at = int(message.at_s * SECOND)
        answer = assistant.answer(Question(message.viewer, message.text))
        if message.kind == "curious":
            languages.add(answer.language)
            if not answer.text:
                unanswered[message.text] += 1
        queue.offer(answer, message.viewer, at)
        assert len(queue) <= 8
        if at >= next_turn:
            next_turn += 5 * SECOND
            waiting = [item for item in queue._waiting if at - item.asked_ns <= 40 * SECOND]
            chosen = queue.next(at)
            if chosen is not None:
                heard = [min(served[asker.viewer] for asker in item.asked) for item in waiting]
                assert min(served[asker.viewer] for asker in chosen.asked) == min(heard)
                assert assistant.aloud(chosen) is not None
                assert assistant.aloud(chosen, hurried=True) is not None
                served.update(asker.viewer for asker in chosen.asked)
    assert len(languages) >= 8
    assert sum(served.values()) >= 5
    assert not unanswered
