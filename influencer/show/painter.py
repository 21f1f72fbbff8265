"""Draws the host of a show and what lies over it: swaps hosts with a cross-fade, and counts what it drew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from models.base import AudioDrivenSession, AvatarSession, ForesightedSession, FrameControls, Speech
from streaming.media import ChatHighlight, Overlay, ProductCard, Rgba

FADE_FRAMES = 15
"""A persona swap cross-fades over 600 ms."""


class Composes(Protocol):
    """The part of the compositor used here."""

    def compose(self, host: Rgba, overlay: Overlay) -> Rgba:
        """Draw everything over the host; see `streaming.compositor`."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What surrounds the host in one market."""

    label: str
    language: str
    card: Callable[[str], ProductCard | None]
    """The card of a product, as true as the last refresh."""
    person: str = ""
    """That a person is speaking, in the market's words."""

    def overlay(
        self, product_id: str, caption: str | None = None, highlight: ChatHighlight | None = None, *,
        speaks: bool = False,
    ) -> Overlay:  # fmt: skip
        """What lies over the host; while a person `speaks`, label and caption say so."""
        card = self.card(product_id) if product_id else None
        person = self.person if speaks else None
        return Overlay(self.label, card, person or caption, highlight, self.language, person)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some frames to draw together: frames `start` and following of a sentence, or of none."""

    controls: Sequence[FrameControls]
    sentence: Speech | None
    start: int

    def announce_to(self, host: AvatarSession, stride: int) -> None:
        """Let a host that can do so begin with every `stride`-th frame."""
        if isinstance(host, ForesightedSession):
            host.expect(self.controls[::stride])

    def drawn_by(self, host: AvatarSession, stride: int) -> list[Rgba]:
        """Every `stride`-th frame."""
        controls = self.controls[::stride]
        if self.sentence is None or not isinstance(host, AudioDrivenSession):
            return host.render(controls)
        frames = range(self.start, self.start + len(self.controls), stride)
        return host.render_speech(controls, self.sentence.pcm, frames)


class Painter:
    """Owns the hosts of a show. `swap` may be called from any thread, the rest belongs to the renderer's."""

    def __init__(self, host: AvatarSession, compositor: Composes, observe: Callable[[str, float], None]) -> None:
        self._host = host
        self._compositor = compositor
        self._observe = observe
        self._lock = threading.Lock()
        self._left: list[AvatarSession] = []
        """Hosts that were swapped out, to be closed by the thread that draws."""
        self._shown: Rgba | None = None
        """The last picture of a host, without what lies over it."""
        self._fading_from: Rgba | None = None
        self._fade_left = 0
        self.drawn = 0
        """Host frames drawn."""

    def swap(self, host: AvatarSession) -> None:
        """Cross-fade to another host from the next frame on; the old one is closed."""
        with self._lock:
            self._left.append(self._host)
            self._host = host

    def release(self) -> None:
        """Close the hosts; nothing is drawn any more."""
        for host in (*self._left, self._host):
            host.close()

    def announce(self, batch: Batch, stride: int) -> None:
        """Let the host begin with a batch that is drawn after those announced before."""
        batch.announce_to(self._host, stride)

    def hosts(self, batch: Batch, stride: int) -> list[Rgba]:
        """Every `stride`-th picture of the host: under load some are shown twice rather than late."""
        began = time.monotonic_ns()
        hosts = batch.drawn_by(self._on_stage(), stride)
        self.drawn += len(hosts)
        if self._fading_from is not None:
            hosts = self._cross_fade(hosts, self._fading_from, stride)
        self._shown = hosts[-1]
        self._note("render", began, len(hosts))
        return hosts

    def composed(self, hosts: Sequence[Rgba], overlay: Overlay) -> list[Rgba]:
        """The pictures with what lies over them."""
        began = time.monotonic_ns()
        pictures = [self._compositor.compose(host, overlay) for host in hosts]
        self._note("compose", began, len(hosts))
        return pictures

    def _note(self, stage: str, began_ns: int, pictures: int) -> None:
        each = (time.monotonic_ns() - began_ns) / 1e9 / pictures
        for _ in range(pictures):
            self._observe(stage, each)

    def _on_stage(self) -> AvatarSession:
        """The host that draws now. When it has just been swapped in, a fade from the last picture begins."""
        with self._lock:
            host, left, self._left = self._host, self._left, []
        if left:
            self._fading_from, self._fade_left = self._shown, FADE_FRAMES
        for one in left:
            one.close()
        return host

    def _cross_fade(self, hosts: list[Rgba], old: Rgba, stride: int) -> list[Rgba]:
        mixed = []
        for new in hosts:
            share = self._fade_left / FADE_FRAMES
            mixed.append(np.asarray(cv2.addWeighted(old, share, new, 1 - share, 0), np.uint8))
            self._fade_left = max(0, self._fade_left - stride)
        if self._fade_left == 0:
            self._fading_from = None
        return mixed
