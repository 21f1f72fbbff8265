"""The assistant's replies: true now, in the asker's language, about the product that is meant."""

from datetime import UTC, datetime

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.language import detect
from influencer.assistant.report import answer_json
from influencer.assistant.values import LANGUAGES, Question
from influencer.brief import Brief
from influencer.errors import NotFound
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
AFTER_THE_OFFER = datetime(2031, 6, 1, tzinfo=UTC)


def _brief(product: str = "dew-serum", **changes: object) -> Brief:
    brief = load_brief(configs_dir() / "briefs" / f"{product}.yaml")
    return brief.model_copy(update=changes)


def _assistant(
    *briefs: Brief, market: str = "en-US", now: datetime = NOW, stock: int | None = None, seed: int = 0
) -> Assistant:
    return Assistant(
        briefs or (_brief(),), load_market(market), clock_now=lambda: now, stock=lambda _: stock, seed=seed
    )


def _text(assistant: Assistant, question: str, on_air: str | None = None) -> str:
    return assistant.answer(Question("", question, on_air)).text


def test_the_price_comes_in_the_shows_currency_and_the_askers_language():
    answer = _assistant(market="ko-KR").answer(Question("", "how much is it?"))
    assert answer.language == "en"
    assert "₩29,000" in answer.text
    assert answer.spoken is not None
    assert answer.spoken.market == "ko-KR"
    assert "{price" in answer.spoken.text
    assert "29,000" not in answer.spoken.text


def test_every_language_is_answered_in_every_show():
    asks = {
        "en": "how much is it?", "ko": "얼마예요?", "ja": "いくらですか？", "zh": "多少钱？", "es": "¿cuánto cuesta?",
        "pt": "quanto custa?", "fr": "c'est combien ?", "it": "quanto costa?", "hi": "कितने का है?",
        "id": "berapa harganya?",
    }  # fmt: skip
    for market in ("en-US", "ja-JP", "id-ID"):
        assistant = _assistant(market=market)
        for language, question in asks.items():
            answer = assistant.answer(Question("", question))
            assert (answer.language, answer.intent) == (language, "price")
    assert set(asks) == set(LANGUAGES)


def test_terms_of_another_country_are_not_told_in_translation():
    text = _text(_assistant(market="ko-KR"), "is shipping free?")
    assert text == "In the shop's own words: “배송비는 무료이고, 영업일 기준 2~4일 안에 도착합니다.”"


def test_words_the_brief_has_in_the_askers_language_are_used():
    text = _text(_assistant(market="ko-KR"), "how do i use it?")
    assert "After cleansing, smooth 2 or 3 drops" in text


def test_a_brief_in_one_language_is_quoted_to_those_who_ask_in_another():
    korean = _brief()
    only = {name: {"ko-KR": getattr(korean, name)["ko-KR"]} for name in ("name", "summary", "audience", "how_to_use")}
    points = [p.model_copy(update={"text": {"ko-KR": p.text["ko-KR"]}}) for p in korean.key_points]
    specs = [s.model_copy(update={"label": {"ko-KR": s.label["ko-KR"]}}) for s in korean.specs]
    brief = _brief(**only, key_points=points, specs=specs, faq=[], markets=["ko-KR"])
    assistant = _assistant(brief, market="ko-KR")
    assert _text(assistant, "how do I use it?").startswith("In the shop's own words: “세안 후")
    assert assistant.answer(Question("", "how many ml?")).fact_ids == ("spec.volume",)


def test_an_offer_that_has_ended_is_not_mentioned():
    assistant = _assistant(now=AFTER_THE_OFFER)
    answer = assistant.answer(Question("", "is there a coupon?"))
    assert answer.fact_ids == ("price",)
    assert "DEW10" not in answer.text
    assert "no coupon" in answer.text.lower()


def test_no_discount_is_invented_where_there_is_none():
    plain = _brief(offer=None, prices={"en-US": _brief().prices["en-US"].model_copy(update={"list_price": None})})
    answer = _assistant(plain).answer(Question("", "is it on sale?"))
    assert answer.fact_ids == ("price",)
    assert "%" not in answer.text


def test_stock_is_read_when_asked():
    assert "7" in _text(_assistant(stock=7), "is it in stock?")
    answer = _assistant(stock=0).answer(Question("", "is it in stock?"))
    assert answer.fact_ids == ("stock",)
    assert "sold out" in answer.text or "out of stock" in answer.text


def test_the_product_named_wins_over_the_product_on_air():
    assistant = _assistant(_brief(), _brief("pocket-speaker"))
    assert assistant.answer(Question("", "how much is it?", "pocket-speaker")).product_id == "pocket-speaker"
    assert assistant.answer(Question("", "how much is the Dew Serum?", "pocket-speaker")).product_id == "dew-serum"
    assert assistant.answer(Question("", "is the ripple mini in stock?", None)).product_id == "pocket-speaker"
    assert assistant.answer(Question("", "price?", "no-such-product")).product_id == "dew-serum"


def test_wordings_take_turns():
    assistant = _assistant()
    texts = [_text(assistant, "is there a discount?") for _ in range(3)]
    assert texts[0] != texts[1]
    assert texts[0] != _text(_assistant(seed=1), "is there a discount?")


def test_two_questions_in_one_message_are_both_answered():
    answer = _assistant().answer(Question("", "how much is it and when will it arrive?"))
    assert {"price", "shipping"} <= set(answer.fact_ids)
    assert "$24.00" in answer.text
    assert "2 to 4 business days" in answer.text


def test_a_plain_name_begins_the_spoken_answer_and_stays_out_of_the_text():
    answer = _assistant().answer(Question("mina", "how much is it?"))
    assert answer.spoken is not None
    assert answer.spoken.text.startswith("Mina ")
    assert "Mina" not in answer.text
    anonymous = _assistant().answer(Question("xX_b0ss_Xx", "how much is it?"))
    assert anonymous.spoken is not None
    assert "boss" not in anonymous.spoken.text.lower()


def test_the_host_says_what_it_is():
    answer = _assistant().answer(Question("", "are you a real person?"))
    assert "AI" in answer.text
    assert answer.spoken is not None
    assert answer.spoken.text == "{disclosure}"


def test_refusals_are_text_only_and_say_where_to_ask():
    answer = _assistant().answer(Question("", "where is my order?"))
    assert (answer.kind, answer.reason, answer.spoken) == ("refusal", "order-help", None)
    assert "customer service" in answer.text


def test_a_show_needs_products_that_are_sold_in_its_market():
    with pytest.raises(NotFound):
        Assistant((), load_market("en-US"), clock_now=lambda: NOW, stock=lambda _: None)
    korean = _brief(prices={"ko-KR": _brief().prices["ko-KR"]})
    with pytest.raises(NotFound):
        _assistant(korean)


def test_the_command_lines_answer_names_its_facts():
    report = answer_json(_brief(), load_market("ko-KR"), "얼마예요?", now=NOW)
    assert (report["kind"], report["intent"], report["market"]) == ("answer", "price", "ko-KR")
    assert {"id": "price", "text": "29,000원", "evidence": None} in report["facts"]
    assert "29,000원" in str(report["spoken"])
    refused = answer_json(_brief(), load_market("ko-KR"), "리필도 파나요?", now=NOW)
    assert (refused["kind"], refused["reason"], refused["facts"]) == ("refusal", "not-in-brief", [])


def test_a_japanese_question_with_a_latin_word_is_japanese() -> None:
    assert detect("Bluetoothはつながる？", "en") == "ja"
    assert detect("블루투스 Bluetooth 되나요", "en") == "ko"
