"""An avatar backend with a simpler one behind it: a host that one cannot draw is drawn by the other."""

from __future__ import annotations

import logging
from collections.abc import Collection

from models.base import AvatarBackend, AvatarIdentity, AvatarSession
from models.errors import FootageRefused, ModelError

log = logging.getLogger(__name__)


class FallbackAvatar:
    """Opens identities with `first`, and with `second` where that fails: weights or footage are missing.

    A session that is open stays with its backend; what fails while it renders is the show's affair.
    """

    def __init__(self, first: AvatarBackend, second: AvatarBackend, *, only_first: Collection[str] = ()) -> None:
        """Put `second` behind `first`.

        Args:
            first: the one that is wanted.
            second: the one that is always ready.
            only_first: attributes that `second` does not know.
        """
        self.name = first.name
        self.first, self._second = first, second
        self._only_first = frozenset(only_first)

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> AvatarSession:
        """Prepare an identity; see `models.base.AvatarBackend`.

        Raises:
            BadIdentity: neither can draw it; the message is the second's.
            FootageRefused: the first may not draw it: that is no failure to be covered up.
        """
        try:
            return self.first.open(identity, size)
        except FootageRefused:  # a drawing in the place of a person who did not agree would go unnoticed
            raise
        except ModelError as error:
            log.warning(
                "%s cannot draw %s, %s does: %s", self.first.name, identity.persona_id, self._second.name, error
            )
        known = {name: value for name, value in identity.attributes.items() if name not in self._only_first}
        return self._second.open(AvatarIdentity(identity.persona_id, known), size)

    def close(self) -> None:
        """Close both."""
        self.first.close()
        self._second.close()
