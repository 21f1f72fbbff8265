"""The renderer thread: a host that is swapped while on air."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from influencer.show.interruptions import Emission
from influencer.show.painter import FADE_FRAMES, Stage
from influencer.show.performer import Performer
from models.avatar.performance import Mood, Performance
from models.base import FrameControls, Speech
from streaming.media import FPS, Overlay, Rgba
from streaming.timeline import Timeline

pytestmark = pytest.mark.unit
SIZE = (16, 16)
STEP = 4 * 160 / FADE_FRAMES + 1
"""The most that grey may jump: under load a picture is shown up to four times."""


class Host:
    """One grey value, and a note of when it is drawn or closed."""

    def __init__(self, grey: int) -> None:
        self.size, self.grey, self.drawn, self.closed = SIZE, grey, 0, False

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        assert not self.closed
        self.drawn += len(controls)
        return [np.full((SIZE[1], SIZE[0], 4), self.grey, np.uint8) for _ in controls]

    def close(self) -> None:
        self.closed = True


class Foresighted(Host):
    """Notes which of the frames it renders were announced before."""

    def __init__(self) -> None:
        super().__init__(7)
        self.expected: list[list[int]] = []
        self.foreseen: list[bool] = []
        self.ahead: list[int] = []

    def expect(self, controls: Sequence[FrameControls]) -> None:
        self.expected.append([id(control) for control in controls])

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        self.foreseen.append(self.expected.pop(0) == [id(control) for control in controls])
        self.ahead.append(len(self.expected))
        return super().render(controls)


class Bare:
    """Composes nothing."""

    def compose(self, host: Rgba, overlay: Overlay) -> Rgba:
        return host


class OnAir:
    """A live performer in its thread; `next` takes pictures as the station does."""

    def __init__(self, host: Host) -> None:
        self.timeline = Timeline(5)
        self.performer = Performer(
            host=host, performance=Performance(0, FPS), compositor=Bare(), timeline=self.timeline,
            stage=Stage("AI", "en-US", lambda product: None), on_lost=lambda ticket: None,
            observe=lambda stage, seconds: None,
        )  # fmt: skip
        self.thread = threading.Thread(target=self.performer.run)
        self.thread.start()

    def next(self, count: int) -> list[int]:
        greys = []
        while len(greys) < count:
            slot = self.timeline.take(5)
            assert slot is not None
            greys.append(int(slot.rgba[0, 0, 0]))
        return greys

    def close(self) -> None:
        self.performer.close()
        self.thread.join(10)
        self.performer.release()


def test_a_swap_fades_within_a_second_leaves_no_frame_out_and_draws_one_host_at_a_time() -> None:
    old, new = Host(40), Host(200)
    show = OnAir(old)
    try:
        assert set(show.next(10)) == {40}
        show.performer.swap_host(new)
        greys = show.next(3 * FPS)
    finally:
        show.close()
    fading = [grey for grey in greys if 40 < grey < 200]
    assert greys == sorted(greys) and greys[0] == 40 and greys[-1] == 200
    assert FADE_FRAMES // 2 <= len(fading) < FPS
    assert max(np.diff(greys)) <= STEP  # it fades, it does not jump
    assert old.closed and new.closed
    assert old.drawn + new.drawn == show.performer.drawn  # the old host is not drawn beside the new one


def test_a_second_swap_in_the_middle_of_a_fade_goes_on_from_the_mixture() -> None:
    hosts = [Host(40), Host(200), Host(100)]
    show = OnAir(hosts[0])
    try:
        show.next(10)
        show.performer.swap_host(hosts[1])
        while 40 in show.next(1):
            pass
        show.performer.swap_host(hosts[2])
        greys = show.next(2 * FPS)
    finally:
        show.close()
    assert np.abs(np.diff(greys)).max() <= STEP
    assert greys[-1] == 100
    assert all(host.closed for host in hosts)


def test_two_swaps_before_a_frame_is_drawn_close_both() -> None:
    first, second, third = Host(1), Host(2), Host(3)
    show = OnAir(first)
    show.next(5)
    show.performer.swap_host(second)
    show.performer.swap_host(third)
    assert show.next(2 * FPS)[-1] == 3
    show.close()
    assert first.closed and second.closed and third.closed


def test_a_sentence_without_a_frame_is_passed_over() -> None:
    show = OnAir(Host(9))
    try:
        show.performer._emit([], Emission(None, Speech("", "en-US", np.zeros(0, np.int16), ())), None)
        assert set(show.next(10)) == {9}
    finally:
        show.close()


def test_every_batch_of_a_sentence_is_announced_before_the_one_before_it_is_rendered() -> None:
    host = Foresighted()
    timeline = Timeline(1_000)
    performer = Performer(
        host=host, performance=Performance(0, FPS), compositor=Bare(), timeline=timeline,
        stage=Stage("AI", "en-US", lambda product: None), on_lost=lambda ticket: None,
        observe=lambda stage, seconds: None,
    )  # fmt: skip
    sentence = Speech("Hello.", "en-US", np.zeros(48_000, np.int16), ())
    performer._emit(performer._performance.perform(sentence, Mood.SELLING), Emission(None, sentence), None)
    assert len(host.foreseen) > 3 and all(host.foreseen)
    assert host.ahead == [1] * (len(host.ahead) - 1) + [0]
