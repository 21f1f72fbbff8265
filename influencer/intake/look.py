"""A listen and a look: ten seconds of a host saying an advertiser's own lines, before anything is on air."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from datetime import datetime
from pathlib import Path

from influencer.brief import Brief
from influencer.likeness.consent import Goods
from influencer.likeness.on_air import cleared, goods_of
from influencer.market import Market
from influencer.script.pacing import seconds_of
from influencer.script.plan import plan
from influencer.settings import Picture
from influencer.show.backends import Backends
from influencer.show.casting import Casting, cast
from influencer.show.persona_talk import talk
from influencer.show.workroom import Workroom
from influencer.store import Store, utc_now

SECONDS = 10.0
WAITING = 3
"""Looks that may wait for the one being made; one more is told to come back."""
KEPT = 16
PICTURE = Picture(width=360, height=640, bitrate=900_000)


class LookRoom:
    """Makes looks one at a time with the models the shows use, and keeps the latest."""

    def __init__(self, backends: Backends, store: Store) -> None:
        self._backends, self._store = backends, store
        self._room = Workroom(WAITING, KEPT, "other looks are being made; try again in a minute")

    async def look(self, brief: Brief, market: Market, persona: str | None, now: datetime) -> bytes:
        """An MP4 of about ten seconds: what the product is and its first proof, as the script would say it now.

        Raises:
            NotFound: no such persona.
            LikenessRefused: it is a real person's likeness, and no record allows a recording beside this product.
            InvalidInput: the product is not sold in this market.
            Busy: several others wait already.
            models.errors.ModelError: the voice or the host cannot be made.
        """
        return await self.say(cast(market.id, persona), await _text(brief, market, now), goods_of([brief]))

    async def say(self, casting: Casting, text: str, goods: tuple[Goods, ...] = ()) -> bytes:
        """An MP4 of a host that says a text in a market's voice, beside these goods. Raises as `look` does."""
        casting = await cleared(self._store, casting, utc_now(), goods, "recording")
        shown = (*map(str, sorted(casting.identity.attributes.items())), str(casting.voice), casting.market.label)
        names = (casting.market.id, casting.persona.id, *shown, text)
        key = hashlib.sha256("\0".join(names).encode()).hexdigest()

        async def record() -> bytes:
            with tempfile.TemporaryDirectory(prefix="influencer-look-") as folder:
                output = Path(folder) / "look.mp4"
                await asyncio.to_thread(
                    talk, casting, text, output, speech=self._backends.speech, avatar=self._backends.avatar,
                    picture=PICTURE,
                )  # fmt: skip
                return await asyncio.to_thread(output.read_bytes)

        return await self._room.made(key, record)


async def _text(brief: Brief, market: Market, now: datetime) -> str:
    """Lines of the script that fill ten seconds, from where the product is told of on."""
    planned = await plan([brief], market, minutes=3, now=now)
    wanted = [one for one in planned.segments if one.kind in {"product", "proof"}] or list(planned.segments)
    lines: list[str] = []
    for line in (line for one in wanted for line in one.lines):
        lines.append(line)
        if sum(seconds_of(text, market.language) for text in lines) >= SECONDS * 0.8:
            break
    return " ".join(lines)
