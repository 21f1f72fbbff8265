"""Looks at the machine: what a show needs, what is only nice to have, and how to get what is missing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from influencer.settings import load_settings
from influencer.show.backends import create_avatar
from models import registry
from models.base import AvatarIdentity
from models.errors import BadIdentity, ModelError, UnknownBackend
from models.weights import WeightStore
from streaming.media import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `needed`: a show of the embedded preset cannot run without it."""

    what: str
    ok: bool
    detail: str
    needed: bool = True


def examine() -> list[Finding]:
    """Look at everything; takes a few seconds and changes nothing."""
    return [
        _tried("drawing", _draw),
        _avatar(),
        _tried("speech", _speak),
        *_weights(),
        Finding("cores", (os.cpu_count() or 1) >= 2, f"{os.cpu_count()}; a show is measured on 2", needed=False),
        _disk(),
        _program("npm", "fetches fonts and voices where no model hub is reached (Debian: apt-get install npm)"),
        _program("chromium", "runs the browser tests (Debian: apt-get install chromium)"),
    ]


def _tried(what: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, detail=attempt())
    except ModelError as error:
        return Finding(what, ok=False, detail=str(error))


def _draw() -> str:
    backend = registry.create(registry.AVATAR, "puppet")
    backend.open(AvatarIdentity("doctor"), (64, 64)).close()
    return "the puppet draws"


def _avatar() -> Finding:
    """Which avatar shows get, and why: the preset's, or what stands in for it."""
    settings = load_settings()
    wanted = settings.avatar.backend
    by_hand = "INFLUENCER_AVATAR__BACKEND" in os.environ
    chosen = f"{wanted}, chosen by " + ("the environment" if by_hand else f"the preset {settings.preset}")
    try:
        with closing(create_avatar(settings, live=False)) as backend:
            backend.open(AvatarIdentity("doctor"), (64, 64)).close()
    except UnknownBackend as error:
        return Finding("avatar", ok=False, detail=str(error))
    except BadIdentity:  # it is there, and wants footage or a picture of each persona
        return Finding("avatar", ok=True, detail=f"{chosen}; each persona needs its footage", needed=False)
    except ModelError as error:
        stand_in = settings.avatar.options.get("fallback", "puppet")
        return Finding(
            "avatar", ok=False, detail=f"{wanted} is wanted, live shows get the {stand_in}: {error}", needed=False
        )
    return Finding("avatar", ok=True, detail=f"{chosen}; it draws")


def _speak() -> str:
    speech = registry.create(registry.SPEECH, "kokoro", threads=1)
    try:
        list(speech.speak("Hello.", language="en-US", voice="af_heart"))
        began = time.monotonic()
        (said,) = speech.speak("This is how long a sentence of a show takes.", language="en-US", voice="af_heart")
        share = (time.monotonic() - began) * SAMPLE_RATE / said.samples
        slow = "" if share < 1 else "; new sentences take longer than they last, so the host pauses between them"
        return f"a second of new speech takes {share:.2f} s of one core{slow}"
    finally:
        speech.close()


def _weights() -> list[Finding]:
    wanted = set(load_settings(preset="embedded").weights)
    return [
        Finding(f"weights {status.name}", status.state == "ready", status.state, needed=False)
        for status in WeightStore().list()
        if status.name in wanted
    ]


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return Finding("disk", free > 1, f"{free:.0f} GiB free")


def _program(name: str, why: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, path is not None, path or f"missing; {why}", needed=False)
