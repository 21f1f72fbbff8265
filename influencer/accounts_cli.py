"""The commands `influencer users|advertisers|keys`: who may sign in, for whom, and with which keys."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencer.accounts.roles import Role
from influencer.database import with_store

if TYPE_CHECKING:
    from influencer.accounts.service import Issued

users_app = typer.Typer(help="Users: add, list, role, sessions, disable, enable, reset.", no_args_is_help=True)
advertisers_app = typer.Typer(help="Advertisers: add, list.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys of programs: add, list, revoke.", no_args_is_help=True)
out = Console(soft_wrap=True)

Login = Annotated[str, typer.Argument(help="Sign-in name, e.g. an e-mail address.")]


@users_app.command("add")
def users_add(
    login: Login,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    advertiser: Annotated[str | None, typer.Option(help="Whose user, for the role advertiser.")] = None,
    name: Annotated[str, typer.Option(help="How people call them.")] = "",
) -> None:
    """Make a user; prints a one-time password."""
    from influencer.accounts.service import COMMAND_LINE, Accounts

    _print_password(
        with_store(
            lambda store: Accounts(store).add_user(login, role, actor=COMMAND_LINE, name=name, advertiser_id=advertiser)
        )
    )


@users_app.command("list")
def users_list() -> None:
    """Users with their role, advertiser and state."""
    table = Table("name", "role", "advertiser", "state", "last signed in")
    for user in with_store(lambda store: store.users.all(limit=1_000)):
        state = "disabled" if user.disabled_at else "one-time password" if user.one_time_until else "active"
        table.add_row(user.login, user.role, user.advertiser_id or "", state, _when(user.last_sign_in_at))
    out.print(table)


@users_app.command("disable")
def users_disable(login: Login) -> None:
    """Shut a user out at once, everywhere; their keys stop too."""
    _set_disabled(login, True)


@users_app.command("enable")
def users_enable(login: Login) -> None:
    """Let a disabled user in again."""
    _set_disabled(login, False)


@users_app.command("reset")
def users_reset(login: Login) -> None:
    """Give a user a new one-time password and sign them out everywhere."""
    from influencer.accounts.service import COMMAND_LINE, Accounts

    _print_password(with_store(lambda store: Accounts(store).reset_password(login, COMMAND_LINE)))


@users_app.command("role")
def users_role(
    login: Login,
    role: Annotated[Role, typer.Option(help="What they may do from now on.")],
    advertiser: Annotated[str | None, typer.Option(help="Whose user, for the role advertiser.")] = None,
) -> None:
    """Change what a user may do; their sessions and keys end at once."""
    from influencer.accounts.changes import change_role
    from influencer.accounts.service import COMMAND_LINE, Accounts

    changed = with_store(lambda store: change_role(Accounts(store), store, login, role, advertiser, COMMAND_LINE))
    of = f" of {changed.user.advertiser_id}" if changed.user.advertiser_id else ""
    out.print(
        f"{changed.user.login} is {changed.user.role}{of}; {changed.sessions} sessions and {changed.keys} keys ended",
        markup=False, highlight=False,
    )  # fmt: skip


@users_app.command("sessions")
def users_sessions(login: Login) -> None:
    """Where a user is signed in, and when each session was last used."""
    from influencer.accounts.service import Accounts
    from influencer.accounts.values import SignIn
    from influencer.store import Store

    async def read(store: Store) -> list[SignIn]:
        return await store.sign_ins.of_user((await Accounts(store).user(login)).id)

    table = Table("id", "address", "since", "last used", "ends", "browser")
    for one in with_store(read):
        since, used, ends = _when(one.created_at), _when(one.last_seen_at), _when(one.expires_at)
        table.add_row(one.id, one.address, since, used, ends, one.browser)
    out.print(table)


@advertisers_app.command("add")
def advertisers_add(
    advertiser: Annotated[str, typer.Argument(help="Id: a-z 0-9 -")],
    name: Annotated[str, typer.Argument(help="The name people know.")],
) -> None:
    """Make an advertiser."""
    from influencer.accounts.service import COMMAND_LINE, Accounts

    made = with_store(lambda store: Accounts(store).add_advertiser(advertiser, name, COMMAND_LINE))
    out.print(f"{made.id}: {made.name}", markup=False, highlight=False)


@advertisers_app.command("list")
def advertisers_list() -> None:
    """Advertisers by name."""
    for advertiser in with_store(lambda store: store.advertisers.all()):
        out.print(f"{advertiser.id}: {advertiser.name}", markup=False, highlight=False)


@keys_app.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    user: Annotated[str, typer.Option(help="Whose key: it stops when they are disabled.")],
    role: Annotated[Role | None, typer.Option(help="The user's own by default; an admin's key may have less.")] = None,
    advertiser: Annotated[str | None, typer.Option(help="For a key of the role advertiser.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Until it expires.")] = 90,
) -> None:
    """Make an API key; it is shown this once."""
    from influencer.accounts.keys import IssuedKey, Keys
    from influencer.accounts.service import COMMAND_LINE, Accounts
    from influencer.store import Store

    async def make(store: Store) -> IssuedKey:
        owner = await Accounts(store).user(user)
        return await Keys(store).add(owner, name, actor=COMMAND_LINE, role=role, advertiser_id=advertiser, days=days)

    issued = with_store(make)
    out.print(f"key {issued.key.id} ({issued.key.role}), until {_when(issued.key.expires_at)}:", highlight=False)
    out.print(issued.text, markup=False, highlight=False)


@keys_app.command("list")
def keys_list() -> None:
    """Keys that are not revoked."""
    table = Table("id", "name", "role", "advertiser", "owner", "last used", "expires")
    for key in with_store(lambda store: store.api_keys.all()):
        used, ends = _when(key.last_used_at), _when(key.expires_at)
        table.add_row(key.id, key.name, key.role, key.advertiser_id or "", key.user_id, used, ends)
    out.print(table)


@keys_app.command("revoke")
def keys_revoke(key: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")]) -> None:
    """End a key for good."""
    from influencer.accounts.keys import Keys
    from influencer.accounts.service import COMMAND_LINE

    with_store(lambda store: Keys(store).revoke(key, COMMAND_LINE))
    out.print(f"key {key} is revoked", markup=False, highlight=False)


def _set_disabled(login: str, disabled: bool) -> None:
    from influencer.accounts.service import COMMAND_LINE, Accounts

    user = with_store(lambda store: Accounts(store).set_disabled(login, disabled, COMMAND_LINE))
    out.print(f"{user.login} is {'disabled' if disabled else 'enabled'}", markup=False, highlight=False)


def _print_password(issued: Issued) -> None:
    user = issued.user
    out.print(f"{user.login} ({user.role}), one-time password until {_when(user.one_time_until)}:", highlight=False)
    out.print(issued.password, markup=False, highlight=False)


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"
