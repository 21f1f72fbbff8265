"""An experiment as an advertiser or operator writes it: arms, bounds, holdout, and when it stops. Data in YAML."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from influencer.fields import MarketId, ShortText, Slug, Value, refusal, wrong

Outcome = Literal["product-click", "cart", "checkout", "order"]
Share = Annotated[float, Field(ge=0, le=1)]
_WORDED = ("hook", "offer", "call-to-action", "product")
_TOLERANCE = 1e-9


class Arm(Value):
    """One variant. Exactly what the experiment's kind needs is given: slots for wordings, a host, or a product."""

    id: Slug
    text: ShortText
    """What it is, for people: "The hook names whom it is for"."""
    tells: Annotated[list[Slug | str], Field(max_length=8)] = []
    """Wordings that hold one of these slots (audience, summary, coupon_price …)."""
    lacks: Annotated[list[Slug | str], Field(max_length=8)] = []
    """Wordings that hold none of these."""
    persona: Slug | None = None
    product: Slug | None = None
    min_share: Share = 0.1
    max_share: Share = 0.9
    frozen: Share | None = None
    """This share and no other, whatever the numbers say."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most of the time it may get."""
        return (self.min_share, self.max_share) if self.frozen is None else (self.frozen, self.frozen)


class Experiment(Value):
    """What is tried, on what, and by which rules it ends by itself."""

    id: Slug
    kind: Literal["wording", "persona", "product"]
    segment: Literal["hook", "offer", "call-to-action", "product"] | None = None
    """With `wording`: whose lines are chosen among."""
    markets: list[MarketId] = []
    """Where; everywhere when empty."""
    products: list[Slug] = []
    """In the turns of which products; of all when empty."""
    advertiser: Slug | None = None
    """Whose rules these are; None: the house's."""
    outcome: Outcome = "product-click"
    arms: Annotated[list[Arm], Field(min_length=2, max_length=8)]
    holdout: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """The part of the time that is given out without the bandit, to measure what the bandit brings."""
    block_minutes: Annotated[int, Field(ge=10, le=1_440)] = 60
    """Shares are set anew once a block; arms are compared within blocks, so that the hour of day cannot mislead."""
    slot_minutes: Annotated[int, Field(ge=2, le=240)] = 10
    """With `persona`: how long a host stays."""
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    """How often an experiment between equals may end with a winner, however often it is looked at."""
    loss: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    """When playing even the worst arm costs less than this part of the best rate, the difference does not matter."""
    max_days: Annotated[float, Field(gt=0, le=90)] = 14

    @model_validator(mode="after")
    def _is_whole(self) -> Experiment:
        found = []
        ids = [arm.id for arm in self.arms]
        if len(set(ids)) < len(ids):
            found.append(wrong("arms", given=", ".join(ids), allowed="a different id for each arm"))
        if (self.segment is None) == (self.kind == "wording"):
            found.append(wrong("segment", given=self.segment, allowed=f"with kind wording one of {', '.join(_WORDED)}"))
        for place, arm in enumerate(self.arms):
            given = {
                "wording": bool(arm.tells or arm.lacks),
                "persona": bool(arm.persona),
                "product": bool(arm.product),
            }
            if [kind for kind, there in given.items() if there] != [self.kind]:
                needs = {"wording": "tells or lacks", "persona": "persona", "product": "product"}[self.kind]
                found.append(wrong("arms", place, given=arm.id, allowed=f"{needs}, and nothing of another kind"))
            if arm.bounds[0] > arm.bounds[1]:
                found.append(wrong("arms", place, "min_share", given=arm.min_share, allowed="at most max_share"))
        least, most = (sum(arm.bounds[side] for arm in self.arms) for side in (0, 1))
        if least > 1 + _TOLERANCE or most < 1 - _TOLERANCE:
            found.append(
                wrong("arms", given=f"shares of {least:g} to {most:g} in all", allowed="bounds that 1 lies between")
            )
        if found:
            raise refusal(found)
        return self

    def concerns(self, market: str, products: list[str]) -> bool:
        """Whether it runs in a show of this market with these products."""
        if self.markets and market not in self.markets:
            return False
        wanted = [arm.product for arm in self.arms if arm.product] or self.products
        return not wanted or any(product in wanted for product in products)
