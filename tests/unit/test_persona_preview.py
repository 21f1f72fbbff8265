"""Stills and contact sheets of personas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from influencer.loading import load_persona
from influencer.show.persona_preview import CAPTION, COLUMNS, TILE, contact_sheet, samples
from models.base import AvatarIdentity, FrameControls
from streaming.media import Rgba

pytestmark = pytest.mark.unit


class HalfPace:
    """Paints the jaw as a grey, and mixes what lies between two frames of a batch, as a host at half pace does."""

    name = "half pace"

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> HalfPace:
        self.size = size
        return self

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        greys = [20 + 200 * one.jaw_open for one in controls]
        for i in range(1, len(greys) - 1, 2):
            greys[i] = (greys[i - 1] + greys[i + 1]) / 2
        return [np.full((self.size[1], self.size[0], 4), round(grey), np.uint8) for grey in greys]

    def close(self) -> None:
        pass


def test_every_tile_of_a_sheet_shows_its_own_expression() -> None:
    sheet = contact_sheet(load_persona("maya"), "en-US", HalfPace())
    for i, sample in enumerate(samples()):
        x, y = i % COLUMNS * TILE + TILE // 2, i // COLUMNS * (TILE + CAPTION) + TILE // 2
        assert sheet[y, x, 0] == round(20 + 200 * sample.controls.jaw_open), sample.label
