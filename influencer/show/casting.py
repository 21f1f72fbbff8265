"""Who hosts where: resolves a persona and a market into an avatar identity and a voice."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.brief import MarketId
from influencer.loading import load_market, load_persona
from influencer.market import Market
from influencer.persona import Persona
from influencer.show.preparer import Voice
from models.base import AvatarIdentity


@dataclass(frozen=True, slots=True)
class Casting:
    """A persona in a market."""

    persona: Persona
    market: Market

    @property
    def identity(self) -> AvatarIdentity:
        """What the avatar backend draws: the persona's attributes with the market's style on top."""
        return AvatarIdentity(self.persona.id, self.persona.attributes_for(self.market.id))

    @property
    def voice(self) -> Voice:
        """The market's voice for this persona; a market with one voice uses it for everybody."""
        voice = self.market.voices.get(self.persona.voice) or next(iter(self.market.voices.values()))
        return Voice(voice.id, voice.speed)

    @property
    def name(self) -> str:
        """The persona's name as the market writes it."""
        return self.persona.name_in(self.market.id)


def cast(market: MarketId | str, persona: str | None = None) -> Casting:
    """The market's pack, and the persona asked for or the market's own.

    Raises:
        NotFound: no such market or persona; the message lists them.
        InvalidInput: a pack on disk is wrong.
    """
    pack = load_market(market)
    return Casting(load_persona(persona or pack.persona), pack)
