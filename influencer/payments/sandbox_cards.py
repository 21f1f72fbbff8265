"""The cards of the test provider. They are no real cards; every other number is refused, and none is ever kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Webhooks = Literal["normal", "lost", "duplicated", "late"]
"""How an intent's webhooks are sent. late: the final one is sent before the one that should come first."""


@dataclass(frozen=True, slots=True)
class SandboxCard:
    """What happens when somebody pays with it."""

    number: str
    outcome: Literal["succeeded", "declined", "delayed", "delayed_failure"]
    about: str
    failure: str | None = None
    webhooks: Webhooks = "normal"

    @property
    def last4(self) -> str:
        """The four digits that may be shown."""
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        """As it is printed on a card."""
        return " ".join(self.number[i : i + 4] for i in range(0, 16, 4))


CARDS = (
    SandboxCard("4242424242424242", "succeeded", "paid at once"),
    SandboxCard("4000000000000002", "declined", "declined", "card_declined"),
    SandboxCard("4000000000009995", "declined", "declined: not enough money", "insufficient_funds"),
    SandboxCard("4000000000000069", "declined", "declined: expired", "expired_card"),
    SandboxCard("4000000000003063", "delayed", "paid after some seconds"),
    SandboxCard("4000000000000341", "delayed_failure", "fails after some seconds", "processing_error"),
    SandboxCard("4000000000001091", "succeeded", "paid; the webhook gets lost", webhooks="lost"),
    SandboxCard("4000000000001109", "succeeded", "paid; every webhook comes twice", webhooks="duplicated"),
    SandboxCard("4000000000001117", "delayed", "paid; webhooks come in the wrong order", webhooks="late"),
)


def card_of(number: str) -> SandboxCard | None:
    """The test card with this number, spaces and hyphens left out; None for every other number."""
    digits = number.replace(" ", "").replace("-", "")
    return next((card for card in CARDS if card.number == digits), None)
