"""The advertiser's brief: what is sold, what may be said about it, and the evidence for each claim.

All values are frozen; unknown fields are mistakes. Read one with `influencer.loading.load_brief`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from babel.numbers import list_currencies
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

MARKET_IDS = ("en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID")
"""The markets whose packs ship in configs/markets."""

MarketId = Literal["en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
ShortText = Annotated[str, Field(min_length=1, max_length=400)]
LocalText = Annotated[dict[MarketId, ShortText], Field(min_length=1)]
"""The same text in each market's own language, written by the advertiser; the engine never translates a claim."""

_CURRENCIES = frozenset(list_currencies())


def _known_currency(code: str) -> str:
    if code not in _CURRENCIES:
        raise ValueError("a current ISO 4217 code such as USD, KRW, JPY")
    return code


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]


class Value(BaseModel):
    """Base of everything written by people: frozen, and unknown fields are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Evidence(Value):
    """Why a key point may be said."""

    kind: Literal["specification", "ingredient-list", "lab-test", "certificate", "clinical-study", "policy"]
    reference: ShortText
    dated: date | None = None


class KeyPoint(Value):
    """One thing worth saying, with its proof. Health and efficacy claims need a study, test or certificate."""

    id: Slug
    claim: Literal["feature", "ingredient", "origin", "health", "efficacy", "award"] = "feature"
    text: LocalText
    evidence: Evidence

    @model_validator(mode="after")
    def _strong_claims_need_strong_evidence(self) -> KeyPoint:
        strong = {"lab-test", "certificate", "clinical-study"}
        if self.claim in {"health", "efficacy", "award"} and self.evidence.kind not in strong:
            raise ValueError(f"evidence.kind must be one of {', '.join(sorted(strong))} for a {self.claim} claim")
        return self


class Price(Value):
    """What it costs in one market. `amount` is what a buyer pays now; `list_price` the regular price."""

    amount: Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 10)]
    currency: Currency
    list_price: Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 10)] | None = None

    @model_validator(mode="after")
    def _list_price_is_not_lower(self) -> Price:
        if self.list_price is not None and self.list_price < self.amount:
            raise ValueError("list_price must not be lower than amount")
        return self


class Offer(Value):
    """A coupon that is valid in a window. Exactly one of `percent_off` and `amount_off` (per market) is given."""

    coupon: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,20}$")]
    percent_off: Annotated[int, Field(ge=1, le=90)] | None = None
    amount_off: dict[MarketId, Annotated[Decimal, Field(gt=0)]] | None = None
    starts: AwareDatetime
    ends: AwareDatetime

    @model_validator(mode="after")
    def _window_and_value(self) -> Offer:
        if self.ends <= self.starts:
            raise ValueError("ends must be after starts")
        if (self.percent_off is None) == (self.amount_off is None):
            raise ValueError("give exactly one of percent_off and amount_off")
        return self

    def active(self, now: datetime) -> bool:
        """Whether the coupon can be used at `now` (aware)."""
        return self.starts <= now < self.ends


class Faq(Value):
    """A question viewers ask and the advertiser's own answer."""

    id: Slug
    question: LocalText
    answer: LocalText


class Spec(Value):
    """A measurable property: `value` is a number or words, `unit` a UCUM-like symbol (ml, g, cm, W, h) or none."""

    id: Slug
    label: LocalText
    value: Annotated[str, Field(min_length=1, max_length=80)] | LocalText
    unit: Annotated[str, Field(max_length=12)] | None = None


class Brief(Value):
    """Everything a show may say about one product."""

    id: Slug
    sku: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{2,40}$")]
    brand: Annotated[str, Field(min_length=1, max_length=60)]
    name: LocalText
    category: Literal["beauty", "food", "fashion", "electronics", "home", "sports", "kids", "pets"]
    summary: LocalText
    """What it is, in one noun phrase or short sentence ("a light daily face serum")."""
    markets: Annotated[list[MarketId], Field(min_length=1)]
    prices: dict[MarketId, Price]
    stock: Annotated[int, Field(ge=0, le=10_000_000)]
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
    images: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=8)] = []
    """Paths relative to the brief's own file; PNG, JPEG or WebP."""

    @model_validator(mode="after")
    def _every_market_is_complete(self) -> Brief:
        for market in self.markets:
            if market not in self.prices:
                raise ValueError(f"prices.{market}: missing, every market of `markets` needs a price")
            for path, text in self._required_texts():
                if market not in text:
                    raise ValueError(f"{path}.{market}: missing, every market of `markets` needs this text")
        ids = [item.id for item in (*self.key_points, *self.faq, *self.specs)]
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        if doubled:
            raise ValueError(f"key_points, faq and specs: ids must differ, doubled: {', '.join(doubled)}")
        return self

    def _required_texts(self) -> list[tuple[str, dict[MarketId, str]]]:
        texts = [("name", self.name), ("summary", self.summary), ("audience", self.audience)]
        texts += [("shipping", self.shipping), ("returns", self.returns)]
        texts += [(f"key_points[{i}].text", point.text) for i, point in enumerate(self.key_points)]
        return texts
