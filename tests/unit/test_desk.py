from __future__ import annotations

from datetime import UTC, datetime

import pytest

from influencer.errors import ClaimRejected
from influencer.loading import load_brief, load_market
from influencer.script.values import Line, Position
from influencer.settings import LanguageChoice
from influencer.show.desk import MarketDesk
from models.fakes import ScriptedLanguageModel

pytestmark = pytest.mark.unit
CHOICE = LanguageChoice(backend="llama-cpp", share=1.0, languages=("en",))


class Shop:
    """A clock and a shelf that a test can change."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.left = 480

    def desk(self, market: str = "en-US", language: ScriptedLanguageModel | None = None) -> MarketDesk:
        return MarketDesk(
            [load_brief("dew-serum")], load_market(market), now=lambda: self.now, units=lambda _: self.left,
            language=language, choice=CHOICE,
        )  # fmt: skip


async def sources(desk: MarketDesk, lines: int = 8) -> set[str]:
    position, seen = Position(), set()
    for _ in range(lines):
        line = await desk.write(position)
        assert line is not None
        seen.add(line.source)
        position = desk.advance(position)
    return seen


async def test_the_model_is_asked_only_in_its_languages() -> None:
    model = ScriptedLanguageModel(["Let me show you {name}.", "{name} comes from {brand}."])
    assert "model" in await sources(Shop().desk("en-US", model))
    asked = len(model.prompts)
    assert await sources(Shop().desk("ko-KR", model)) == {"template"}
    assert len(model.prompts) == asked
    assert await sources(Shop().desk("ko-KR", model).moved_to(load_market("en-US"))) >= {"model"}


def test_what_was_bound_is_no_longer_true_when_the_shelf_or_the_offer_changes() -> None:
    shop = Shop()
    desk = shop.desk()
    stock = desk.approve(Line("We have {stock} of {name} here.", "product", "dew-serum", "en-US", (), "template", "t"))
    coupon = desk.approve(Line("The coupon is {coupon}.", "offer", "dew-serum", "en-US", (), "template", "c"))
    said = [(line, desk.bind(line)) for line in (stock, coupon)]
    assert "480" in said[0][1]
    assert all(desk.still_true(*each) for each in said)
    shop.left = 479
    shop.now = datetime(2031, 1, 1, tzinfo=UTC)
    assert not any(desk.still_true(*each) for each in said)


def test_the_signature_changes_when_a_product_sells_out_and_when_an_offer_ends() -> None:
    shop = Shop()
    desk = shop.desk()
    signatures = [desk.signature()]
    shop.left = 0
    signatures.append(desk.signature())
    shop.now = datetime(2031, 1, 1, tzinfo=UTC)
    signatures.append(desk.signature())
    assert len(set(signatures)) == 3


@pytest.mark.parametrize("words", ["It cures acne.", "Only $5 for you!", "The best serum in the world."])
def test_an_operator_cannot_make_the_host_say_it(words: str) -> None:
    with pytest.raises(ClaimRejected):
        Shop().desk().operator_line(words, "dew-serum")


async def test_a_sold_out_show_still_has_something_to_say() -> None:
    shop = Shop()
    shop.left = 0
    line = await shop.desk().write(Position(0, 1, 0))
    assert line is not None
    assert "Dew Serum" in shop.desk().bind(line)


async def test_a_product_that_sells_out_is_told_of_once_and_then_passed_by() -> None:
    left = {"dew-serum": 5, "stone-mug": 9}
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    products = [load_brief(name) for name in left]
    desk = MarketDesk(products, load_market("en-US"), now=lambda: now, units=lambda id: left[id])

    async def said(position: Position, lines: int) -> tuple[Position, list[tuple[str, str]]]:
        kinds = []
        for _ in range(lines):
            line = await desk.write(position)
            assert line is not None
            kinds.append((line.segment, line.product_id))
            position = desk.advance(position)
        return position, kinds

    position, before = await said(Position(), 3)
    assert "sold-out" not in {kind for kind, _ in before}
    left["dew-serum"] = 0
    position, after = await said(position, 14)
    assert after[0] == ("sold-out", "dew-serum")
    assert {product for _, product in after[2:]} == {"stone-mug"}
    assert [kind for kind, _ in after].count("sold-out") == 1
    left["dew-serum"] = 3
    position, back = await said(position, 14)
    assert "dew-serum" in {product for _, product in back}
    left["dew-serum"] = 0
    _, again = await said(position, 4)
    assert [kind for kind, _ in again].count("sold-out") == 1


async def test_what_was_sold_out_before_the_show_is_not_announced() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    left = {"dew-serum": 0, "stone-mug": 9}
    products = [load_brief(name) for name in left]
    desk = MarketDesk(products, load_market("en-US"), now=lambda: now, units=lambda id: left[id])
    line = await desk.write(desk.advance(Position()))
    assert line is not None and (line.segment, line.product_id) == ("hook", "stone-mug")


async def test_a_question_window_can_open_before_it_is_planned_but_not_within_one() -> None:
    desk = Shop().desk()
    early = desk.questions_early(Position(), "dew-serum")
    assert early is not None
    line, place = early
    assert (line.segment, desk.segment_at(place).kind) == ("questions", "questions")
    assert desk.questions_early(place, "dew-serum") is None
    assert desk.questions_early(Position(), "grip-mat") is None


@pytest.mark.parametrize("market", ["en-US", "ko-KR", "fr-FR"])
async def test_while_the_only_product_is_sold_out_the_show_hardly_repeats_itself_and_sells_nothing(market: str) -> None:
    shop = Shop()
    shop.left = 0
    desk = shop.desk(market)
    position, texts, kinds, told = Position(), [], [], 0
    for _ in range(45):
        line = await desk.write(position)
        assert line is not None
        texts.append(desk.bind(line))
        kinds.append(line.segment)
        told += any(id_.startswith(("key_point.", "faq.", "spec.", "how_to_use")) for id_ in line.fact_ids)
        assert desk.still_true(line, texts[-1])
        position = desk.advance(position)
    assert set(kinds) == {"sold-out", "standby"}
    assert len(set(texts)) >= 43
    assert told >= 8  # what the product is, not only that it is gone
