"""Stills and contact sheets of personas: to look at a host before it goes on air."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from influencer.brief import MarketId
from influencer.persona import Persona
from influencer.settings import load_settings
from influencer.show.backends import create_avatar
from influencer.show.casting import Casting
from models.avatar.visemes import JAW
from models.base import AvatarBackend, AvatarIdentity, FrameControls, Viseme
from streaming.media import Rgba

STILL = FrameControls(smile=0.6, breath=0.5)
REST = FrameControls(smile=0.3, breath=0.5)
SMILING = FrameControls(smile=1.0, breath=0.5)
TILE = 300
COLUMNS = 6
CAPTION = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """One tile of a contact sheet."""

    label: str
    controls: FrameControls


def render_still(
    persona: Persona,
    market: MarketId,
    overrides: Mapping[str, str | float] | None = None,
    size: tuple[int, int] = (720, 1280),
    backend: AvatarBackend | None = None,
    *,
    footage: frozenset[str] = frozenset(),
) -> Rgba:
    """The persona as it appears in a market, smiling at the camera; `overrides` change single attributes.

    `backend` is the preset's avatar when None, drawn without a deadline; `footage` is what it may animate (SHA-256).

    Raises:
        models.errors.BadIdentity: an attribute is unknown or out of range; the message names it and what is allowed.
        models.errors.WeightsError: the backend's weights are not to be had.
    """
    [picture] = _render(persona, market, overrides or {}, size, [STILL], backend, footage)
    return picture


def contact_sheet(
    persona: Persona, market: MarketId, backend: AvatarBackend | None = None, *, footage: frozenset[str] = frozenset()
) -> Rgba:
    """All visemes, blinks, glances, brows, smiles and head poses of a persona, labelled, on one picture.

    Raises:
        models.errors.BadIdentity: as `render_still`.
    """
    shown = samples()
    pictures = _render(persona, market, {}, (TILE, TILE), [sample.controls for sample in shown], backend, footage)
    return _sheet([(sample.label, picture) for sample, picture in zip(shown, pictures, strict=True)], COLUMNS)


def house_sheet(casts: Sequence[Casting], backend: AvatarBackend | None = None) -> Rgba:
    """Every persona in its market, at rest and smiling side by side, labelled, on one picture.

    Raises:
        models.errors.BadIdentity, models.errors.WeightsError: as `render_still`.
    """
    tiles: list[tuple[str, Rgba]] = []
    with _backend(backend) as drawing:
        for one in casts:
            persona, market = one.persona, one.market.id
            pictures = _render(persona, market, {}, (TILE, TILE), [REST, SMILING], drawing, one.footage)
            labels = (f"{persona.id}, {market}", "smiling")
            tiles += zip(labels, pictures, strict=True)
    return _sheet(tiles, COLUMNS)


def samples() -> list[Sample]:
    """What a contact sheet shows."""
    visemes = [Sample(f"viseme {v}", replace(STILL, visemes=((v, 1.0),), jaw_open=JAW[v])) for v in _VISEMES]
    return [*visemes, *(Sample(label, pose) for label, pose in _POSES.items())]


def save_png(picture: Rgba, path: Path) -> None:
    """Write a picture as PNG; makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, "PNG")


_VISEMES: Sequence[Viseme] = get_args(Viseme)
_POSES: dict[str, FrameControls] = {
    "half blink": replace(STILL, blink_left=0.5, blink_right=0.5),
    "blink": replace(STILL, blink_left=1.0, blink_right=1.0),
    "wink": replace(STILL, blink_right=1.0, smile=0.8),
    "gaze to the chat": replace(STILL, gaze_x=-0.75, gaze_y=-0.45, head_yaw=-4.0),
    "gaze right and up": replace(STILL, gaze_x=0.8, gaze_y=0.7),
    "brows raised": replace(STILL, brow_raise=1.0),
    "brows frowning": replace(STILL, brow_frown=1.0, smile=0.1),
    "no smile": replace(STILL, smile=0.0),
    "full smile": replace(STILL, smile=1.0),
    "yaw -15": replace(STILL, head_yaw=-15.0),
    "yaw 15": replace(STILL, head_yaw=15.0),
    "pitch up": replace(STILL, head_pitch=10.0),
    "pitch down": replace(STILL, head_pitch=-10.0),
    "roll 9": replace(STILL, head_roll=9.0),
    "hand": replace(STILL, hand_raise=1.0, smile=0.8),
}


def _render(
    persona: Persona,
    market: MarketId,
    overrides: Mapping[str, str | float],
    size: tuple[int, int],
    controls: Sequence[FrameControls],
    backend: AvatarBackend | None,
    footage: frozenset[str],
) -> list[Rgba]:
    identity = AvatarIdentity(persona.id, {**persona.attributes_for(market), **overrides}, footage)
    with _backend(backend) as drawing:
        session = drawing.open(identity, size)
        try:
            # One by one: they are no sequence, and a renderer at half pace would mix each with its neighbours.
            return [session.render([one])[0] for one in controls]
        finally:
            session.close()


@contextmanager
def _backend(given: AvatarBackend | None) -> Iterator[AvatarBackend]:
    """The one that is given, which stays open, or the preset's, which does not."""
    if given is not None:
        yield given
        return
    with closing(create_avatar(load_settings(), live=False)) as own:
        yield own


def _sheet(tiles: Sequence[tuple[str, Rgba]], columns: int) -> Rgba:
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGBA", (columns * TILE, rows * (TILE + CAPTION)), (24, 20, 30, 255))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for i, (label, picture) in enumerate(tiles):
        x, y = i % columns * TILE, i // columns * (TILE + CAPTION)
        sheet.paste(Image.fromarray(picture), (x, y))
        pen.text((x + TILE / 2, y + TILE + CAPTION / 2), label, font=font, fill="white", anchor="mm")
    return np.array(sheet)
