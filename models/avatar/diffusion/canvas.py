"""The picture the diffusion avatar paints: its size, its camera and the window of it that moves."""

from __future__ import annotations

from models.avatar.diffusion.raster import Camera

WIDTH, HEIGHT = 512, 768
PATCH = 16
"""Pixels a side of one latent cell: latents are (HEIGHT / 16, WIDTH / 16) = (48, 32)."""
CAMERA = Camera(WIDTH, HEIGHT, eye_row=256.0, pixels_per_metre=WIDTH / 0.41)
"""The eyes' middle at rest is at column 256, row 256; a head is about 260 px tall."""
HEAD_WINDOW = (32, 64, 416, 384)
"""Top, left, height and width of the part that holds head and neck in every pose: (26, 24) latent cells."""
