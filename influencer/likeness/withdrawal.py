"""A person takes their agreement back: every record of theirs ends now, and every show with their likeness with it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from influencer.accounts.values import NewAudit
from influencer.show.control import House
from influencer.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal ended; nothing when it had been done before."""

    consents: tuple[str, ...]
    shows: tuple[str, ...]


async def withdraw(
    store: Store, house: House, person: str, *, via: str, actor_id: str | None = None, address: str = ""
) -> Withdrawn:
    """End the use of a likeness: records first, so that nothing starts anew, then what is on air. Shows of other
    processes end within `influencer.likeness.on_air.LOOK_S`.

    `via` is the link's id or the name of whoever was told; it goes into the ledger and the audit log.
    """
    consents = tuple(await store.consents.withdraw(person, via))
    shows = tuple(await house.check_likenesses())
    if consents:
        detail = {"consents": list(consents), "shows": list(shows), "via": via}
        entry = NewAudit("likeness.withdraw", via, subject=person, actor_id=actor_id, address=address, detail=detail)
        await store.audit.add(entry)
        log.warning("a likeness was withdrawn", consents=len(consents), shows=shows)
    return Withdrawn(consents, shows)
