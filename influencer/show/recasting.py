"""What is on air now, and putting another host on when nothing is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from influencer.show.casting import Casting
from influencer.show.control import OnAir
from influencer.show.rig import Rig

LONGEST_S = 10.0
"""A pause that has not come by then is not waited for."""


class Air:
    """What is being said. Every method belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._now: OnAir | None = None
        self._silent = asyncio.Event()
        self._silent.set()

    @property
    def now(self) -> OnAir | None:
        """The line, None in a pause."""
        return self._now

    @now.setter
    def now(self, line: OnAir | None) -> None:
        self._now = line
        if line is None:
            self._silent.set()
        else:
            self._silent.clear()

    async def silence(self, within_s: float = LONGEST_S) -> bool:
        """Wait for a pause; False when none came in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._silent.wait()
        return self._silent.is_set()


async def change_host(rig: Rig, casting: Casting, air: Air) -> None:
    """Prepare another host, let the sentence end, and cross-fade; what is said next is in the new voice.

    Raises:
        BadIdentity: the persona has an attribute the avatar does not know.
    """
    host = await rig.open_host(casting)
    rig.session.desk.talk_like(casting.persona.temper)
    rig.session.switch_voice(casting.voice)
    await air.silence()
    rig.put_on(host)
