"""The first start of a house: an admin whose password is printed once; and the settings of an identity provider."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from influencer.accounts.service import Accounts
from influencer.errors import InvalidInput
from influencer.serve import _first_admin, _oidc
from influencer.settings import load_settings
from influencer.store import open_store

pytestmark = pytest.mark.unit


async def test_the_first_start_prints_a_password_that_works_and_later_ones_print_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    async with await open_store(f"sqlite:///{tmp_path}/house.db") as store:
        for _ in range(2):
            await _first_admin(store, said.append)
        (text,) = said
        password = re.search(r"One-time password: (\S+)", text)
        assert password
        opened = await Accounts(store).sign_in("admin", password[1], "127.0.0.1")
        assert opened is not None
        assert opened.user.one_time_until is not None
        assert password[1] not in repr(await store.audit.latest())


def test_an_identity_provider_comes_from_the_environment_and_its_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _oidc(load_settings().oidc) is None
    monkeypatch.setenv("INFLUENCER_OIDC__ISSUER", "https://id.house.test")
    monkeypatch.setenv("INFLUENCER_OIDC__CLIENT_ID", "live-shows")
    monkeypatch.setenv("INFLUENCER_OIDC__CLIENT_SECRET", "s3cret-of-the-client")
    settings = load_settings()
    assert "s3cret" not in repr(settings)
    found = _oidc(settings.oidc)
    assert found is not None
    assert (found.issuer, found.client_id, found.client_secret) == (
        "https://id.house.test",
        "live-shows",
        "s3cret-of-the-client",
    )
    assert "s3cret" not in repr(found)
    monkeypatch.setenv("INFLUENCER_OIDC__ISSUER", "http://id.house.test")
    with pytest.raises(InvalidInput, match=r"oidc\.issuer"):
        _oidc(load_settings().oidc)
