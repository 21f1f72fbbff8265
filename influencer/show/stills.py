"""Stills for the pages: the latest frame of a show, and its products' pictures, encoded by us."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PIL import Image

from influencer.errors import Busy, NotFound
from influencer.show.control import Picture
from influencer.show.room import jpeg_bytes
from streaming.media import Rgba


async def poster_of(frame: Rgba | None) -> Picture:
    """A composed frame as a JPEG.

    Raises:
        Busy: there is none yet.
    """
    if frame is None:
        raise Busy("the show has no picture yet; try again in a second")
    return Picture(await asyncio.to_thread(jpeg_bytes, Image.fromarray(frame)), "image/jpeg")


async def product_picture(product_id: str, path: Path | None) -> Picture:
    """A product's picture, decoded and encoded again.

    Raises:
        NotFound: it has none.
    """
    if path is None:
        raise NotFound(f"{product_id} has no picture")
    return Picture(await asyncio.to_thread(lambda: jpeg_bytes(Image.open(path))), "image/jpeg")
