"""Accounts in the database, on SQLite and on PostgreSQL: what the tables themselves refuse, and races."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from influencer.accounts.keys import Keys
from influencer.accounts.passwords import Passwords
from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, Accounts
from influencer.accounts.tokens import digest
from influencer.accounts.values import NewAudit
from influencer.errors import Conflict
from influencer.store import Store, open_store
from influencer.store.api_keys import MOST as MOST_KEYS
from influencer.store.engine import database_url
from influencer.store.migrate import alembic_config, upgrade
from influencer.store.sign_ins import MOST as MOST_SIGN_INS

pytestmark = pytest.mark.integration
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory_kib=64, passes=1)


async def test_the_database_refuses_to_change_or_delete_the_audit_log(store: Store) -> None:
    await store.audit.add(NewAudit("signed in", "olga", "x" * 500, "U-1", "mine", "192.0.2.7", {"how": "password"}))
    for statement in ("UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="the audit log only grows"):
            async with store._engine.begin() as connection:
                await connection.execute(sql(statement))
    (entry,) = await store.audit.latest()
    assert (entry.actor, entry.at, entry.detail, len(entry.subject)) == ("olga", NOW, {"how": "password"}, 200)


async def test_the_audit_log_is_read_in_pages_and_by_advertiser(store: Store) -> None:
    for n in range(5):
        await store.audit.add(NewAudit(f"did {n}", "olga", advertiser_id="mine" if n % 2 else None))
    first = await store.audit.latest(limit=2)
    assert [entry.action for entry in first] == ["did 4", "did 3"]
    rest = await store.audit.latest(before=first[-1].id)
    assert [entry.action for entry in rest] == ["did 2", "did 1", "did 0"]
    assert [entry.action for entry in await store.audit.latest(advertiser_id="mine")] == ["did 3", "did 1"]


async def test_an_advertisers_user_always_has_one_and_others_never(store: Store) -> None:
    await store.advertisers.add("mine", "Mine")
    for role, advertiser in ((Role.ADVERTISER, None), (Role.OPERATOR, "mine"), (Role.ADVERTISER, "nobody")):
        with pytest.raises(Conflict):
            await store.users.add(login="x", name="x", role=role, advertiser_id=advertiser)
    with pytest.raises(Conflict, match="the name 'Mine'"):
        await store.advertisers.add("other", "Mine")
    assert (await store.advertisers.ensure("mine", "Whatever")).name == "Mine"


async def test_two_processes_that_start_first_make_one_admin(store: Store, passwords: Passwords) -> None:
    made = await asyncio.gather(*(Accounts(store, passwords).first_admin() for _ in range(4)))
    assert len([one for one in made if one is not None]) == 1
    assert [user.login for user in await store.users.all()] == ["admin"]


async def test_a_user_is_signed_in_with_a_bounded_number_of_browsers(store: Store, passwords: Passwords) -> None:
    accounts = Accounts(store, passwords, lambda: NOW)
    olga = (await accounts.add_user("olga", Role.OPERATOR, actor=COMMAND_LINE)).user
    other = (await accounts.add_user("other", Role.OPERATOR, actor=COMMAND_LINE)).user
    kept = await accounts.open_session(other, "192.0.2.8")
    times = iter(NOW + timedelta(seconds=n) for n in range(1_000))
    store.sign_ins._now = lambda: next(times)
    opened = [await accounts.open_session(olga, "192.0.2.7", f"browser {n}") for n in range(MOST_SIGN_INS + 2)]
    browsers = [sign_in.browser for sign_in in await store.sign_ins.of_user(olga.id)]
    assert browsers == [f"browser {n}" for n in range(MOST_SIGN_INS + 1, 1, -1)]
    assert await accounts.of_session(opened[0].token) is None
    assert await accounts.of_session(opened[-1].token) is not None
    assert await store.sign_ins.end_all(olga.id, keep=opened[-1].sign_in.id) == MOST_SIGN_INS - 1
    assert not await store.sign_ins.end(kept.sign_in.id, olga.id)
    assert await store.sign_ins.find(digest(kept.token)) is not None


async def test_keys_expire_are_stamped_and_bounded(store: Store, passwords: Passwords) -> None:
    accounts, keys = Accounts(store, passwords, lambda: NOW), Keys(store, lambda: NOW)
    olga = (await accounts.add_user("olga", Role.OPERATOR, actor=COMMAND_LINE)).user
    issued = await keys.add(olga, "feed", actor=COMMAND_LINE, days=1)
    assert (await keys.principal(issued.text)) is not None
    (key,) = await store.api_keys.of_user(olga.id)
    assert (key.last_used_at, key.expires_at) == (NOW, NOW + timedelta(days=1))
    store.api_keys._now = lambda: NOW + timedelta(days=1)
    assert (await keys.principal(issued.text)) is None
    for n in range(MOST_KEYS - 1):
        await keys.add(olga, f"key {n}", actor=COMMAND_LINE)
    with pytest.raises(Conflict, match="revoke one first"):
        await keys.add(olga, "one more", actor=COMMAND_LINE)


async def test_the_migration_goes_back_and_forth(url: str) -> None:
    checked = database_url(url)
    await asyncio.to_thread(upgrade, checked)
    await asyncio.to_thread(command.downgrade, alembic_config(checked), "0003")
    await asyncio.to_thread(upgrade, checked)
    async with await open_store(url) as store:
        assert await store.users.count() == 0
