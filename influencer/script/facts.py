"""Everything that is true about one product in one market at one moment: the ground every spoken line stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from influencer.brief import Brief, Evidence, LocalText, MarketId, Offer, Price
from influencer.commerce.pricing import discounted
from influencer.errors import NotFound
from influencer.market import Market
from influencer.script.formats import Style, final_day
from influencer.script.rule_packs import MANDATED, mandated_for
from influencer.script.values import Fact, FactKind


@dataclass(frozen=True, slots=True)
class FactSheet:
    """The facts of a product, and the slots lines are bound with. Built anew for every line that is spoken.

    What is not true now is not here: no offer facts outside the offer's window, no `stock` slot when sold out.
    """

    brief: Brief
    market: MarketId
    text_market: MarketId
    """Whose language the texts are in; prices are always those of `market`."""
    now: datetime
    stock: int
    facts: Mapping[str, Fact]
    slots: Mapping[str, str]
    slot_facts: Mapping[str, str]
    """The fact each slot states: "saving" states "list_price"."""
    today: date
    """The market's calendar day at `now`."""
    last_day: date | None
    """The last calendar day of the active offer."""

    @classmethod
    def build(
        cls, brief: Brief, market: Market, *, now: datetime, stock: int | None = None,
        text_market: MarketId | None = None,
    ) -> FactSheet:  # fmt: skip
        """Collect what is true.

        Args:
            brief: the product.
            market: where the show sells: its prices, its time zone.
            now: aware; decides whether the offer is active.
            stock: units left; the brief's own number when None.
            text_market: whose language to write in, when it is not the market's (a viewer asks in English).
                Texts the brief has not in that language stay in the market's.

        Raises:
            NotFound: the product is not sold in this market.
        """
        if market.id not in brief.prices:
            raise NotFound(f"{brief.id} is not sold in {market.id}; it is in {', '.join(brief.prices)}")
        collected = _Collector(brief, market, now, brief.stock if stock is None else stock, text_market or market.id)
        collected.collect()
        offer = brief.offer
        return cls(
            brief=brief,
            market=market.id,
            text_market=text_market or market.id,
            now=now,
            stock=collected.stock,
            facts=MappingProxyType(collected.facts),
            slots=MappingProxyType(collected.slots),
            slot_facts=MappingProxyType(collected.slot_facts),
            today=now.astimezone(market.zone).date(),
            last_day=final_day(offer.ends, market.zone) if offer is not None and offer.active(now) else None,
        )

    @property
    def product_id(self) -> str:
        """The brief's id."""
        return self.brief.id

    @property
    def language(self) -> str:
        """ISO 639-1 code of the texts."""
        return self.text_market.split("-")[0]

    @property
    def sold_out(self) -> bool:
        """Whether nothing is left."""
        return self.stock <= 0

    @property
    def offer_active(self) -> bool:
        """Whether the coupon can be used now."""
        return "coupon" in self.facts


