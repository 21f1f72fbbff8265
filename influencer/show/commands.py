"""What the director asks for: the commands its steps give, which the session carries out."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.brief import MarketId
from influencer.script.values import Position
from influencer.show.interruptions import Kind
from influencer.show.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Prepare:
    """Write, check, bind, synthesise and queue this ticket's utterance."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Discard:
    """Forget the utterances of these tickets, which are void; none of them has begun."""

    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class DiscardAll:
    """Forget every utterance, answers too, and what is left of the one on air after its sentence."""


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the position: the first script line that has not been aired."""

    position: Position


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop speaking at the next sentence boundary (True), or go on (False)."""

    held: bool


@dataclass(frozen=True, slots=True)
class HoldScript:
    """Let only urgent utterances begin (True), or the script go on (False)."""

    held: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Cut what is on air, as the policy of this kind says (`influencer.show.interruptions`)."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class EnterMarket:
    """Rebuild facts, guard, voice and label for a market."""

    market: MarketId


@dataclass(frozen=True, slots=True)
class Close:
    """End the show."""


Command = Prepare | Discard | DiscardAll | Save | Hold | HoldScript | Interrupt | EnterMarket | Close
