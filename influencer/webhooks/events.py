"""What others can be told of: the types of events, and what each carries. None carries personal data of a viewer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from influencer.errors import InvalidInput, Mistake

API_VERSION = "1"
"""Grows when what a payload holds is renamed or taken away; new fields may come at any time."""

EventType = Literal[
    "brief.approved",
    "brief.changes_requested",
    "show.started",
    "show.ended",
    "order.paid",
    "order.refunded",
    "question.unanswered",
    "product.sold_out",
    "likeness.lapsed",
    "alert.opened",
    "alert.resolved",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
STAFF_ONLY: frozenset[EventType] = frozenset({"alert.opened", "alert.resolved"})
"""What only the house is told."""
FOR_ADVERTISERS = tuple(kind for kind in EVENT_TYPES if kind not in STAFF_ONLY)
TEST = "webhook.test"
"""What the button "Send a test event" sends; nobody subscribes to it."""

Minor = Annotated[int, Field(description="Minor units of `currency`.")]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BriefData(_Data):
    """A brief was decided about; `note` is what the operator wrote to the advertiser."""

    brief_id: str
    name: str
    version: int
    note: str | None


class ShowData(_Data):
    """A show; `product_ids` are those of whoever is told."""

    show_id: str
    market: str
    persona: str
    product_ids: list[str]


class LineData(_Data):
    """Units of one product, at the price they were bought for."""

    product_id: str
    sku: str
    quantity: int
    unit_amount: Minor
    discount: Minor


class OrderData(_Data):
    """A paid order: the lines of whoever is told, and what they come to. Who bought is not told."""

    order_id: str
    show_id: str
    market: str
    currency: str
    total: Minor
    lines: list[LineData]


class RefundData(_Data):
    """Money that went back. `amount` is null for an advertiser when the order held others' products too."""

    refund_id: str
    order_id: str
    show_id: str
    currency: str
    amount: Minor | None
    whole: Annotated[bool, Field(description="Whether nothing of the order is left to give back.")]
    product_ids: list[str]


class QuestionData(_Data):
    """A question that no fact of the brief answers. Its words are a viewer's, and only in the report."""

    question_id: int
    show_id: str
    product_id: str
    market: str
    language: str
    reason: str


class SoldOutData(_Data):
    """The last unit was bought, or is held by an order that waits for its payment."""

    product_id: str
    sku: str


class LikenessData(_Data):
    """A real person's likeness may not be shown any more; `show_ids`: shows of whoever is told, with this host."""

    consent_id: str
    because: Literal["revoked", "ended"]
    personas: list[str]
    markets: list[str]
    show_ids: list[str]


class AlertData(_Data):
    """An alert of the house; `subject` is a show, a product, or whatever else the rule looks at."""

    alert_id: int
    rule: str
    severity: str
    subject: str
    title: str
    detail: str
    opened_at: datetime
    resolved_at: datetime | None


DATA: dict[EventType, type[BaseModel]] = {
    "brief.approved": BriefData,
    "brief.changes_requested": BriefData,
    "show.started": ShowData,
    "show.ended": ShowData,
    "order.paid": OrderData,
    "order.refunded": RefundData,
    "question.unanswered": QuestionData,
    "product.sold_out": SoldOutData,
    "likeness.lapsed": LikenessData,
    "alert.opened": AlertData,
    "alert.resolved": AlertData,
}
_BRIEF = {"brief_id": "demo-mug", "name": "mug", "version": 2, "note": None}
_SHOW = {"show_id": "demo-mug-1f2e3d", "market": "ko-KR", "persona": "mina", "product_ids": ["demo-mug"]}
_LINE = {"product_id": "demo-mug", "sku": "MUG-1", "quantity": 2, "unit_amount": 1800, "discount": 360}
_ALERT = {
    "alert_id": 7, "rule": "stock-out", "severity": "warning", "subject": "demo-mug-1f2e3d demo-mug",
    "title": "Sold out on air", "detail": "demo-mug", "opened_at": "2026-05-01T09:30:00Z", "resolved_at": None,
}  # fmt: skip
EXAMPLES: dict[EventType, dict[str, Any]] = {
    "brief.approved": _BRIEF,
    "brief.changes_requested": {**_BRIEF, "note": "Name the source of the second claim."},
    "show.started": _SHOW,
    "show.ended": _SHOW,
    "order.paid": {
        "order_id": "K7QM-2VXA-9TCE", "show_id": "demo-mug-1f2e3d", "market": "en-US", "currency": "USD",
        "total": 3240, "lines": [_LINE],
    },
    "order.refunded": {
        "refund_id": "rf_5a1c", "order_id": "K7QM-2VXA-9TCE", "show_id": "demo-mug-1f2e3d", "currency": "USD",
        "amount": 1000, "whole": False, "product_ids": ["demo-mug"],
    },
    "question.unanswered": {
        "question_id": 12, "show_id": "demo-mug-1f2e3d", "product_id": "demo-mug", "market": "en-US",
        "language": "en", "reason": "no-fact",
    },
    "product.sold_out": {"product_id": "demo-mug", "sku": "MUG-1"},
    "likeness.lapsed": {
        "consent_id": "C-0A1B2C3D4E", "because": "revoked", "personas": ["ada"], "markets": ["en-US"],
        "show_ids": ["demo-mug-1f2e3d"],
    },
    "alert.opened": _ALERT,
    "alert.resolved": {**_ALERT, "resolved_at": "2026-05-01T09:42:00Z"},
}  # fmt: skip


def payload(number: int, kind: str, created: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """A whole payload. Ids have one length and grow, so they sort in the order in which things happened."""
    return {
        "id": event_id(number), "type": kind, "created": created.isoformat(timespec="milliseconds"),
        "api_version": API_VERSION, "data": data,
    }  # fmt: skip


def event_id(number: int) -> str:
    """The id of an event as others see it."""
    return f"evt_{number:012d}"


def require_types(chosen: tuple[str, ...], *, staff: bool) -> tuple[EventType, ...]:
    """The types somebody chose, each once, in the order of `EVENT_TYPES`.

    Raises:
        InvalidInput: none was chosen, or one is unknown or not for advertisers.
    """
    allowed = EVENT_TYPES if staff else FOR_ADVERTISERS
    unknown = sorted(set(chosen) - set(allowed))
    if unknown or not chosen:
        given = ", ".join(unknown)[:100] or "none"
        raise InvalidInput("webhook", [Mistake("events", given, f"one or more of {', '.join(allowed)}")])
    return tuple(kind for kind in allowed if kind in chosen)
