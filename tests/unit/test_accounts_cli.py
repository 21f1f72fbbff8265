"""The commands that make and end users, advertisers and keys."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.accounts.keys import Keys
from influencer.accounts.principal import Principal
from influencer.accounts.service import Accounts
from influencer.cli import app
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.store import open_store
from tests.databases import database_url

pytestmark = pytest.mark.unit
PASSWORD = re.compile(r"^(?:[A-Z2-9]{5}-){3}[A-Z2-9]{5}$", re.MULTILINE)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = database_url(tmp_path, "house.db")
    monkeypatch.setenv("INFLUENCER_DATABASE", url)
    return url


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


def _signs_in(url: str, login: str, password: str) -> bool:
    async def attempt() -> bool:
        async with await open_store(url) as store:
            return await Accounts(store).sign_in(login, password, "") is not None

    return asyncio.run(attempt())


def _principal(url: str, key: str) -> Principal | None:
    async def check() -> Principal | None:
        async with await open_store(url) as store:
            return await Keys(store).principal(key)

    return asyncio.run(check())


def test_a_user_is_made_disabled_enabled_and_reset(database: str) -> None:
    made = PASSWORD.search(_run("users", "add", "Ann@house.test", "--role", "admin"))
    assert made
    assert _signs_in(database, "ann@house.test", made[0])
    with pytest.raises(Conflict, match="already"):
        _run("users", "add", "ann@house.test", "--role", "operator")
    with pytest.raises(Conflict, match="last admin"):
        _run("users", "disable", "ann@house.test")
    assert PASSWORD.search(_run("users", "add", "bob", "--role", "admin"))
    assert "is disabled" in _run("users", "disable", "ann@house.test")
    assert "disabled" in _run("users", "list")
    assert not _signs_in(database, "ann@house.test", made[0])
    _run("users", "enable", "ann@house.test")
    again = PASSWORD.search(_run("users", "reset", "ann@house.test"))
    assert again
    assert not _signs_in(database, "ann@house.test", made[0])
    assert _signs_in(database, "ann@house.test", again[0])


def test_an_advertisers_user_needs_an_advertiser_and_nobody_else_may_have_one(database: str) -> None:
    for arguments in (("--role", "advertiser"), ("--role", "operator", "--advertiser", "halvenne")):
        with pytest.raises(InvalidInput, match="advertiser: got"):
            _run("users", "add", "carla", *arguments)
    with pytest.raises(NotFound, match="no advertiser 'halvenne'"):
        _run("users", "add", "carla", "--role", "advertiser", "--advertiser", "halvenne")
    with pytest.raises(InvalidInput, match="advertiser id"):
        _run("advertisers", "add", "Hal venne", "Halvenne")
    assert "halvenne: Halvenne" in _run("advertisers", "add", "halvenne", "Halvenne")
    assert PASSWORD.search(_run("users", "add", "carla", "--role", "advertiser", "--advertiser", "halvenne"))
    assert "halvenne: Halvenne" in _run("advertisers", "list")
    with pytest.raises(InvalidInput, match="login: got 'a b'"):
        _run("users", "add", "a b", "--role", "viewer")


def test_a_key_works_until_it_is_revoked_or_its_owner_is_shut_out(database: str) -> None:
    _run("users", "add", "ann", "--role", "admin")
    _run("users", "add", "bob", "--role", "admin")
    _run("advertisers", "add", "halvenne", "Halvenne")
    lesser = ("--role", "advertiser", "--advertiser", "halvenne")
    keys = [
        _run("keys", "add", name, "--user", user, *more).split()[-1]
        for name, user, more in (("feed", "ann", ()), ("export", "bob", lesser))
    ]
    first, second = (_principal(database, key) for key in keys)
    assert first is not None
    assert second is not None
    assert (first.role, first.advertiser_id, first.name) == ("admin", None, "ann/feed")
    assert (second.role, second.advertiser_id) == ("advertiser", "halvenne")
    listed = _run("keys", "list")
    assert "feed" in listed
    assert not any(key.rpartition("_")[2] in listed for key in keys)
    assert _principal(database, keys[0][:-1] + ("A" if keys[0][-1] != "A" else "B")) is None
    assert _principal(database, "vik_x") is None
    _run("keys", "revoke", keys[0].split("_")[1])
    assert _principal(database, keys[0]) is None
    with pytest.raises(NotFound, match="that works"):
        _run("keys", "revoke", keys[0].split("_")[1])
    _run("users", "disable", "bob")
    assert _principal(database, keys[1]) is None


def test_another_role_ends_keys_and_sessions_and_the_last_admin_stays_one(database: str) -> None:
    made = PASSWORD.search(_run("users", "add", "ann", "--role", "admin"))
    _run("advertisers", "add", "halvenne", "Halvenne")
    key = _run("keys", "add", "feed", "--user", "ann").split()[-1]
    with pytest.raises(Conflict, match="last admin"):
        _run("users", "role", "ann", "--role", "operator")
    assert made and _signs_in(database, "ann", made[0])
    assert "S-" in _run("users", "sessions", "ann")
    _run("users", "add", "bob", "--role", "admin")
    with pytest.raises(InvalidInput, match="advertiser: got"):
        _run("users", "role", "ann", "--role", "advertiser")
    told = _run("users", "role", "ann", "--role", "advertiser", "--advertiser", "halvenne")
    assert told == "ann is advertiser of halvenne; 1 sessions and 1 keys ended\n"
    assert _principal(database, key) is None
    assert "S-" not in _run("users", "sessions", "ann")
    with pytest.raises(Conflict, match="last admin"):
        _run("users", "role", "bob", "--role", "viewer")


def test_nobody_gets_a_key_with_more_rights_than_their_own(database: str) -> None:
    _run("users", "add", "olga", "--role", "operator")
    with pytest.raises(InvalidInput, match="role: got 'admin'; allowed: operator"):
        _run("keys", "add", "feed", "--user", "olga", "--role", "admin")
    with pytest.raises(NotFound, match="no user 'nobody'"):
        _run("keys", "add", "feed", "--user", "nobody")
