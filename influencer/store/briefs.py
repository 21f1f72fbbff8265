"""Advertisers' briefs: versions that are drafted, submitted, approved or sent back, and the pictures they name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.briefs_schema import BriefImageRow, BriefRow, BriefVersionRow
from influencer.store.tellings import brief_decided

BriefState = Literal["draft", "submitted", "changes-requested", "approved", "withdrawn"]
"""draft: being written; submitted: waits for an operator; changes-requested: sent back with a note; approved: may be
on air; withdrawn: taken back by the advertiser."""
STATES: tuple[BriefState, ...] = ("draft", "submitted", "changes-requested", "approved", "withdrawn")
LEADS_TO: dict[BriefState, tuple[BriefState, ...]] = {
    "draft": ("submitted",),
    "submitted": ("approved", "changes-requested", "withdrawn"),
    "changes-requested": ("withdrawn",),
    "approved": ("withdrawn",),
    "withdrawn": (),
}
"""What may become of a version. A change of what was submitted is a new version."""
UNKNOWN = "there is no such brief"
PAGE = 50
MAX_VERSIONS = 500
MAX_BRIEFS = 2_000


@dataclass(frozen=True, slots=True)
class BriefVersion:
    """A version of a brief, with whose it is."""

    brief_id: str
    """Its product id on air: unique in the house."""
    advertiser_id: str
    name: str
    """The advertiser's own id of it."""
    version: int
    revision: int
    """Grows with every save of a draft; a save names the one it is based on."""
    document: dict[str, Any]
    state: BriefState
    author: str
    saved_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class BriefImage:
    """A picture as it is kept: JPEG."""

    sha256: str
    width: int
    height: int
    jpeg: bytes

    @property
    def name(self) -> str:
        """What a brief's `images` calls it."""
        return f"{self.sha256}.jpg"


