"""Stills of hosts while somebody edits them: one at a time beside the shows, the newest wish only, the latest kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict

from PIL import Image

from influencer.errors import Conflict
from influencer.likeness.on_air import cleared
from influencer.show.backends import Backends
from influencer.show.casting import Casting
from influencer.show.fonts import fonts_for
from influencer.show.persona_preview import render_still
from influencer.show.room import jpeg_bytes
from influencer.show.workroom import Workroom
from influencer.store import Store, utc_now
from streaming.compositor import Compositor
from streaming.media import Overlay

SIZE = (360, 640)
WAITING = 4
"""Editors that may wait for the picture being made; one more is told to come back."""
KEPT = 64
EDITORS = 256
"""Editors whose latest wish is remembered."""


class Outdated(Conflict):
    """The same editor has asked for another picture since; nobody waits for this one."""


class StillRoom:
    """Draws with the avatar of the shows, in a worker thread. Every method belongs to the event loop's thread."""

    def __init__(self, backends: Backends, store: Store) -> None:
        self._backends, self._store = backends, store
        self._room = Workroom(WAITING, KEPT, "other pictures are being made; try again in a few seconds")
        self._wishes = 0
        self._newest: OrderedDict[str, int] = OrderedDict()
        self.drawn = 0
        """Pictures that were really drawn."""

    async def still(self, casting: Casting, editor: str) -> bytes:
        """The host smiling at the camera under the market's AI label, as a JPEG.

        Args:
            casting: who and where.
            editor: whose wish it is; a newer one of theirs makes this one outdated.

        Raises:
            Outdated: a newer wish of this editor has come while this one waited.
            Busy: several others wait already.
            LikenessRefused: it is a real person's likeness, and no record allows pictures.
            models.errors.ModelError: the host cannot be drawn.
        """
        casting = await cleared(self._store, casting, utc_now(), purpose="portrait")
        wish = self._wished(editor)

        async def draw() -> bytes:
            if self._newest.get(editor) != wish:
                raise Outdated("another picture was asked for since")
            made = await asyncio.to_thread(self._draw, casting)
            self.drawn += 1
            return made

        return await self._room.made(_key(casting), draw)

    def _wished(self, editor: str) -> int:
        self._wishes += 1
        self._newest[editor] = self._wishes
        self._newest.move_to_end(editor)
        while len(self._newest) > EDITORS:
            self._newest.popitem(last=False)
        return self._wishes

    def _draw(self, casting: Casting) -> bytes:
        host = render_still(
            casting.persona, casting.market.id, casting.changes, SIZE, self._backends.avatar, footage=casting.footage
        )
        compositor = Compositor(SIZE, fonts_for(casting.market.language))
        shown = compositor.compose(host, Overlay(casting.market.label, language=casting.market.id))
        return jpeg_bytes(Image.fromarray(shown))


def _key(casting: Casting) -> str:
    """Everything that is seen."""
    seen = [casting.market.id, casting.market.label, sorted(casting.identity.attributes.items()), casting.persona.id]
    return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()
