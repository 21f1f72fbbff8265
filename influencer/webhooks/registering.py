"""Registering endpoints: the address is checked before it is kept, and secrets are made here."""

from __future__ import annotations

import secrets
from datetime import timedelta

from influencer.errors import InvalidInput, Mistake
from influencer.outbound import Outbound
from influencer.store import Store
from influencer.store.webhooks import Endpoint
from influencer.webhooks.events import EventType, require_types

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside a new one."""
MAX_URL = 500


class Webhooks:
    """Adds and changes endpoints over one store; owns nothing that needs closing.

    Args:
        store: where endpoints are kept.
        outbound: says which addresses may be sent to; whose it is, closes it.
    """

    def __init__(self, store: Store, outbound: Outbound | None = None) -> None:
        self._books = store.webhooks
        self._outbound = outbound or Outbound()

    async def register(
        self, advertiser_id: str | None, url: str, events: tuple[str, ...], description: str, *, by: str
    ) -> Endpoint:
        """Keep an endpoint of an advertiser, or (None) of the house, with a new secret.

        Raises:
            InvalidInput: the address is not HTTPS or not public, or an event is unknown or not for them.
            Unreachable: the host has no address.
            Conflict: they have as many as allowed.
        """
        chosen = require_types(events, staff=advertiser_id is None)
        await self._check(url)
        return await self._books.add(advertiser_id, url, chosen, description, new_secret(), by)

    async def change(
        self, endpoint: Endpoint, *, url: str | None = None, events: tuple[str, ...] | None = None,
        description: str | None = None,
    ) -> Endpoint:  # fmt: skip
        """Change what is given.

        Raises:
            InvalidInput: as for `register`.
            Unreachable: as for `register`.
        """
        values: dict[str, str | list[EventType]] = {}
        if events is not None:
            values["events"] = list(require_types(events, staff=endpoint.advertiser_id is None))
        if url is not None and url != endpoint.url:
            await self._check(url)
            values["url"] = url
        if description is not None:
            values["description"] = description
        return await self._books.change(endpoint.id, **values)

    async def rotate(self, endpoint_id: str) -> Endpoint:
        """Make a new secret; for `OVERLAP` both sign."""
        return await self._books.rotate(endpoint_id, new_secret(), OVERLAP)

    async def _check(self, url: str) -> None:
        if len(url) > MAX_URL:
            raise InvalidInput("webhook", [Mistake("url", f"{len(url)} characters", f"at most {MAX_URL}")])
        await self._outbound.check(url)


def new_secret() -> str:
    """256 random bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"
