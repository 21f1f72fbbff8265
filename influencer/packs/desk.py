"""The desk of packs: operators read, check, save, approve, restore and take back market packs and personas."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from influencer.errors import Conflict, InfluencerError, InvalidInput, Mistake, NotFound
from influencer.loading import filed_pack, markets, pack_from, pack_ids, pack_of
from influencer.packs.catalogue import Kind, Pack
from influencer.packs.checks import pack_mistakes, refuse
from influencer.packs.documents import Change, changes, document_of, with_lines
from influencer.packs.saved import laid, lay_saved
from influencer.store import Store
from influencer.store.packs import PackVersion


class PackChanged(Conflict):
    """Somebody else has saved since. `current` says who, when, why, and which fields they changed."""

    def __init__(self, newest: PackVersion, changed: list[Change]) -> None:
        fields = ", ".join(one.field for one in changed[:6]) or "nothing of it"
        super().__init__(
            f"{newest.author} saved version {newest.version} of {newest.pack_id} since you opened it, and changed "
            f"{fields}; look at it, then save again"
        )
        self.current: dict[str, Any] = {
            "version": newest.version,
            "author": newest.author,
            "saved_at": newest.saved_at.isoformat(timespec="seconds"),
            "note": newest.note,
            "changes": [asdict(one) for one in changed],
        }


@dataclass(frozen=True, slots=True)
class Written:
    """A pack as somebody writes it: a document, or YAML."""

    document: dict[str, Any] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A pack at the desk: its newest version, and the one that counts."""

    kind: Kind
    id: str
    version: int
    """0 is the file's."""
    document: dict[str, Any]
    counts: int
    has_file: bool
    history: tuple[PackVersion, ...]

    @property
    def state(self) -> str:
        """file, draft or approved."""
        return self.history[0].state if self.history else "file"