class _Collector:
    """Fills the three maps of a sheet."""

    def __init__(self, brief: Brief, market: Market, now: datetime, stock: int, text_market: MarketId) -> None:
        self.brief, self.market, self.now, self.stock = brief, market, now, stock
        self.facts: dict[str, Fact] = {}
        self.slots: dict[str, str] = {}
        self.slot_facts: dict[str, str] = {}
        self._text_market = text_market
        self._style = Style(text_market.replace("-", "_"))
        self._words = _words()[self._style.language]

    def collect(self) -> None:
        brief = self.brief
        self._add("brand", "brand", brief.brand)
        self._add("category", "category", self._words[brief.category])
        for name in ("name", "summary", "audience", "shipping", "returns", "how_to_use"):
            self._add_local(name, name, getattr(brief, name))
        price = brief.prices[self.market.id]
        self._add_price(price)
        self._add_stock()
        if brief.offer is not None and brief.offer.active(self.now):
            self._add_offer(brief.offer, price)
        for point in (point for point in brief.key_points if point.valid_in(self.market.id)):
            self._add_local(f"key_point.{point.id}", "key_point", point.text, _evidence(point.evidence))
        for faq in brief.faq:
            self._add_local(f"faq.{faq.id}", "faq", faq.answer)
            self._slot(f"question.{faq.id}", self._local(faq.question), f"faq.{faq.id}")
        self._add_specs()
        self._add_ingredients()
        for one in mandated_for(brief, self.market.id):
            self._add(f"{MANDATED}{one.id}", "mandated", one.say, f"law: {one.source}")

    def _local(self, text: LocalText | None) -> str | None:
        return None if text is None else text.get(self._text_market, text.get(self.market.id))

    def _slot(self, slot: str, text: str | None, fact_id: str) -> None:
        if text is not None and fact_id in self.facts:
            self.slots[slot] = text
            self.slot_facts[slot] = fact_id

    def _add(self, id_: str, kind: FactKind, text: str, evidence: str | None = None) -> None:
        self.facts[id_] = Fact(id_, kind, text, self.brief.id, evidence)
        self._slot(id_, text, id_)

    def _add_local(self, id_: str, kind: FactKind, text: LocalText | None, evidence: str | None = None) -> None:
        local = self._local(text)
        if local is not None:
            self._add(id_, kind, local, evidence)

    def _money(self, amount: Decimal) -> str:
        return self._style.money(amount, self.brief.prices[self.market.id].currency)

    def _add_price(self, price: Price) -> None:
        self._add("price", "price", self._money(price.amount))
        if price.list_price is None or price.list_price <= price.amount:
            return
        self._add("list_price", "list_price", self._money(price.list_price))
        self._slot("saving", self._money(price.list_price - price.amount), "list_price")
        percent = int((price.list_price - price.amount) * 100 / price.list_price)  # rounded down: never overstated
        if percent > 0:
            self._add("discount", "discount", self._style.percent(percent))

    def _add_stock(self) -> None:
        if self.stock <= 0:
            self.facts["stock"] = Fact("stock", "stock", self._words["sold_out"], self.brief.id)
            return
        in_stock = self._style.counted(self.stock, self._words["in_stock"])
        self.facts["stock"] = Fact("stock", "stock", in_stock, self.brief.id)
        self._slot("stock", self._style.number(self.stock), "stock")
        self._slot("stock_units", self._style.counted(self.stock, self._words["units"]), "stock")

    def _add_offer(self, offer: Offer, price: Price) -> None:
        if offer.percent_off is not None:
            worth = self._style.percent(offer.percent_off)
        else:
            worth = self._money((offer.amount_off or {})[self.market.id])
        self._add("coupon", "coupon", offer.coupon)
        self._add("coupon_value", "coupon_value", worth)
        with_coupon = discounted(price.amount, price.currency, offer, self.market.id)
        self._add("coupon_price", "coupon_price", self._money(with_coupon))
        self._add("offer_ends", "offer_ends", self._style.last_day(offer.ends, self.now, self.market.zone))
        self._slot("ends_in", self._style.duration(offer.ends - self.now, self._words), "offer_ends")

    def _add_specs(self) -> None:
        for spec in self.brief.specs:
            label = self._local(spec.label)
            raw = spec.value if isinstance(spec.value, str) else self._local(spec.value)
            if label is None or raw is None:
                continue
            value = self._style.measure(raw, spec.unit)
            self._add(f"spec.{spec.id}", "spec", self._style.labelled(label, value))
            self._slot(f"spec_label.{spec.id}", label, f"spec.{spec.id}")
            self._slot(f"spec_value.{spec.id}", value, f"spec.{spec.id}")

    def _add_ingredients(self) -> None:
        by_market = self.brief.ingredients
        listed = by_market.get(self._text_market) or by_market.get(self.market.id)
        if not listed:
            return
        self._add("ingredients", "ingredient", self._style.listed(listed))
        for number, ingredient in enumerate(listed, start=1):
            self._add(f"ingredient.{number}", "ingredient", ingredient)


def counted_askers(count: int, market: Market) -> str:
    """How many viewers ask, as the host says it: "12 of you", "12명의 시청자분"."""
    return Style(market.locale).counted(count, _words()[market.language]["askers"])


def _evidence(evidence: Evidence) -> str:
    dated = f" ({evidence.dated.isoformat()})" if evidence.dated else ""
    return f"{evidence.kind}: {evidence.reference}{dated}"


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, Any]]:
    text = files("influencer.script").joinpath("words.yaml").read_text("utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]
