"""What a show is on air with, kept in the store: a restart brings back the very packs it had, not what they became."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from influencer.errors import InvalidInput
from influencer.loading import pack_from
from influencer.market import Market
from influencer.packs.documents import document_of
from influencer.persona import Persona
from influencer.show.casting import Casting, cast
from influencer.store.packs import StoredCast

if TYPE_CHECKING:
    from influencer.store import Store, StoredShow

log = structlog.get_logger(__name__)


async def keep(store: Store, show_id: str, casting: Casting) -> None:
    """Write down who hosts where, with both packs whole; durable when this returns."""
    await store.shows.set_cast(show_id, casting.market.id, casting.persona.id)
    kept = StoredCast(
        document_of(casting.market), casting.market_version, document_of(casting.persona), casting.persona_version,
        dict(casting.changes),
    )  # fmt: skip
    await store.packs.keep_cast(show_id, kept)


async def cast_again(store: Store, show: StoredShow) -> Casting:
    """Who hosted a show, as it was on air.

    Packs that this version of the program refuses are replaced by the ones that count now, and the log says why: the
    show comes back rather than stay away.

    Raises:
        NotFound: nothing was kept of it, or it cannot be read any more, and there is no such pack now.
        InvalidInput: likewise, and a pack on disk is wrong.
    """
    kept = await store.packs.cast_of(show.id)
    if kept is None:
        return cast(show.market, show.persona)
    try:
        persona = pack_from("persona", kept.persona, f"{show.id}, persona version {kept.persona_version}")
        market = pack_from("market", kept.market, f"{show.id}, market version {kept.market_version}")
    except InvalidInput as refused:
        log.warning("a show comes back with other packs than it had", show=show.id, why=str(refused))
        return cast(show.market, show.persona, kept.changes)
    assert isinstance(persona, Persona)
    assert isinstance(market, Market)
    return Casting(persona, market, kept.changes, kept.persona_version, kept.market_version)
