"""Where a station's packets go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from streaming.media import EncodedPacket

Codec = Literal["h264", "opus", "aac"]


class Output(Protocol):
    """One consumer of the show's packets. The station's thread calls every method, one at a time."""

    @property
    def codecs(self) -> frozenset[Codec]:
        """What it takes. The station encodes only what some output takes."""
        ...

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        """Take packets that go on air together, in pts order for each kind. Must not block.

        It sees every packet the station makes and leaves out those whose codec it does not take.
        """
        ...

    def wants_keyframe(self) -> bool:
        """Asked before every picture: shall it be an IDR? Asking takes the request."""
        ...

    def close(self) -> None:
        """The show has ended: nothing more is pushed. Idempotent."""
        ...