class PackDesk:
    """Over one store. What it changes counts at once for this process, and for others when they next start a show."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    # --- reading ---

    async def overview(self, kind: Kind) -> list[Opened]:
        """Every pack of a kind, by id; those taken back for good are left out."""
        saved: dict[str, list[PackVersion]] = {}
        for one in await self._store.packs.all():
            if one.kind == kind:
                saved.setdefault(one.pack_id, []).append(one)

        def read_all() -> list[Opened]:  # files: not on the event loop
            known = sorted({*pack_ids(kind), *saved})
            opened = (self._opened(kind, pack_id, saved.get(pack_id, [])) for pack_id in known)
            return [one for one in opened if one is not None]

        return await asyncio.to_thread(read_all)

    async def open(self, kind: Kind, pack_id: str) -> Opened:
        """A pack with its versions.

        Raises:
            NotFound: there is none.
        """
        history = await self._store.packs.history(kind, pack_id)
        opened = await asyncio.to_thread(self._opened, kind, pack_id, history)
        if opened is None:
            there_are = await asyncio.to_thread(pack_ids, kind)
            raise NotFound(f"{kind}: got {pack_id!r}; there are {', '.join(there_are)}")
        return opened

    async def document(self, kind: Kind, pack_id: str, version: int) -> dict[str, Any]:
        """A version's document; 0 is the file's.

        Raises:
            NotFound: there is none.
        """
        if version == 0:
            filed = await asyncio.to_thread(_filed, kind, pack_id)
            if filed is not None:
                return document_of(filed)
        for one in await self._store.packs.history(kind, pack_id):
            if one.version == version and one.document is not None:
                return one.document
        raise NotFound(f"{pack_id} has no version {version} that could be shown")

    async def compare(self, kind: Kind, pack_id: str, before: int, after: int) -> list[Change]:
        """What differs between two versions; one that was taken back, or never was, is empty.

        Raises:
            NotFound: there is no such pack.
        """
        opened = await self.open(kind, pack_id)
        return changes(_at(opened, before), _at(opened, after))

    # --- checking ---

    async def check(self, kind: Kind, pack_id: str, written: Written) -> Pack:
        """The pack that was written, if nothing is wrong with it.

        Raises:
            InvalidInput: with every mistake, each with its field, and with its line in YAML.
        """
        history = await self._store.packs.history(kind, pack_id)
        opened = self._opened(kind, pack_id, history)
        before = None if opened is None else _valid(kind, opened.document)
        return await asyncio.to_thread(self._checked, kind, pack_id, written, before)

    def _checked(self, kind: Kind, pack_id: str, written: Written, before: Pack | None) -> Pack:
        try:
            pack = read(kind, pack_id, written)
            refuse(pack_id, pack_mistakes(kind, pack, pack_id, before, self._now()))
        except InvalidInput as found:
            if written.text is None or written.document is not None:
                raise
            raise InvalidInput(found.source, with_lines(found.mistakes, written.text)) from None
        return pack

    # --- writing ---

    async def save(
        self, kind: Kind, pack_id: str, written: Written, *, author: str, note: str, based_on: int, approve: bool,
        new: bool = False,
    ) -> PackVersion:  # fmt: skip
        """Keep a new version; `approve` lets it count at once, else it is a draft.

        Raises:
            InvalidInput: something is wrong with it.
            PackChanged: somebody else has saved since version `based_on`.
            Conflict: `new`, and there is one of that id.
            NotFound: not `new`, and there is none.
        """
        history = await self._store.packs.history(kind, pack_id)
        exists = self._opened(kind, pack_id, history) is not None
        if new and exists:
            raise Conflict(f"id: there is a {kind} {pack_id!r} already; choose another id")
        if not new and not exists:
            raise NotFound(f"{kind}: there is no {pack_id!r}")
        if kind == "market" and new:
            raise InvalidInput("pack", [Mistake("kind", "a new market", "a persona; markets come with their language")])
        pack = await self.check(kind, pack_id, written)
        based_on = history[0].version if new and history else based_on
        return await self._add(kind, pack_id, document_of(pack), author, note, based_on, approve)

    async def approve(self, kind: Kind, pack_id: str, version: int, by: str) -> PackVersion:
        """Let the newest draft count; it is checked again.

        Raises:
            NotFound: there is no such version.
            InvalidInput: something is wrong with it by now.
            Conflict: it is approved, or not the newest.
        """
        document = await self.document(kind, pack_id, version)
        await self.check(kind, pack_id, Written(document))
        approved = await self._store.packs.approve(kind, pack_id, version, by)
        await lay_saved(self._store)
        return approved

    async def restore(
        self, kind: Kind, pack_id: str, version: int, *, author: str, note: str, based_on: int
    ) -> PackVersion:
        """Make an older version the newest, and let it count; 0 is the file's.

        Raises:
            NotFound: there is no such version.
            InvalidInput: it would not be allowed today.
            PackChanged: somebody else has saved since version `based_on`.
        """
        document = await self.document(kind, pack_id, version)
        await self.check(kind, pack_id, Written(document))
        why = note or f"version {version} again"
        return await self._add(kind, pack_id, document, author, why, based_on, approve=True)

    async def take_back(self, kind: Kind, pack_id: str, *, author: str, note: str, based_on: int) -> PackVersion:
        """Let the file count again; a pack without a file is gone. Shows on air keep what they have.

        Raises:
            NotFound: there is none.
            Conflict: a market's own host cannot go.
            PackChanged: somebody else has saved since version `based_on`.
        """
        opened = await self.open(kind, pack_id)
        if not opened.history:
            raise Conflict(f"{pack_id} is as its file has it; there is nothing to take back")
        if not opened.has_file:
            hosts = sorted(market.id for market in markets().values() if market.persona == pack_id)
            if hosts:
                raise Conflict(f"{pack_id} is the host of {', '.join(hosts)}; give that market another one first")
        return await self._add(kind, pack_id, None, author, note or "taken back", based_on, approve=True)

    async def _add(
        self, kind: Kind, pack_id: str, document: dict[str, Any] | None, author: str, note: str, based_on: int,
        approve: bool,
    ) -> PackVersion:  # fmt: skip
        try:
            kept = await self._store.packs.add(
                kind, pack_id, document, author=author, note=note, based_on=based_on, approved=approve
            )
        except Conflict:
            opened = self._opened(kind, pack_id, await self._store.packs.history(kind, pack_id))
            if opened is None or not opened.history or opened.version == based_on:
                raise
            raise PackChanged(opened.history[0], changes(_at(opened, based_on), _at(opened, opened.version))) from None
        await lay_saved(self._store)
        return kept

    def _opened(self, kind: Kind, pack_id: str, history: list[PackVersion]) -> Opened | None:
        filed = _filed(kind, pack_id)
        newest = history[0] if history else None
        if newest is not None and newest.document is not None:
            document = newest.document
        elif filed is not None:
            document = document_of(filed)
        else:
            return None
        version = newest.version if newest else 0
        used = laid(history).get((kind, pack_id))
        counts = used.version if used is not None else 0
        return Opened(kind, pack_id, version, document, counts, filed is not None, tuple(history))


def read(kind: Kind, pack_id: str, written: Written) -> Pack:
    """The pack that was written, by its fields' rules alone.

    Raises:
        InvalidInput: with every mistake found.
    """
    if (written.document is None) == (written.text is None):
        raise InvalidInput("pack", [Mistake("document", "none or both", "either document or yaml")])
    if written.text is not None:
        return pack_of(kind, written.text, f"{pack_id}.yaml")
    return pack_from(kind, written.document or {}, pack_id)


def _at(opened: Opened, version: int) -> dict[str, Any] | None:
    if version == 0:
        filed = _filed(opened.kind, opened.id)
        return None if filed is None else document_of(filed)
    return next((one.document for one in opened.history if one.version == version), None)


def _filed(kind: Kind, pack_id: str) -> Pack | None:
    try:
        return filed_pack(kind, pack_id)
    except InfluencerError:  # a broken file is no base; its versions still are
        return None


def _valid(kind: Kind, document: dict[str, Any]) -> Pack | None:
    try:
        return pack_from(kind, document, "before")
    except InfluencerError:
        return None
