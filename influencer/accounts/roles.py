"""The four roles, and which of them may hand out which."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. There is no order between them: every route lists the roles it lets in."""

    VIEWER = "viewer"
    """Watches, chats and buys; no more than somebody without an account."""
    ADVERTISER = "advertiser"
    """Acts for exactly one advertiser and sees nobody else's things."""
    OPERATOR = "operator"
    """Runs the shows of all advertisers."""
    ADMIN = "admin"
    """An operator who also manages accounts."""


STAFF = (Role.OPERATOR, Role.ADMIN)
"""The people of the house: they work for every advertiser."""

_KEYS: dict[Role, tuple[Role, ...]] = {
    Role.VIEWER: (Role.VIEWER,),
    Role.ADVERTISER: (Role.ADVERTISER,),
    Role.OPERATOR: (Role.OPERATOR,),
    Role.ADMIN: (Role.ADMIN, Role.OPERATOR, Role.ADVERTISER),
}


def key_roles(owner: Role) -> tuple[Role, ...]:
    """The roles that an API key of somebody may have, their own first."""
    return _KEYS[owner]
