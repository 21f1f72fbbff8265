"""Who is asking, and whether a thing is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from influencer.accounts.roles import STAFF, Role
from influencer.errors import NotFound

Via = Literal["nobody", "session", "key", "token"]
DEMO_USER = "demo"
DEMO_ADVERTISER = "demo"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `role` is None when nobody is signed in; `advertiser_id` is the tenant they act for, if any."""

    role: Role | None
    name: str
    """For people to read: a login, or the name of a key."""
    user_id: str | None = None
    advertiser_id: str | None = None
    via: Via = "nobody"
    credential_id: str | None = None
    """The id of the session or the API key."""
    must_change_password: bool = False

    @property
    def is_staff(self) -> bool:
        """Whether they work for the house, and so for every advertiser."""
        return self.role in STAFF


NOBODY = Principal(None, "nobody")
OPERATOR_TOKEN = Principal(Role.OPERATOR, "operator token", via="token")


def owns(principal: Principal, advertiser_id: str | None) -> bool:
    """Whether somebody may see and change an advertiser's things: their own, or anybody's for staff."""
    if principal.is_staff:
        return True
    return advertiser_id is not None and principal.advertiser_id == advertiser_id


def owned_by(principal: Principal, advertiser_id: str | None, what: str = "this does not exist") -> None:
    """Let a principal reach a thing of an advertiser.

    Args:
        principal: who asks.
        advertiser_id: whose thing it is; None for a thing of the house.
        what: what to say; give the very words of an id that does not exist, so that nobody learns that it does.

    Raises:
        NotFound: it is somebody else's.
    """
    if not owns(principal, advertiser_id):
        raise NotFound(what)


def advertiser_filter(principal: Principal) -> str | None:
    """The advertiser whose rows a list may hold; None for everybody's.

    Raises:
        NotFound: neither staff nor an advertiser: there is nothing to list.
    """
    if principal.is_staff:
        return None
    if principal.advertiser_id is None:
        raise NotFound("you act for no advertiser")
    return principal.advertiser_id
