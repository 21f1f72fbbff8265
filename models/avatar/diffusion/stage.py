"""Puts the painted host on air: places it over a backdrop, sways it, lets it breathe, at the show's picture size."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from models.avatar.attributes import HostAttributes
from models.avatar.diffusion.canvas import CAMERA, HEIGHT, WIDTH
from models.avatar.puppet.backdrop import paint_backdrop
from models.avatar.puppet.look import Look as PuppetLook
from models.base import FrameControls

Bytes = npt.NDArray[np.uint8]

OVERSCAN = 1.02
"""The host reaches a little past the lower edge, so that a lean never shows where it ends."""
LEAN = 0.012
"""Radians of lean at shoulder_sway 1, about the middle of the lower edge."""
SHIFT = 7.0
"""Canvas pixels of sideways shift at shoulder_sway 1."""
BREATH = 0.006
"""Growth of the chest at breath 1."""


FADE = 48
"""Canvas pixels over which the host fades at the sides of a wide picture."""


class Stage:
    """One backdrop at one size."""

    def __init__(self, attributes: HostAttributes, size: tuple[int, int]) -> None:
        width, height = size
        self.size = size
        bgra = np.zeros((height, width, 4), np.uint8)
        paint_backdrop(bgra, PuppetLook(attributes))
        self._backdrop: Bytes = np.ascontiguousarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8)
        self._backdrop[..., 3] = 255
        tall = height > width
        self._eyes = height * (0.36 if tall else 0.43)
        # Tall pictures are filled to both sides; in wide ones arms would end where the canvas does, so they fade.
        across = width * OVERSCAN / WIDTH if tall else 0.9 * height / WIDTH
        self._scale = max((height - self._eyes) / (HEIGHT - CAMERA.eye_row) * OVERSCAN, across)
        columns = np.minimum(np.arange(WIDTH), np.arange(WIDTH)[::-1])
        self._fade = np.round(256 * np.clip(columns / FADE, 0, 1)).astype(np.uint16)[None, :, None]
        self._wide = self._scale * WIDTH < width
        self._layer = np.zeros((height, width, 4), np.uint8)

    def show(self, host: Bytes, controls: FrameControls) -> Bytes:
        """host (768, 512, 4), premultiplied, over the backdrop: an opaque (height, width, 4) frame."""
        width, height = self.size
        if self._wide:
            host = (host * self._fade >> 8).astype(np.uint8)
        grow = self._scale * (1 + BREATH * controls.breath)
        angle = LEAN * controls.shoulder_sway
        cos, sin = grow * np.cos(angle), grow * np.sin(angle)
        # Turns about the middle of the canvas' lower edge, which stays where it is but for the shift.
        foot = np.array([WIDTH / 2, float(HEIGHT)])
        on_air = np.array(
            [
                width / 2 + SHIFT * self._scale * controls.shoulder_sway,
                self._eyes + self._scale * (HEIGHT - CAMERA.eye_row),
            ]
        )
        turn = np.array([[cos, -sin], [sin, cos]])
        matrix = np.concatenate([turn, (on_air - turn @ foot)[:, None]], axis=1)
        cv2.warpAffine(
            host, matrix, (width, height), dst=self._layer, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        frame = np.empty_like(self._backdrop)
        _over(self._layer, self._backdrop, frame)
        return frame


@njit(cache=True, nogil=True)
def _over(front: Bytes, back: Bytes, out: Bytes) -> None:
    """Premultiplied `front` over opaque `back`, in bytes (Porter and Duff 1984).

    Only the host's edge is mixed: elsewhere whole pixels are copied, four bytes at once.
    """
    height, width = front.shape[:2]
    fronts = front.view(np.uint32).reshape(height, width)
    backs = back.view(np.uint32).reshape(height, width)
    outs = out.view(np.uint32).reshape(height, width)
    for y in range(height):
        for x in range(width):
            alpha = front[y, x, 3]
            if alpha == 0:
                outs[y, x] = backs[y, x]
                continue
            if alpha == 255:
                outs[y, x] = fronts[y, x]
                continue
            gone = 255 - np.int32(alpha)
            for channel in range(3):
                # x * 257 + 32896 >> 16 is x / 255, rounded, for 16-bit products. Premultiplied, so it stays in a byte.
                shaded = (np.int32(back[y, x, channel]) * gone * 257 + 32896) >> 16
                out[y, x, channel] = min(np.int32(front[y, x, channel]) + shaded, np.int32(255))
            out[y, x, 3] = 255
