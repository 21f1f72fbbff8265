"""Versions of market packs and personas, and the ones each show is on air with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.packs_schema import PackVersionRow, ShowCastRow
from influencer.store.schema import columns

PackKind = Literal["market", "persona"]
PackState = Literal["draft", "approved"]
MAX_VERSIONS = 500
MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A pack as it was saved. `document` None: taken back, so the file counts, or the pack is gone."""

    kind: PackKind
    pack_id: str
    version: int
    document: dict[str, Any] | None
    state: PackState
    author: str
    saved_at: datetime
    note: str
    approved_by: str | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredCast:
    """Both packs of a show as documents, their versions (0: the file's), and the attributes that differ."""

    market: dict[str, Any]
    market_version: int
    persona: dict[str, Any]
    persona_version: int
    changes: dict[str, str | float]


class PackRepository:
    """Versions by kind, id and number. Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions, self._now = sessions, now

    # --- versions ---

    async def add(
        self, kind: PackKind, pack_id: str, document: dict[str, Any] | None, *, author: str, note: str,
        based_on: int, approved: bool,
    ) -> PackVersion:  # fmt: skip
        """Keep a version.

        Args:
            kind: of which kind.
            pack_id: whose version.
            document: the whole pack; None takes it back.
            author: who writes, for people to read.
            note: why.
            based_on: the newest version that the writer saw; 0 when there was none.
            approved: whether it counts at once.

        Raises:
            Conflict: somebody else has saved since, or there are as many versions as are kept.
        """
        now = self._now()
        row = PackVersionRow(
            kind=kind, pack_id=pack_id, version=based_on + 1, document=document,
            state="approved" if approved else "draft", author=author, saved_at=now, note=note,
            approved_by=author if approved else None, approved_at=now if approved else None,
        )  # fmt: skip
        if row.version > MAX_VERSIONS:
            raise Conflict(f"{pack_id}: at most {MAX_VERSIONS} versions are kept; make another")
        try:
            async with self._sessions.begin() as session:
                newest = await session.scalar(_newest(kind, pack_id)) or 0
                if newest == based_on:
                    session.add(row)
        except IntegrityError:  # both saw the same newest version
            newest = based_on + 1
        if newest != based_on:
            raise Conflict(f"{pack_id} was changed since you opened it; the newest version is {newest}")
        return _value(row)

    async def approve(self, kind: PackKind, pack_id: str, version: int, by: str) -> PackVersion:
        """Let a draft count.

        Raises:
            NotFound: there is no such version.
            Conflict: it is no draft, or a newer one exists.
        """
        async with self._sessions.begin() as session:
            newest = await session.scalar(_newest(kind, pack_id))
            found = (await session.scalars(_of(kind, pack_id).where(PackVersionRow.version == version))).first()
            if found is None:
                raise NotFound(f"{pack_id} has no version {version}")
            if newest != version:
                raise Conflict(f"the newest version of {pack_id} is {newest}, not {version}; look at it first")
            change = update(PackVersionRow).where(PackVersionRow.id == found.id, PackVersionRow.state == "draft")
            change = change.values(state="approved", approved_by=by, approved_at=self._now())
            changed = await session.scalars(
                change.returning(PackVersionRow), execution_options={"populate_existing": True}
            )
            row = changed.first()
            if row is None:
                raise Conflict(f"version {version} of {pack_id} is approved already")
            return _value(row)

    async def history(self, kind: PackKind, pack_id: str) -> list[PackVersion]:
        """Every version, newest first; none for a pack nobody has changed."""
        query = _of(kind, pack_id).order_by(PackVersionRow.version.desc()).limit(MAX_VERSIONS)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def all(self) -> list[PackVersion]:
        """Every version of every pack, newest first."""
        query = select(PackVersionRow).order_by(PackVersionRow.version.desc(), PackVersionRow.id).limit(MAX_ROWS)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    # --- what shows are on air with ---

    async def keep_cast(self, show_id: str, kept: StoredCast) -> None:
        """Write down what a show is on air with; durable when this returns."""
        row = ShowCastRow(
            show_id=show_id, market=kept.market, market_version=kept.market_version, persona=kept.persona,
            persona_version=kept.persona_version, changes=kept.changes, updated_at=self._now(),
        )  # fmt: skip
        async with self._sessions.begin() as session:
            await session.merge(row)

    async def cast_of(self, show_id: str) -> StoredCast | None:
        """What a show was on air with; None for a show from before this was written down."""
        async with self._sessions() as session:
            row = await session.get(ShowCastRow, show_id)
        if row is None:
            return None
        return StoredCast(row.market, row.market_version, row.persona, row.persona_version, row.changes)


def _of(kind: PackKind, pack_id: str) -> Any:
    return select(PackVersionRow).where(PackVersionRow.kind == kind, PackVersionRow.pack_id == pack_id)


def _newest(kind: PackKind, pack_id: str) -> Any:
    newest = select(func.max(PackVersionRow.version))
    return newest.where(PackVersionRow.kind == kind, PackVersionRow.pack_id == pack_id)


def _value(row: PackVersionRow) -> PackVersion:
    values = columns(row)
    values.pop("id")
    values["kind"], values["state"] = cast("PackKind", row.kind), cast("PackState", row.state)
    return PackVersion(**values)
