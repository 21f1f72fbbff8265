"""From a viewer's frame to the room and the claim guard: what is answered may also be spoken, in every market."""

import json
from datetime import UTC, datetime

import pytest
import yaml

from influencer.assistant.assistant import Assistant
from influencer.assistant.queue import AnswerQueue
from influencer.assistant.values import Question
from influencer.brief import MARKET_IDS
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from streaming.chat_hub import ChatHub, ChatMessage, chat_event, validate_message

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
QUESTIONS = yaml.safe_load((configs_dir().parent / "tests" / "unit" / "assistant_questions.yaml").read_text("utf-8"))
NAMES = {
    "en": "Mina", "ko": "미나", "ja": "さくら", "zh": "小明", "es": "Lucía", "pt": "Ana", "fr": "Chloé", "it": "Giulia",
    "hi": "अनन्या", "id": "Budi",
}  # fmt: skip


@pytest.mark.parametrize("market", MARKET_IDS)
@pytest.mark.parametrize("product", sorted(path.stem for path in (configs_dir() / "briefs").glob("*.yaml")))
def test_every_spoken_answer_passes_the_guard(product, market):
    pack = load_market(market)
    brief = load_brief(configs_dir() / "briefs" / f"{product}.yaml")
    for now in (NOW, datetime(2031, 6, 1, tzinfo=UTC)):
        for units in (None, 0):
            assistant = Assistant((brief,), pack, clock_now=lambda now=now: now, stock=lambda _, units=units: units)
            guard = ClaimGuard(pack, (FactSheet.build(brief, pack, now=now, stock=units),))
            for question, *_ in QUESTIONS[market] * 2:
                for author in ("", NAMES[pack.language]):
                    spoken = assistant.answer(Question(author, question)).spoken
                    if spoken is not None:
                        found = guard.explain(spoken)
                        assert found.approved, (found.reasons, found.bound)


async def test_a_question_from_the_socket_is_answered_in_the_room_and_waits_to_be_spoken():
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    assistant = Assistant((brief,), load_market("ko-KR"), clock_now=lambda: NOW, stock=lambda _: None)
    hub, queue = ChatHub(), AnswerQueue()
    with hub.subscribe() as viewer:
        message = validate_message(json.dumps({"author": "미나", "text": "이거 얼마예요?"}))
        assert isinstance(message, ChatMessage)
        at = NOW.isoformat()
        asked = hub.publish(chat_event(message.author, message.text, role="viewer", at=at))
        answer = assistant.answer(Question(message.author, message.text, "dew-serum"))
        hub.publish(chat_event("소라", answer.text, role="host", at=at, reply_to=asked.seq, kind="answer"))
        assert queue.offer(answer, message.author, 0) == "queued"
        hub.flush()
        events = json.loads(await anext(viewer))
    assert [event["kind"] for event in events] == ["chat", "answer"]
    assert events[1]["payload"]["reply_to"] == events[0]["seq"]
    assert "29,000원" in events[1]["payload"]["text"]
    spoken = queue.next(1)
    assert spoken is not None
    assert spoken.answer.spoken is not None
    assert spoken.answer.spoken.text.startswith("미나 님")
    await hub.aclose()
