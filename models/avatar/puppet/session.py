"""One puppet on its stage: layers painted once, features drawn every frame."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from models.avatar.attributes import parse_attributes
from models.avatar.puppet._skia import skia
from models.avatar.puppet.backdrop import paint_backdrop
from models.avatar.puppet.extras import paint_earrings, paint_glasses, paint_on_body, paint_on_head
from models.avatar.puppet.eyes import Eyes
from models.avatar.puppet.hair import Hair
from models.avatar.puppet.hand import HAND_BOX, paint_hand
from models.avatar.puppet.head import paint_head
from models.avatar.puppet.layers import AffineSprite, HeadWarp, paint_layer, surface_over
from models.avatar.puppet.look import Look
from models.avatar.puppet.mouth import Mouth
from models.avatar.puppet.outfit import Body
from models.avatar.puppet.pose import Pose, pose_of
from models.base import AvatarIdentity, FrameControls
from models.errors import BadIdentity
from streaming.media import Rgba

_DESIGN_WIDTH, _DESIGN_HEIGHT, _HEAD_Y = 720.0, 1280.0, 448.0
_SQUARE_WIDTH, _SQUARE_HEAD_Y = 610.0, 330.0
_HEAD_BOX = (-210.0, -330.0, 210.0, 270.0)
_WIDE_BOX = (-290.0, -350.0, 290.0, 600.0)
_BODY_BOX = (-400.0, 30.0, 400.0, 905.0)
MIN_SIDE, MAX_SIDE = 64, 4096


class PuppetSession:
    """One identity at one size. `render` draws on one thread; frames depend on the controls alone."""

    def __init__(self, identity: AvatarIdentity, size: tuple[int, int]) -> None:
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in size):
            raise BadIdentity(
                f"{identity.persona_id}: size {size[0]}x{size[1]}; allowed: {MIN_SIDE} to {MAX_SIDE} pixels a side"
            )
        self.size = size
        look = Look(parse_attributes(identity.persona_id, identity.attributes))
        self._scale, self._origin = _framing(size)
        self._backdrop = np.zeros((size[1], size[0], 4), np.uint8)
        paint_backdrop(self._backdrop, look)
        self._canvas_pixels = np.empty_like(self._backdrop)
        self._surface = surface_over(self._canvas_pixels)
        self._paint_layers(look)
        self._eyes, self._mouth = Eyes(look), Mouth(look)

    def _paint_layers(self, look: Look) -> None:
        hair, body, s = Hair(look), Body(look), self._scale

        def torso(canvas: skia.Canvas) -> None:
            body.paint(canvas)
            paint_on_body(canvas, look)

        def front(canvas: skia.Canvas) -> None:
            paint_glasses(canvas, look)
            hair.front(canvas)
            paint_earrings(canvas, look)
            paint_on_head(canvas, look)

        self._hair_back = AffineSprite(paint_layer(hair.back, _WIDE_BOX, s))
        self._torso = AffineSprite(paint_layer(torso, _BODY_BOX, s))
        self._locks = AffineSprite(paint_layer(hair.locks, _WIDE_BOX, s))
        self._hand = AffineSprite(paint_layer(lambda canvas: paint_hand(canvas, look), HAND_BOX, s))
        self._head = paint_layer(lambda canvas: paint_head(canvas, look, hair.shape.front), _HEAD_BOX, s)
        self._front = paint_layer(front, _HEAD_BOX, s)
        self._warp = HeadWarp(_HEAD_BOX, s)

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """Draw a batch, one opaque RGBA frame (height, width, 4) for each control."""
        return [self._frame(one) for one in controls]

    def _frame(self, controls: FrameControls) -> Rgba:
        np.copyto(self._canvas_pixels, self._backdrop)
        canvas = self._surface.getCanvas()
        pose = pose_of(controls)
        self._behind(canvas, pose)
        self._warp.set(pose, self._origin)
        self._warp.draw(canvas, self._head)
        canvas.save()
        self._to_head(canvas, pose)
        self._mouth.draw(canvas, controls, pose)
        self._eyes.draw(canvas, controls, pose)
        canvas.restore()
        self._warp.draw(canvas, self._front)
        if controls.hand_raise > 0.005:
            self._raise_hand(canvas, min(1.0, controls.hand_raise), pose)
        self._surface.flushAndSubmit()
        frame = np.empty_like(self._canvas_pixels)
        cv2.cvtColor(self._canvas_pixels, cv2.COLOR_BGRA2RGBA, dst=frame)
        return frame

    def _behind(self, canvas: skia.Canvas, pose: Pose) -> None:
        s, (ox, oy) = self._scale, self._origin
        cos, sin, x, y = pose.head(s, depth=-0.22)
        self._hair_back.draw(canvas, self.size, (cos, -sin, ox + x, sin, cos, oy + y))
        lean = pose.sway * 0.022
        swell = 1 + 0.005 * pose.breath
        rise = -3.0 * pose.breath * s
        self._torso.draw(
            canvas,
            self.size,
            (swell, -lean, ox + pose.sway * 14 * s, 0.0, swell, oy + rise - 0.005 * pose.breath * 300 * s),
        )
        # Hanging hair follows the head at half its roll: its ends rest on the shoulders.
        half = pose.sin * 0.5
        self._locks.draw(
            canvas, self.size, (1.0, -half * 0.6, ox + x * 0.9, half * 0.3, 1.0, oy + y * 0.8 + rise * 0.4)
        )

    def _to_head(self, canvas: skia.Canvas, pose: Pose) -> None:
        cos, sin, x, y = pose.head(self._scale)
        s = self._scale
        canvas.setMatrix(
            skia.Matrix.MakeAll(cos * s, -sin * s, x + self._origin[0], sin * s, cos * s, y + self._origin[1], 0, 0, 1)
        )

    def _raise_hand(self, canvas: skia.Canvas, amount: float, pose: Pose) -> None:
        s, (ox, oy) = self._scale, self._origin
        angle = np.radians(-34 + 16 * amount)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        x = 300 - 46 * amount + pose.sway * 14
        y = 1120 - 690 * amount - 3 * pose.breath
        self._hand.draw(canvas, self.size, (cos, -sin, ox + x * s, sin, cos, oy + y * s))

    def close(self) -> None:
        """Drop the layers."""
        self._canvas_pixels = np.zeros((1, 1, 4), np.uint8)


def _framing(size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """(pixels a unit, the head's place in pixels): full width when upright, head and shoulders when square."""
    width, height = size
    tall = max(0.0, min(1.0, (height / width - 1) / (_DESIGN_HEIGHT / _DESIGN_WIDTH - 1)))
    scale = min(size) / (_SQUARE_WIDTH + (_DESIGN_WIDTH - _SQUARE_WIDTH) * tall)
    head_y = _SQUARE_HEAD_Y + (_HEAD_Y - _SQUARE_HEAD_Y) * tall
    return scale, (width / 2, head_y * scale)
