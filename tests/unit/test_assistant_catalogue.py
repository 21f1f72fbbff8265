"""The whole catalogue: other products, which one for whom, two side by side, and a viewer's thread."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.queue import Asker, QueuedAnswer
from influencer.assistant.threads import Threads
from influencer.assistant.values import Answer, Question
from influencer.brief import MARKET_IDS, Brief, MarketId
from influencer.loading import briefs, load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.slots import bind

pytestmark = pytest.mark.unit
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@cache
def _all() -> dict[str, Brief]:
    return {name: load_brief(path) for name, path in briefs().items()}


class _Show:
    def __init__(self, *shown: str, market: MarketId = "en-US", units: int = 9) -> None:
        self.now = NOW
        others = [brief for name, brief in _all().items() if name not in shown and market in brief.markets]
        self.assistant = Assistant(
            [_all()[name] for name in shown], load_market(market), clock_now=lambda: self.now,
            stock=lambda _: units, others=others,
        )  # fmt: skip

    def ask(self, text: str, viewer: str | None = "v1", on_air: str | None = None) -> Answer:
        return self.assistant.answer(Question("Mina", text, on_air, viewer))


def test_a_product_that_is_not_in_the_show_is_answered_about_in_the_chat_and_not_aloud() -> None:
    show = _Show("dew-serum")
    answer = show.ask("how much is the Moss Mug?")
    price = _all()["stone-mug"].prices["en-US"].amount
    assert (answer.kind, answer.product_id, answer.spoken) == ("answer", "stone-mug", None)
    assert f"{price}" in answer.text
    terms = show.ask("can I return the Moss Mug?")
    assert (terms.product_id, terms.fact_ids) == ("stone-mug", ("returns",))


def test_a_word_of_another_products_name_does_not_change_the_subject() -> None:
    assert _Show("travel-tote").ask("does it have a pocket?").product_id == "travel-tote"


def test_who_wants_to_buy_what_is_not_on_this_page_is_told_the_price_and_no_button() -> None:
    answer = _Show("dew-serum").ask("I want to buy the Moss Mug")
    assert answer.intent == "price" and "button" not in answer.text


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("which one for dry skin?", "dew-serum"),
        ("do you have something for music outdoors?", "pocket-speaker"),
        ("what should I get for yoga practice?", "grip-mat"),
        ("which one for my laptop?", "travel-tote"),
    ],
)
def test_the_product_that_fits_is_named_with_the_fact_that_says_so(text: str, product: str) -> None:
    answer = _Show("dew-serum", "travel-tote").ask(text)
    assert (answer.kind, answer.intent, answer.product_id) == ("answer", "choosing", product), answer.text
    assert answer.fact_ids
    assert _all()[product].name["en-US"].lower() in answer.text.lower()
    assert (answer.spoken is not None) == (product in {"dew-serum", "travel-tote"})


def test_nothing_is_recommended_when_nothing_fits_or_it_is_sold_out() -> None:
    assert _Show("dew-serum").ask("which one for my spaceship engine?").intent != "choosing"
    assert _Show("dew-serum", units=0).ask("which one for dry skin?").intent != "choosing"


CHOOSING = {
    "en-US": "which one for dry skin?",
    "ko-KR": "건성 피부에는 어떤 게 좋아요?",
    "ja-JP": "乾燥肌にはどれがおすすめですか？",
    "zh-CN": "皮肤干燥选哪款？",
    "es-MX": "¿cuál me recomiendas para piel seca?",
    "pt-BR": "qual você recomenda para pele ressecada?",
    "fr-FR": "lequel pour une peau sèche ?",
    "it-IT": "quale mi consigli per la pelle secca?",
    "hi-IN": "रूखी त्वचा के लिए कौन सा अच्छा है?",
    "id-ID": "yang mana untuk kulit kering?",
}


@pytest.mark.parametrize("market", MARKET_IDS)
def test_the_right_product_is_recommended_in_every_language_and_may_be_said(market: MarketId) -> None:
    answer = _Show("dew-serum", market=market).ask(CHOOSING[market])
    assert (answer.intent, answer.product_id, answer.language) == ("choosing", "dew-serum", market[:2]), answer.text
    assert answer.spoken is not None and answer.spoken.text.count("{name") >= 1


@pytest.mark.parametrize("market", MARKET_IDS)
def test_two_products_stand_side_by_side_with_their_facts(market: MarketId) -> None:
    show = _Show("dew-serum", market=market)
    serum, mug = (_all()[name].name[market] for name in ("dew-serum", "stone-mug"))
    answer = show.ask(f"{serum} vs {mug}?")
    assert (answer.kind, answer.intent, answer.spoken) == ("answer", "choosing", None)
    assert {"dew-serum/price", "stone-mug/price", "dew-serum/summary", "stone-mug/summary"} <= set(answer.fact_ids)
    assert serum in answer.text and mug in answer.text


NAMES = {"en-US": "Mina", "ko-KR": "미나", "ja-JP": "さくら", "es-MX": "Lucía", "pt-BR": "Ana", "fr-FR": "Chloé",
         "it-IT": "Giulia", "hi-IN": "अनन्या", "id-ID": "Budi", "zh-CN": "小明"}  # fmt: skip


@pytest.mark.parametrize("market", MARKET_IDS)
def test_two_products_of_the_page_are_compared_aloud_a_line_each_from_its_own_facts(market: MarketId) -> None:
    show = _Show("dew-serum", "stone-mug", market=market)
    serum, mug = (_all()[name].name[market] for name in ("dew-serum", "stone-mug"))
    answer = show.assistant.answer(Question(NAMES[market], f"{serum} vs {mug}?", None, "v1"))
    assert answer.spoken is not None and len(answer.then) == 1, answer
    lines = (answer.spoken, *answer.then)
    assert [line.product_id for line in lines] == ["dew-serum", "stone-mug"]
    pack = load_market(market)
    for line, name in zip(lines, (serum, mug), strict=True):
        sheet = FactSheet.build(_all()[line.product_id], pack, now=NOW, stock=9)
        other = {"dew-serum": "stone-mug", "stone-mug": "dew-serum"}[line.product_id]
        approved = ClaimGuard(pack, [sheet]).approve(line)
        assert {"price", "summary"} <= set(approved.fact_ids)
        said = bind(approved.text, sheet, pack)
        assert name in said and sheet.slots["price"] in said
        assert _all()[other].name[market] not in said
    many = show.assistant.aloud(QueuedAnswer(answer, "", tuple(Asker(f"v{n}", 0) for n in range(12))))
    assert many is not None and "{askers.12}" in many.text
    assert answer.short is not None and show.assistant.aloud(QueuedAnswer(answer, "", (Asker("v", 0),)), hurried=True)


def test_a_comparison_that_cannot_be_told_of_both_is_not_told_aloud_of_one() -> None:
    answer = _Show("dew-serum", "stone-mug").ask("Dew Serum or Moss Mug: is it dishwasher safe?")
    assert answer.fact_ids == ("stone-mug/key_point.dishwasher",)
    assert (answer.spoken, answer.together, answer.short, answer.then) == (None, None, None, ())


def test_what_is_asked_of_two_products_is_told_of_each() -> None:
    answer = _Show("dew-serum", "stone-mug").ask("Dew Serum or Moss Mug: where is it made?")
    assert answer.intent == "choosing" and "price" not in " ".join(answer.fact_ids)


def test_a_viewer_goes_on_about_the_product_they_named() -> None:
    show = _Show("dew-serum", "travel-tote")
    show.ask("is the Weekday Tote water repellent?", "v1", "dew-serum")
    assert show.ask("and how much is it?", "v1", "dew-serum").product_id == "travel-tote"
    assert show.ask("how much is it?", "v2", "dew-serum").product_id == "dew-serum", "another viewer"
    assert show.ask("how much is it?", None, "dew-serum").product_id == "dew-serum", "nobody known"
    show.now += timedelta(minutes=3)
    assert show.ask("how much is it?", "v1", "dew-serum").product_id == "dew-serum", "long ago"


def test_a_viewer_asks_the_same_of_another_product() -> None:
    show = _Show("dew-serum")
    show.ask("how much is the Dew Serum?")
    answer = show.ask("and the Moss Mug?")
    assert (answer.intent, answer.product_id) == ("price", "stone-mug")


def test_threads_are_bounded_and_fresh() -> None:
    threads = Threads()
    for n in range(1500):
        threads.named(f"v{n}", "mug", ("price",), NOW)
    assert len(threads) == 1000 and threads.of("v0", NOW) is None and threads.of("v1499", NOW) is not None
    assert threads.of("v1499", NOW + timedelta(minutes=3)) is None and threads.of(None, NOW) is None
