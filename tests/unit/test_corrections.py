"""What is taken back when a line was cut because it was no longer so: only what was heard, and in every market."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from influencer.brief import MARKET_IDS
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.script.corrections import load_corrections
from influencer.script.values import Line
from influencer.show.desk import MarketDesk
from influencer.show.taking_back import Corrections

pytestmark = pytest.mark.unit

BRIEF = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
assert BRIEF.offer is not None
END = BRIEF.offer.ends


class Shop:
    """A desk whose time and stock are set."""

    def __init__(self, market: str) -> None:
        self.corrections = Corrections()
        self.at, self.left = END - timedelta(minutes=5), 40
        self.desk = MarketDesk((BRIEF,), load_market(market), now=lambda: self.at, units=lambda _: self.left)

    def taken_back(
        self, text: str, heard: str | None = None, *, ends: bool = True, sold_out: bool = False
    ) -> Line | None:
        market = self.desk.market.id
        line = self.desk.approve(Line(text, "offer", BRIEF.id, market, (), "template", "t"))
        spoken, said = self.desk.bind(line), self.desk.said(line)
        self.at = END + timedelta(seconds=1) if ends else self.at
        self.left = 0 if sold_out else self.left
        return self.corrections.of(self.desk, line, spoken, said, spoken if heard is None else heard)


@pytest.mark.parametrize("market", MARKET_IDS)
def test_an_offer_that_ended_is_taken_back_in_every_market_with_the_price_of_now(market: str) -> None:
    said: set[str] = set()
    for _ in load_corrections()[market[:2]]:
        shop = Shop(market)
        shop.corrections._turn = len(said)
        line = shop.taken_back("{coupon}: {coupon_price}")
        assert line is not None
        approved = shop.desk.approve(line)
        spoken = shop.desk.bind(approved)
        assert shop.desk.sheet(BRIEF.id).slots["price"] in spoken
        assert shop.desk.still_true(approved, spoken)
        assert "price" in approved.fact_ids
        said.add(line.text)
    assert len(said) == len(load_corrections()[market[:2]]) >= 2


def test_nothing_is_taken_back_that_was_not_heard_or_is_still_so() -> None:
    text = "{name} is {price}. With {coupon} it is {coupon_price}."
    shop = Shop("en-US")
    assert shop.taken_back(text, heard="Dew Serum is") is None
    assert Shop("en-US").taken_back(text, ends=False) is None
    assert Shop("en-US").taken_back(text) is not None


def test_a_product_that_sold_out_is_told_by_the_script_and_not_corrected() -> None:
    assert Shop("en-US").taken_back("With {coupon} it is {coupon_price}.", sold_out=True) is None


def test_a_line_of_another_market_is_not_corrected() -> None:
    shop, other = Shop("en-US"), Shop("ko-KR")
    line = shop.desk.approve(Line("{coupon}", "offer", BRIEF.id, "en-US", (), "template", "t"))
    other.at = datetime.now(UTC) + timedelta(days=9999)
    assert other.corrections.of(other.desk, line, "x", {"coupon": "DEW"}, "DEW") is None


def test_two_corrections_in_a_row_differ() -> None:
    shop = Shop("en-US")
    first = shop.taken_back("{coupon}: {coupon_price}")
    shop.at = END - timedelta(minutes=5)
    second = shop.taken_back("{coupon}: {coupon_price}")
    assert first is not None and second is not None
    assert first.text != second.text
