"""Who keeps books of a show while it is on air: what a session tells, on the event loop."""

from __future__ import annotations

from influencer.brief import MarketId
from influencer.script.values import Position
from influencer.show.coming import Order
from influencer.show.utterance import (
    PersonSilent,
    PersonSpoke,
    SentenceStarted,
    UtteranceCut,
    UtteranceFinished,
    UtteranceResumed,
    UtteranceStarted,
)


class Listener:
    """What happens on air, told on the event loop. The live show and the recorder each keep their own books."""

    async def on_started(self, cue: UtteranceStarted, pts: int) -> None:
        """An utterance's first frame is on air."""

    async def on_sentence(self, cue: SentenceStarted, pts: int) -> None:
        """A sentence's first frame is on air."""

    async def on_finished(self, cue: UtteranceFinished, pts: int) -> None:
        """An utterance's last frame is on air."""

    async def on_cut(self, cue: UtteranceCut, text: str, pts: int) -> None:
        """An utterance was broken off: of what began or went on last, `text` was heard."""

    async def on_resumed(self, cue: UtteranceResumed, pts: int) -> None:
        """An utterance that was broken off goes on."""

    async def on_voice(self, cue: PersonSpoke | PersonSilent, pts: int) -> None:
        """A person's voice, through a microphone, is heard from this frame on, or no more."""

    async def on_position(self, position: Position, order: Order) -> None:
        """The first script line not aired yet, and all coming lines; written down before anything else happens."""

    async def on_market(self, market: MarketId) -> None:
        """The operator moved the show; returns when desk, host and stage are those of the new market."""

    async def on_facts_changed(self) -> None:
        """Price, stock or offer changed."""

    async def on_tick(self) -> None:
        """A second has passed."""
