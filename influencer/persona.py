"""A host: a synthetic person described by named attributes. Data in configs/personas/<id>.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from influencer.brief import MarketId, ShortText, Slug, Value
from influencer.script.values import Temper


class Consent(Value):
    """The record that a real person agreed to a likeness; required when `synthetic` is false."""

    person: ShortText
    scope: ShortText
    expires: ShortText


class Persona(Value):
    """Who hosts. `attributes` are the avatar's knobs (hair, outfit.color …); `styles` override them per market."""

    id: Slug
    name: dict[MarketId, Annotated[str, Field(min_length=1, max_length=40)]]
    synthetic: bool
    consent: Consent | None = None
    voice: Literal["female", "male"] = "female"
    manner: ShortText
    temper: Temper | None = None
    """Whose wordings they use; None: those of anybody."""
    attributes: dict[str, str | float]
    styles: dict[MarketId, dict[str, str | float]] = {}

    @model_validator(mode="after")
    def _real_people_need_consent(self) -> Persona:
        if not self.synthetic and self.consent is None:
            raise ValueError("consent: missing, a persona that is not synthetic needs a consent record")
        return self

    def attributes_for(self, market: MarketId) -> dict[str, str | float]:
        """The avatar attributes in one market: the persona's own, then the market's style on top."""
        return {**self.attributes, **self.styles.get(market, {})}

    def name_in(self, market: MarketId) -> str:
        """The persona's name as written in a market; falls back to any name it has."""
        return self.name.get(market) or next(iter(self.name.values()))
