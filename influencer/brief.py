"""The advertiser's brief: what is sold, what may be said about it, and the evidence for each claim.

All values are frozen; unknown fields are mistakes. Read one with `influencer.loading.load_brief`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

from babel.numbers import get_currency_precision
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from influencer.completeness import gaps
from influencer.fields import (
    COUPON,
    MARKET_IDS,
    SKU,
    Amount,
    Currency,
    LocalText,
    MarketId,
    Moment,
    ShortText,
    Slug,
    Value,
    Whole,
    plain_text,
    refusal,
    wrong,
)

__all__ = [
    "MARKET_IDS", "Brief", "Category", "Currency", "Evidence", "Faq", "KeyPoint", "LocalText", "MarketId", "Offer",
    "Price", "ShortText", "Slug", "Spec", "Value",
]  # fmt: skip

Category = Literal["beauty", "food", "fashion", "electronics", "home", "sports", "kids", "pets", "supplements"]
"""What kind of product it is: the advertising rules of script/rules/ are chosen by it."""
_STRONG_CLAIMS = {"health", "efficacy", "award"}
_STRONG_EVIDENCE = ("certificate", "clinical-study", "lab-test")


def _written_date(day: Any) -> Any:
    if isinstance(day, date) or (isinstance(day, str) and len(day) == len("2026-01-31")):
        return day
    raise ValueError("a date such as 2026-01-31")


def _inside_folder(path: str) -> str:
    outside = PureWindowsPath(path).anchor or "\\" in path or ".." in PurePosixPath(path).parts or ":" in path
    if outside or PurePosixPath(path).is_absolute() or not path.isprintable():
        raise ValueError("a path inside the brief's own folder, such as images/front.png")
    return path


class Evidence(Value):
    """Why a key point may be said."""

    kind: Literal["specification", "ingredient-list", "lab-test", "certificate", "clinical-study", "policy"]
    reference: ShortText
    dated: Annotated[date, BeforeValidator(_written_date)] | None = None


class KeyPoint(Value):
    """One thing worth saying, with its proof. Health and efficacy claims need a study, test or certificate."""

    id: Slug
    claim: Literal["feature", "ingredient", "origin", "health", "efficacy", "award"] = "feature"
    text: LocalText
    evidence: Evidence
    markets: Annotated[list[MarketId], Field(min_length=1)] | None = None
    """Where the evidence is valid; everywhere when None. Elsewhere the point is no fact, and nobody says it."""

    def valid_in(self, market: MarketId) -> bool:
        """Whether it may be said in a show of this market."""
        return self.markets is None or market in self.markets

    @field_validator("evidence")
    @classmethod
    def _strong_claims_need_strong_evidence(cls, evidence: Evidence, info: ValidationInfo) -> Evidence:
        claim = info.data.get("claim")
        if claim in _STRONG_CLAIMS and evidence.kind not in _STRONG_EVIDENCE:
            allowed = f"{', '.join(_STRONG_EVIDENCE)} (the claim is {claim})"
            raise refusal([wrong("kind", given=evidence.kind, allowed=allowed)])
        return evidence


class Price(Value):
    """What it costs in one market. `amount` is what a buyer pays now; `list_price` the regular price."""

    currency: Currency
    amount: Amount
    list_price: Amount | None = None

    @field_validator("amount", "list_price")
    @classmethod
    def _whole_minor_units(cls, amount: Decimal | None, info: ValidationInfo) -> Decimal | None:
        currency = info.data.get("currency")
        if amount is None or currency is None:
            return amount
        digits = get_currency_precision(currency)
        if amount != round(amount, digits):
            raise ValueError(f"at most {digits} decimals in {currency}" if digits else f"whole {currency}")
        return amount

    @field_validator("list_price")
    @classmethod
    def _list_price_is_not_lower(cls, list_price: Decimal | None, info: ValidationInfo) -> Decimal | None:
        amount = info.data.get("amount")
        if list_price is not None and amount is not None and list_price < amount:
            raise ValueError(f"at least the amount, {amount}, or no list_price")
        return list_price


class Offer(Value):
    """A coupon that is valid in a window. Exactly one of `percent_off` and `amount_off` (per market) is given."""

    coupon: Annotated[str, Field(pattern=COUPON)]
    percent_off: Annotated[Whole, Field(ge=1, le=90)] | None = None
    amount_off: Annotated[dict[MarketId, Amount] | None, Field(validate_default=True)] = None
    starts: Moment
    ends: Moment

    @field_validator("amount_off")
    @classmethod
    def _one_kind_of_discount(
        cls, amount_off: dict[MarketId, Decimal] | None, info: ValidationInfo
    ) -> dict[MarketId, Decimal] | None:
        if "percent_off" in info.data and (info.data["percent_off"] is None) == (amount_off is None):
            raise ValueError("exactly one of percent_off and amount_off")
        return amount_off

    @field_validator("ends")
    @classmethod
    def _ends_after_it_starts(cls, ends: datetime, info: ValidationInfo) -> datetime:
        starts = info.data.get("starts")
        if starts is not None and ends <= starts:
            raise ValueError(f"a time after starts, {starts.isoformat()}")
        return ends

    def active(self, now: datetime) -> bool:
        """Whether the coupon can be used at `now` (aware)."""
        return self.starts <= now < self.ends


class Faq(Value):
    """A question viewers ask and the advertiser's own answer."""

    id: Slug
    question: LocalText
    answer: LocalText


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _spec_kind(value: Any) -> str:
    return "per market" if isinstance(value, dict) else "same everywhere"


_SameEverywhere = Annotated[
    str, BeforeValidator(_number_as_text), Field(min_length=1, max_length=80), AfterValidator(plain_text)
]


class Spec(Value):
    """A measurable property: `value` is a number or words, `unit` a UCUM-like symbol (ml, g, cm, W, h) or none."""

    id: Slug
    label: LocalText
    value: Annotated[
        Annotated[_SameEverywhere, Tag("same everywhere")] | Annotated[LocalText, Tag("per market")],
        Discriminator(_spec_kind),
    ]
    unit: Annotated[str, Field(max_length=12)] | None = None


class Brief(Value):
    """Everything a show may say about one product."""

    id: Slug
    sku: Annotated[str, Field(pattern=SKU)]
    brand: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(plain_text)]
    name: LocalText
    category: Category
    summary: LocalText
    """What it is, in one noun phrase or short sentence ("a light daily face serum")."""
    markets: Annotated[list[MarketId], Field(min_length=1)]
    prices: dict[MarketId, Price]
    stock: Annotated[Whole, Field(ge=0, le=10_000_000)]
    key_points: Annotated[list[KeyPoint], Field(min_length=1, max_length=20)]
    specs: Annotated[list[Spec], Field(max_length=30)] = []
    ingredients: dict[MarketId, list[ShortText]] = {}
    how_to_use: LocalText | None = None
    offer: Offer | None = None
    forbidden_claims: Annotated[list[ShortText], Field(max_length=50)] = []
    audience: LocalText
    tone: Literal["warm", "playful", "expert", "calm", "energetic"] = "warm"
    faq: Annotated[list[Faq], Field(max_length=50)] = []
    shipping: LocalText
    returns: LocalText
    images: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_inside_folder)]],
        Field(max_length=8),
    ] = []
    """Paths relative to the brief's own file; PNG, JPEG or WebP."""

    @model_validator(mode="after")
    def _nothing_is_missing(self) -> Brief:
        found = gaps(self.model_dump())
        if found:
            raise refusal(found)
        return self
