"""People for the tests of the web side: users of each role, signed in or with a key."""

from __future__ import annotations

import httpx

from influencer.accounts.keys import Keys
from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, Accounts
from influencer.accounts.tokens import csrf_token
from influencer.store import Store


async def person(store: Store, role: Role, advertiser_id: str | None = None, login: str = "") -> str:
    """Make a user who has chosen a password (nobody knows it); their id. The advertiser is made when it is missing."""
    if advertiser_id is not None:
        await store.advertisers.ensure(advertiser_id, advertiser_id)
    login = login or f"{role}-{advertiser_id or 'house'}"
    return (await store.users.add(login=login, name=login, role=role, advertiser_id=advertiser_id)).id


async def sign_in_as(client: httpx.AsyncClient, store: Store, user_id: str) -> str:
    """Give a client the cookie of a fresh session; the token that its pages would send along."""
    user = await store.users.find(user_id)
    assert user is not None
    opened = await Accounts(store, now=store.users._now).open_session(user, "192.0.2.7", "tests")
    client.cookies.set("session", opened.token)
    return csrf_token(opened.token)


async def key_of(store: Store, user_id: str) -> dict[str, str]:
    """The header of a fresh API key of somebody, with their own role."""
    user = await store.users.find(user_id)
    assert user is not None
    issued = await Keys(store, store.users._now).add(user, "tests", actor=COMMAND_LINE)
    return {"Authorization": f"Bearer {issued.text}"}
