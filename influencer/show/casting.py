"""Who hosts where: resolves a persona and a market into an avatar identity and a voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from influencer.brief import MarketId
from influencer.loading import load_market, load_persona, markets, personas
from influencer.market import Market
from influencer.packs.catalogue import CATALOGUE
from influencer.persona import Persona
from influencer.show.preparer import Voice
from models.base import AvatarIdentity


@dataclass(frozen=True, slots=True)
class Casting:
    """A persona in a market."""

    persona: Persona
    market: Market
    changes: Mapping[str, str | float] = field(default_factory=dict)
    """Attributes that differ from the persona's own."""
    persona_version: int = 0
    """Which saved version of the persona this is; 0 is the file's."""
    market_version: int = 0
    footage: frozenset[str] = frozenset()
    """SHA-256 of the footage that may be animated for it; `influencer.likeness.on_air.cleared` fills it in."""

    @property
    def identity(self) -> AvatarIdentity:
        """What the avatar backend draws: the persona's attributes, the market's style, and the changes on top."""
        attributes = {**self.persona.attributes_for(self.market.id), **self.changes}
        return AvatarIdentity(self.persona.id, attributes, self.footage)

    @property
    def voice(self) -> Voice:
        """The market's voice for this persona; a market with one voice uses it for everybody."""
        voice = self.market.voices.get(self.persona.voice) or next(iter(self.market.voices.values()))
        return Voice(voice.id, voice.speed)

    @property
    def versions(self) -> str:
        """Which versions are on air, for people: "maya 3, en-US as its file"."""
        both = ((self.persona.id, self.persona_version), (self.market.id, self.market_version))
        return ", ".join(f"{name} {version or 'as its file'}" for name, version in both)

    @property
    def name(self) -> str:
        """The persona's name as the market writes it."""
        return self.persona.name_in(self.market.id)


def cast(
    market: MarketId | str, persona: str | None = None, changes: Mapping[str, str | float] | None = None
) -> Casting:
    """The market's pack, and the persona asked for or the market's own; `changes` are attributes that differ.

    Raises:
        NotFound: no such market or persona; the message lists them.
        InvalidInput: a pack on disk is wrong.
    """
    pack = load_market(market)
    return hosted_by(load_persona(persona or pack.persona), pack, CATALOGUE.version("market", pack.id), changes)


def recast(onto: Casting, persona: str, changes: Mapping[str, str | float] | None = None) -> Casting:
    """Another host, as it was last approved, in the market as it is on air.

    Raises:
        NotFound: no such persona.
        InvalidInput: its file is wrong.
    """
    return hosted_by(load_persona(persona), onto.market, onto.market_version, changes)


def moved(onto: Casting, market: MarketId) -> Casting:
    """The host as it is on air, in another market (or in the newest version of the same).

    Raises:
        NotFound: no such market.
        InvalidInput: its file is wrong.
    """
    version = CATALOGUE.version("market", market)
    return replace(onto, market=load_market(market), market_version=version)


def hosted_by(
    persona: Persona, market: Market, market_version: int, changes: Mapping[str, str | float] | None = None
) -> Casting:
    """A persona as it was just loaded, in a market pack of that version."""
    version = CATALOGUE.version("persona", persona.id)
    return Casting(persona, market, dict(changes or {}), version, market_version)


def house_casts() -> list[Casting]:
    """Every persona in the market it hosts by default, else in the first that its file names.

    Raises:
        InvalidInput: a pack on disk is wrong.
    """
    packs = markets()
    homes = {pack.persona: pack for pack in packs.values()}
    return [Casting(one, homes.get(one.id) or packs[next(iter(one.name))]) for one in personas().values()]
