"""A market pack: how one country is spoken to. Data in configs/markets/<id>.yaml."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from influencer.fields import VOICE, Currency, MarketId, ShortText, Slug, Value, plain_text


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("an IANA time zone such as Asia/Seoul")
    return name


class Voice(Value):
    """Which voice of the speech model reads this market, and how fast."""

    id: Annotated[str, Field(pattern=VOICE)]
    speed: Annotated[float, Field(ge=0.7, le=1.4)] = 1.0


class StyleCard(Value):
    """How portraits of hosts look here: plain English phrases in lower case, for the portrait maker's prompt."""

    light: ShortText
    mood: ShortText


class Market(Value):
    """Language, money, time, voice, manners and what may not be said."""

    id: MarketId
    language_name: ShortText
    """The language's own name, for menus (한국어)."""
    currency: Currency
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    voices: dict[str, Voice]
    """Keyed "female" and "male"; a persona picks one."""
    persona: Slug
    """The house persona that hosts by default."""
    disclosure: ShortText
    """Spoken first in every show: the host is AI-generated."""
    label: Annotated[str, Field(min_length=1, max_length=24), AfterValidator(plain_text)]
    """The short AI notice that is always on the picture."""
    person: Annotated[str, Field(min_length=1, max_length=32), AfterValidator(plain_text)]
    """On the picture and in the captions while a person speaks through the microphone."""
    style_card: StyleCard | None = None
    """None: neutral daylight. Clothes and backdrop come from the persona's own style for the market."""
    greetings: Annotated[list[ShortText], Field(min_length=3)]
    farewells: Annotated[list[ShortText], Field(min_length=1)]
    fillers: list[ShortText] = []
    """What the host says when an answer takes a moment; each one sentence that claims nothing."""
    taboo_claims: Annotated[list[ShortText], Field(min_length=3)]
    """Words and phrases never said here, matched without regard to case (guaranteed, miracle, 최저가 …)."""
    allowed_words: list[ShortText] = []
    """Superlative-looking or number-like idioms that are no claim ("one moment", "number one question")."""

    @property
    def locale(self) -> str:
        """Babel's spelling of the id: ko_KR."""
        return self.id.replace("-", "_")

    @property
    def own_texts(self) -> tuple[str, ...]:
        """What hosts say here whatever they sell: the disclosure, greetings, farewells and fillers."""
        return (self.disclosure, *self.greetings, *self.farewells, *self.fillers)

    @property
    def language(self) -> str:
        """ISO 639-1 code: ko."""
        return self.id.split("-")[0]

    @property
    def zone(self) -> ZoneInfo:
        """The market's time zone."""
        return ZoneInfo(self.time_zone)
