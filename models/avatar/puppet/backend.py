"""The puppet as an `AvatarBackend`."""

from __future__ import annotations

from models.avatar.puppet.session import PuppetSession
from models.base import AvatarIdentity


class PuppetBackend:
    """Draws hosts from named attributes; holds nothing between sessions."""

    name = "puppet"

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> PuppetSession:
        """Paint the identity's layers at (width, height); takes a few tenths of a second.

        Raises:
            models.errors.BadIdentity: an attribute is unknown or out of range; the message says what is allowed.
        """
        return PuppetSession(identity, size)

    def close(self) -> None:
        """Nothing is shared."""
