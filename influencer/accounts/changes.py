"""Changing what somebody may do. Whatever they were doing with their old rights ends at that moment."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.accounts.principal import DEMO_USER
from influencer.accounts.roles import Role
from influencer.accounts.service import Accounts, Actor
from influencer.accounts.values import NewAudit, User
from influencer.errors import Conflict, InvalidInput, Mistake
from influencer.store import Store


@dataclass(frozen=True, slots=True)
class Changed:
    """A user as they are now, and how many of their sessions and API keys ended."""

    user: User
    sessions: int
    keys: int


async def change_role(
    accounts: Accounts, store: Store, login: str, role: Role, advertiser_id: str | None, actor: Actor
) -> Changed:
    """Give somebody another role, another advertiser, or both; sessions end and keys are revoked in one step with it.

    What they have already ends nothing.

    Raises:
        NotFound: there is no such user or advertiser.
        InvalidInput: an advertiser is missing, or given for a role that has none.
        Conflict: this is the last admin who can sign in, or the demo's user.
    """
    user = await accounts.user(login)
    if user.id == DEMO_USER:
        raise Conflict("the demo's user is its admin, and works in the demo only")
    if (role is Role.ADVERTISER) != (advertiser_id is not None):
        allowed = "an advertiser for the role advertiser, none for others"
        raise InvalidInput("account", [Mistake("advertiser", str(advertiser_id)[:40], allowed)])
    if advertiser_id is not None:
        await accounts.advertiser(advertiser_id)
    if (user.role, user.advertiser_id) == (role, advertiser_id):
        return Changed(user, 0, 0)
    done = await store.users.set_role(user.id, role, advertiser_id)
    if done is None:
        raise Conflict("this is the last admin; make another one first")
    changed = Changed(*done)
    await store.audit.add(
        NewAudit(
            action="role changed",
            actor=actor.name,
            subject=user.login,
            actor_id=actor.id,
            advertiser_id=advertiser_id or user.advertiser_id,
            address=actor.address,
            detail={
                "from": _told(user.role, user.advertiser_id),
                "to": _told(role, advertiser_id),
                "sessions": changed.sessions,
                "keys": changed.keys,
            },
        )
    )
    return changed


async def end_sessions(accounts: Accounts, store: Store, login: str, actor: Actor) -> int:
    """Sign somebody out everywhere; how many sessions ended.

    Raises:
        NotFound: there is no such user.
    """
    user = await accounts.user(login)
    ended = await store.sign_ins.end_all(user.id)
    await store.audit.add(
        NewAudit("signed out by an admin", actor.name, user.login, actor.id, user.advertiser_id, actor.address,
                 {"sessions": ended})
    )  # fmt: skip
    return ended


def _told(role: Role, advertiser_id: str | None) -> str:
    return f"{role.value} of {advertiser_id}" if advertiser_id is not None else role.value
