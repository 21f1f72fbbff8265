"""What a payment provider must do, and the values that pass in and out. Money is in minor units.

The shop never sees a card: a viewer pays on the provider's own page (`Intent.pay_url`), and the shop learns of it from
a signed webhook, which it takes only as a hint to ask: `retrieve` is what counts. So a webhook that is lost, sent twice
or out of order does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from influencer.errors import Busy, Conflict, Forbidden

IntentState = Literal["requires_payment_method", "processing", "succeeded", "failed", "canceled"]
"""requires_payment_method: nobody has paid yet, or a card was declined and another may be tried; processing: the money
is on its way; succeeded, failed and canceled are final."""


class PaymentUnavailable(Busy):
    """The provider could not be reached or did not answer in time; the same call with the same key may be repeated."""


class PaymentRefused(Conflict):
    """The provider refuses, and would refuse the same call again."""


class BadSignature(Forbidden):
    """A webhook that the provider did not send, or sent too long ago."""


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A payment that is wanted. `reference` is our order's number, `return_url` where the viewer goes afterwards."""

    amount: int
    currency: str
    reference: str
    description: str
    return_url: str
    market: str = "en-US"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment as the provider sees it. `pay_url` is the page where the viewer pays, while that is possible."""

    id: str
    state: IntentState
    amount: int
    currency: str
    reference: str
    pay_url: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class RefundResult:
    """Money that went back, or is on its way."""

    id: str
    amount: int
    state: Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class PaymentHint:
    """What a webhook says: something happened to this intent."""

    id: str
    kind: str
    intent_id: str


class PaymentProvider(Protocol):
    """A provider of payments. Every call may raise `PaymentUnavailable` (repeat it) or `PaymentRefused` (do not)."""

    @property
    def name(self) -> str:
        """Written beside every intent: sandbox, stripe."""
        ...

    async def create(self, new: NewIntent, *, key: str) -> Intent:
        """Create an intent; the same key again returns the same intent, so nobody is charged twice."""
        ...

    async def retrieve(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        ...

    async def cancel(self, intent_id: str) -> Intent:
        """Make sure it can never be paid, if it is not paid yet: whatever came first, its state tells."""
        ...

    async def refund(self, intent_id: str, amount: int, *, key: str) -> RefundResult:
        """Give a part or all of it back; the same key again returns the same refund."""
        ...

    def verify(self, payload: bytes, headers: Mapping[str, str]) -> PaymentHint | None:
        """Check a webhook; None for one that concerns no payment of ours.

        Raises:
            BadSignature: it is forged, altered or too old.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections; safe to call twice."""
        ...
