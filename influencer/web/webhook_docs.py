"""What the API's description says of the webhooks that we send (OpenAPI 3.1, `webhooks`), an example each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header
from pydantic import ConfigDict, create_model

from influencer.webhooks.events import API_VERSION, DATA, EVENT_TYPES, EXAMPLES, EventType, payload

_AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


def example(kind: EventType) -> dict[str, Any]:
    """A whole payload of a type, as the guide prints it."""
    return payload(42, kind, _AT, EXAMPLES[kind])


def describe(app: FastAPI) -> None:
    """Add every type to the application's description."""
    for kind in EVENT_TYPES:
        _add(app, kind)


def _add(app: FastAPI, kind: EventType) -> None:
    name = "".join(part.title() for part in kind.replace(".", "_").split("_"))
    model = create_model(
        f"{name}Webhook",
        __config__=ConfigDict(json_schema_extra={"example": example(kind)}),
        id=str, type=Literal[kind], created=datetime, api_version=Literal[API_VERSION], data=DATA[kind],
    )  # type: ignore[call-overload]  # fmt: skip

    async def sent(body: Any, influencer_signature: Annotated[str, Header()]) -> None:
        """Only described here: it is the receiver who serves this."""

    sent.__annotations__["body"] = model
    sent.__doc__ = DATA[kind].__doc__
    app.webhooks.post(kind, name=kind, operation_id=f"webhook {kind}", tags=["webhooks"])(sent)
