"""From a viewer's frame to the room and the claim guard: what is answered may also be spoken, in every market."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import yaml

from influencer.assistant.assistant import Assistant
from influencer.assistant.names import speakable_name
from influencer.assistant.queue import AnswerQueue
from influencer.assistant.values import Question
from influencer.brief import MARKET_IDS, Brief
from influencer.loading import load_brief, load_market
from influencer.market import Market
from influencer.paths import configs_dir
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line
from streaming.chat_hub import ChatHub, ChatMessage, chat_event, validate_message

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
AFTER_THE_OFFER = datetime(2031, 6, 1, tzinfo=UTC)
QUESTIONS = yaml.safe_load((configs_dir().parent / "tests" / "unit" / "assistant_questions.yaml").read_text("utf-8"))
NAMES = {
    "en": "Mina", "ko": "미나", "ja": "さくら", "zh": "小明", "es": "Lucía", "pt": "Ana", "fr": "Chloé", "it": "Giulia",
    "hi": "अनन्या", "id": "Budi",
}  # fmt: skip


def _spoken_lines(brief: Brief, market: Market, now: datetime, units: int | None) -> Iterator[tuple[str, Line]]:
    assistant = Assistant((brief,), market, clock_now=lambda: now, stock=lambda _: units)
    for question, *_ in QUESTIONS[market.id] * 2:
        for author in ("", NAMES[market.language]):
            answer = assistant.answer(Question(author, question))
            assert (answer.spoken is not None) == (answer.kind == "answer")
            if answer.spoken is not None:
                yield author, answer.spoken


@pytest.mark.parametrize("market", MARKET_IDS)
@pytest.mark.parametrize("product", sorted(path.stem for path in (configs_dir() / "briefs").glob("*.yaml")))
def test_every_answer_may_be_spoken_with_its_lead(product, market):
    pack = load_market(market)
    brief = load_brief(configs_dir() / "briefs" / f"{product}.yaml")
    for now, units in ((NOW, None), (AFTER_THE_OFFER, 0)):
        guard = ClaimGuard(pack, (FactSheet.build(brief, pack, now=now, stock=units),))
        for author, spoken in _spoken_lines(brief, pack, now, units):
            found = guard.explain(spoken)
            assert found.approved, (found.reasons, found.bound)
            if (name := speakable_name(author, pack.language)) and spoken.text != "{disclosure}":
                assert name in spoken.text


@pytest.mark.parametrize("market", MARKET_IDS)
def test_words_that_do_not_fit_a_shops_terms_give_way_to_the_terms(market):
    """The market's usual words for returns would promise something here."""
    pack = load_market(market)
    brief = load_brief(configs_dir() / "briefs" / "stone-mug.yaml")
    price = brief.prices[market].model_copy(update={"list_price": None})
    terms = {market: brief.name[market] + "."}
    bare = brief.model_copy(
        update={"offer": None, "faq": [], "prices": {market: price}, "shipping": terms, "returns": terms}
    )
    guard = ClaimGuard(pack, (FactSheet.build(bare, pack, now=NOW),))
    for _, spoken in _spoken_lines(bare, pack, NOW, None):
        assert guard.explain(spoken).approved


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