class BriefRepository:
    """Briefs by id. Whether somebody may see one is for the caller to ask; see `influencer.accounts`."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    # --- writing ---

    async def create(self, advertiser_id: str, name: str, document: dict[str, Any], author: str) -> BriefVersion:
        """Keep a new brief as a draft.

        Raises:
            Conflict: the advertiser has one of that name already.
        """
        for attempt in range(20):
            brief_id = _product_id(advertiser_id, name, attempt)
            now = self._now()
            brief = BriefRow(id=brief_id, advertiser_id=advertiser_id, name=name, created_at=now)
            version = _draft(brief_id, 1, document, author, now)
            try:
                async with self._sessions.begin() as session:
                    session.add(brief)
                    await session.flush()
                    session.add(version)
                return _value(version, brief)
            except IntegrityError:
                if await self._named(advertiser_id, name):
                    raise Conflict(f"id: you have a brief {name!r} already; open it, or choose another id") from None
        raise Conflict("id: too many briefs have ids like this one; choose another")

    async def save(
        self, brief_id: str, document: dict[str, Any], author: str, based_on: tuple[int, int]
    ) -> BriefVersion:
        """Change the draft, or begin a new version when the newest was submitted.

        Args:
            brief_id: which.
            document: the whole document.
            author: who writes, for people to read.
            based_on: (version, revision) that the writer saw.

        Raises:
            NotFound: there is none.
            Conflict: somebody else has saved since.
        """
        now = self._now()
        try:
            async with self._sessions.begin() as session:
                brief, latest = await _latest(session, brief_id)
                if (latest.version, latest.revision) != based_on:
                    raise _changed(latest)
                if latest.state == "draft":
                    values = {"document": document, "author": author, "revision": latest.revision + 1, "saved_at": now}
                    row = await _changed_row(session, latest, values)
                elif latest.version >= MAX_VERSIONS:
                    raise Conflict(f"a brief has at most {MAX_VERSIONS} versions; start a new one")
                else:
                    row = _draft(brief_id, latest.version + 1, document, author, now)
                    session.add(row)
        except IntegrityError:  # another writer's new version came first
            raise _changed(await self.latest(brief_id)) from None
        return _value(row, brief)

    async def decide(
        self, brief_id: str, version: int, state: BriefState, by: str, note: str | None = None
    ) -> BriefVersion:
        """Move a version on: submit, approve, send back or withdraw it.

        Raises:
            NotFound: there is none.
            Conflict: its state does not lead there.
        """
        async with self._sessions.begin() as session:
            query = _rows().where(BriefVersionRow.brief_id == brief_id, BriefVersionRow.version == version)
            found = (await session.execute(query)).first()
            if found is None:
                raise NotFound(UNKNOWN)
            row, brief = found
            allowed = LEADS_TO[cast("BriefState", row.state)]
            if state not in allowed:
                raise Conflict(f"version {version} is {row.state}; it can become {' or '.join(allowed) or 'nothing'}")
            now = self._now()
            values = {"state": state, "decided_by": by, "decided_at": now, "note": note}
            row = await _changed_row(session, row, values)
            await brief_decided(session, brief, row, now)
        return _value(row, brief)

    async def add_image(self, advertiser_id: str, width: int, height: int, jpeg: bytes) -> BriefImage:
        """Keep a picture; the same one again is the same."""
        image = BriefImage(hashlib.sha256(jpeg).hexdigest(), width, height, jpeg)
        row = BriefImageRow(
            advertiser_id=advertiser_id,
            sha256=image.sha256,
            width=width,
            height=height,
            jpeg=jpeg,
            added_at=self._now(),
        )
        async with self._sessions.begin() as session:
            await session.merge(row)
        return image

    # --- reading ---

    async def latest(self, brief_id: str) -> BriefVersion:
        """The newest version.

        Raises:
            NotFound: there is no such brief.
        """
        async with self._sessions() as session:
            brief, row = await _latest(session, brief_id)
        return _value(row, brief)

    async def version(self, brief_id: str, version: int) -> BriefVersion:
        """One version.

        Raises:
            NotFound: there is none.
        """
        query = _rows().where(BriefVersionRow.brief_id == brief_id, BriefVersionRow.version == version)
        found = await self._all(query)
        if not found:
            raise NotFound(UNKNOWN)
        return found[0]

    async def history(
        self, brief_id: str, *, before: int | None = None, limit: int = MAX_VERSIONS
    ) -> list[BriefVersion]:
        """Every version, newest first; those before the version `before`."""
        query = _rows().where(BriefVersionRow.brief_id == brief_id)
        if before is not None:
            query = query.where(BriefVersionRow.version < before)
        return await self._all(query.order_by(BriefVersionRow.version.desc()).limit(limit))

    async def page(
        self, *, advertiser_id: str | None, state: BriefState | None = None, before: str | None = None,
        limit: int = PAGE,
    ) -> list[BriefVersion]:  # fmt: skip
        """The newest version of each brief, by id backwards: of one advertiser or of all, in one state or in any."""
        newest = select(func.max(BriefVersionRow.id)).group_by(BriefVersionRow.brief_id)
        query = _rows().where(BriefVersionRow.id.in_(newest))
        if advertiser_id is not None:
            query = query.where(BriefRow.advertiser_id == advertiser_id)
        if state is not None:
            query = query.where(BriefVersionRow.state == state)
        if before is not None:
            query = query.where(BriefRow.id < before)
        return await self._all(query.order_by(BriefRow.id.desc()).limit(limit))

    async def on_offer(self) -> list[BriefVersion]:
        """Of every brief the newest approved version, unless a later one was withdrawn: what may be on air."""
        decided = select(func.max(BriefVersionRow.id)).where(BriefVersionRow.state.in_(("approved", "withdrawn")))
        query = _rows().where(
            BriefVersionRow.id.in_(decided.group_by(BriefVersionRow.brief_id)), BriefVersionRow.state == "approved"
        )
        return await self._all(query.order_by(BriefRow.id).limit(MAX_BRIEFS))

    async def ids(self, advertiser_id: str) -> tuple[str, ...]:
        """The product ids of an advertiser's briefs."""
        query = select(BriefRow.id).where(BriefRow.advertiser_id == advertiser_id).order_by(BriefRow.id)
        async with self._sessions() as session:
            return tuple(await session.scalars(query.limit(MAX_BRIEFS)))

    async def names(self, brief_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """What products are called in each market, by their newest version; products without a brief are left out."""
        newest = select(func.max(BriefVersionRow.id)).where(BriefVersionRow.brief_id.in_(brief_ids))
        query = _rows().where(BriefVersionRow.id.in_(newest.group_by(BriefVersionRow.brief_id)))
        found = {one.brief_id: one.document.get("name") for one in await self._all(query)}
        return {
            brief_id: {market: name for market, name in names.items() if isinstance(name, str)}
            for brief_id, names in found.items()
            if isinstance(names, dict)
        }

    async def image(self, advertiser_id: str, sha256: str) -> BriefImage:
        """A picture of an advertiser's.

        Raises:
            NotFound: they have none of that name.
        """
        async with self._sessions() as session:
            row = await session.get(BriefImageRow, (advertiser_id, sha256))
        if row is None:
            raise NotFound("there is no such picture")
        return BriefImage(row.sha256, row.width, row.height, row.jpeg)

    async def has_images(self, advertiser_id: str, names: Iterable[str]) -> set[str]:
        """Which of these names are pictures of this advertiser."""
        wanted = [name.removesuffix(".jpg") for name in names]
        query = select(BriefImageRow.sha256).where(
            BriefImageRow.advertiser_id == advertiser_id, BriefImageRow.sha256.in_(wanted)
        )
        async with self._sessions() as session:
            return {f"{sha256}.jpg" for sha256 in await session.scalars(query)}

    async def _named(self, advertiser_id: str, name: str) -> bool:
        query = select(BriefRow.id).where(BriefRow.advertiser_id == advertiser_id, BriefRow.name == name)
        async with self._sessions() as session:
            return (await session.scalars(query)).first() is not None

    async def _all(self, query: Select[BriefVersionRow, BriefRow]) -> list[BriefVersion]:
        async with self._sessions() as session:
            return [_value(row, brief) for row, brief in await session.execute(query)]


def _product_id(advertiser_id: str, name: str, attempt: int) -> str:
    """Two advertisers may use the same name; the house needs one id each, and "a-b" + "c" is like "a" + "b-c"."""
    ending = f"-{attempt + 1}" if attempt else ""
    return f"{f'{advertiser_id}-{name}'[: 64 - len(ending)].rstrip('-')}{ending}"


def _draft(brief_id: str, version: int, document: dict[str, Any], author: str, now: datetime) -> BriefVersionRow:
    return BriefVersionRow(
        brief_id=brief_id, version=version, revision=1, document=document, state="draft", author=author, saved_at=now,
        decided_by=None, decided_at=None, note=None,
    )  # fmt: skip


def _rows() -> Select[BriefVersionRow, BriefRow]:
    return select(BriefVersionRow, BriefRow).join(BriefRow, BriefRow.id == BriefVersionRow.brief_id)


async def _latest(session: AsyncSession, brief_id: str) -> tuple[BriefRow, BriefVersionRow]:
    brief = await session.get(BriefRow, brief_id)
    query = select(BriefVersionRow).where(BriefVersionRow.brief_id == brief_id)
    row = (await session.scalars(query.order_by(BriefVersionRow.version.desc()).limit(1))).first()
    if brief is None or row is None:
        raise NotFound(UNKNOWN)
    return brief, row


async def _changed_row(session: AsyncSession, row: BriefVersionRow, values: dict[str, Any]) -> BriefVersionRow:
    """Change a version as it was read, or not at all: the database decides between two writers."""
    unchanged = (
        BriefVersionRow.id == row.id,
        BriefVersionRow.revision == row.revision,
        BriefVersionRow.state == row.state,
    )
    change = update(BriefVersionRow).where(*unchanged).values(**values).returning(BriefVersionRow)
    changed = (await session.scalars(change, execution_options={"populate_existing": True})).first()
    if changed is None:
        raise _changed(row)
    return changed


def _changed(latest: BriefVersionRow | BriefVersion) -> Conflict:
    return Conflict(
        f"the brief was changed since you opened it; the newest is version {latest.version}, "
        f"revision {latest.revision}, saved by {latest.author}: load it again"
    )


def _value(row: BriefVersionRow, brief: BriefRow) -> BriefVersion:
    return BriefVersion(
        brief_id=brief.id,
        advertiser_id=brief.advertiser_id,
        name=brief.name,
        version=row.version,
        revision=row.revision,
        document=row.document,
        state=cast("BriefState", row.state),
        author=row.author,
        saved_at=row.saved_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )
