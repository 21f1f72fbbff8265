"""Accounts: signing in and out, passwords, users, advertisers and keys, each written into the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from influencer.accounts.oidc import Identity
from influencer.accounts.passwords import Passwords, one_time_password, require_good
from influencer.accounts.principal import DEMO_ADVERTISER, DEMO_USER, Principal
from influencer.accounts.roles import Role
from influencer.accounts.tokens import digest, new_session
from influencer.accounts.values import Advertiser, NewAudit, SignIn, User
from influencer.errors import Conflict, Forbidden, InvalidInput, Mistake, NotFound
from influencer.store import Store, utc_now

SESSION_LIFETIME = timedelta(hours=12)
IDLE_TIMEOUT = timedelta(hours=2)
ONE_TIME_LIFETIME = timedelta(hours=72)
FIRST_ADMIN = "admin"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._+@-]{2,119}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to accounts, for the audit log."""

    name: str
    id: str | None = None
    address: str = ""


COMMAND_LINE = Actor("command line")


@dataclass(frozen=True, slots=True, repr=False)
class OpenedSession:
    """A fresh session. `token` goes into the cookie and nowhere else; no repr, so it cannot end in a log."""

    token: str
    sign_in: SignIn
    user: User


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A user with the one-time password to hand over, once."""

    user: User
    password: str


class Accounts:
    """Everything that can be done to accounts, over one store."""

    def __init__(
        self,
        store: Store,
        passwords: Passwords | None = None,
        now: Callable[[], datetime] = utc_now,
        *,
        demo: bool = False,
        lifetime: timedelta = SESSION_LIFETIME,
        idle: timedelta = IDLE_TIMEOUT,
    ) -> None:
        """Sessions end `lifetime` after the sign-in, and `idle` after they were last used."""
        self._store = store
        self._passwords = passwords or Passwords()
        self._now = now
        self._demo = demo
        self.lifetime, self.idle = lifetime, idle

    # --- who is asking -------------------------------------------------------------------------------------------

    async def of_session(self, token: str) -> Principal | None:
        """Whose session a cookie is, None when it has ended or its user may no longer sign in."""
        found = await self._store.sign_ins.find(digest(token), self.idle)
        if found is None:
            return None
        sign_in, user = found
        if user.disabled_at is not None or (user.id == DEMO_USER and not self._demo):
            return None
        return Principal(
            user.role,
            user.login,
            user.id,
            DEMO_ADVERTISER if user.id == DEMO_USER else user.advertiser_id,
            "session",
            sign_in.id,
            must_change_password=user.one_time_until is not None,
        )

    # --- signing in and out --------------------------------------------------------------------------------------

    async def sign_in(self, login: str, password: str, address: str, browser: str = "") -> OpenedSession | None:
        """Check a password and open a session; None when it is wrong, for whatever reason: nobody learns which."""
        found = await self._store.users.by_login(normal(login))
        user, kept = found if found is not None else (None, None)
        right = await self._passwords.check(password, kept)
        if user is None or kept is None or not right or not self._may_sign_in(user):
            actor = Actor(user.login if user else "unknown", user.id if user else None, address)
            await self._note("sign-in refused", actor, user)
            return None
        if self._passwords.is_outdated(kept):
            await self._store.users.rehash(user.id, kept, await self._passwords.hash(password))
        return await self.open_session(user, address, browser)

    async def open_session(self, user: User, address: str, browser: str = "", how: str = "password") -> OpenedSession:
        """A new session with a new secret, for somebody who has shown who they are."""
        token = new_session()
        sign_in = await self._store.sign_ins.add(user.id, digest(token), self.lifetime, address, browser)
        await self._store.users.signed_in(user.id)
        await self._note("signed in", Actor(user.login, user.id, address), user, how=how)
        return OpenedSession(token, sign_in, user)

    async def sign_in_as(self, identity: Identity, address: str, browser: str = "") -> OpenedSession:
        """Open a session for somebody an identity provider vouches for.

        The first time, the account whose login is the verified e-mail address is connected with the identity; an unused
        one-time password of it ends. Nobody gets an account in this way: an admin makes it.

        Raises:
            Forbidden: there is no such account, or it is disabled.
            Conflict: the account belongs to another identity.
        """
        user = known = await self._store.users.by_oidc(identity.subject)
        if user is None and identity.email is not None:
            found = await self._store.users.by_login(normal(identity.email))
            user = found[0] if found is not None else None
        if user is not None and user.disabled_at is None and (known is None or user.one_time_until is not None):
            user = await self._store.users.connect_oidc(user.id, identity.subject)
            await self._note("identity connected", Actor(user.login, user.id, address), user)
        if user is None or user.disabled_at is not None:
            await self._note(
                "sign-in refused", Actor(user.login if user else "unknown", None, address), user, how="oidc"
            )
            raise Forbidden("there is no account for you here; ask an admin")
        return await self.open_session(user, address, browser, "oidc")

    async def demo_session(self, address: str, browser: str = "") -> OpenedSession:
        """Sign in as the demo's admin, who has no password and exists for the demo only.

        Raises:
            Forbidden: this is no demo.
        """
        if not self._demo:
            raise Forbidden("only a demo signs in by itself")
        await self._store.advertisers.ensure(DEMO_ADVERTISER, "Demo advertiser")
        user = await self._store.users.find(DEMO_USER)
        if user is None:
            try:
                user = await self._store.users.add(login=DEMO_USER, name="Demo", role=Role.ADMIN, user_id=DEMO_USER)
            except Conflict:
                user = await self._user(DEMO_USER)
        return await self.open_session(user, address, browser, "demo")

    async def sign_out(self, principal: Principal, address: str) -> None:
        """End the session that somebody is using."""
        if principal.user_id is not None and principal.credential_id is not None:
            await self._store.sign_ins.end(principal.credential_id, principal.user_id)
            await self._note("signed out", _actor(principal, address), None)

    async def end_session(self, principal: Principal, sign_in_id: str, address: str) -> None:
        """End one of somebody's own sessions.

        Raises:
            NotFound: they have no such session.
        """
        if principal.user_id is None or not await self._store.sign_ins.end(sign_in_id, principal.user_id):
            raise NotFound("you have no such session")
        await self._note("session ended", _actor(principal, address), None, session=sign_in_id)

    async def sign_out_everywhere(self, principal: Principal, address: str) -> int:
        """End all of somebody's sessions, this one too; how many."""
        ended = await self._store.sign_ins.end_all(principal.user_id or "")
        await self._note("signed out everywhere", _actor(principal, address), None, sessions=ended)
        return ended

    def _may_sign_in(self, user: User) -> bool:
        void = user.one_time_until is not None and user.one_time_until <= self._now()
        return user.disabled_at is None and not void

    # --- passwords -----------------------------------------------------------------------------------------------

    async def change_password(
        self, principal: Principal, old: str, new: str, address: str, browser: str = ""
    ) -> OpenedSession:
        """Change somebody's own password: every session ends, and a new one begins.

        Raises:
            InvalidInput: the old password is wrong, or the new one no good.
        """
        user = await self._user(principal.user_id or "")
        found = await self._store.users.by_login(user.login)
        if not await self._passwords.check(old, found[1] if found else None):
            await self._note("password change refused", _actor(principal, address), user)
            raise InvalidInput("account", [Mistake("old password", "a wrong one", "your password of now")])
        require_good(new, user.login)
        if new == old:
            raise InvalidInput("account", [Mistake("password", "the old one", "a new one")])
        await self._store.users.set_password(user.id, await self._passwords.hash(new), None)
        await self._store.sign_ins.end_all(user.id)
        await self._note("password changed", _actor(principal, address), user)
        return await self.open_session(await self._user(user.id), address, browser, "password change")

    async def reset_password(self, login: str, actor: Actor) -> Issued:
        """Give somebody a one-time password and end all their sessions.

        Raises:
            NotFound: there is no such user.
            Conflict: it is the demo's, who has no password.
        """
        user = _real(await self.user(login))
        password = one_time_password()
        kept = await self._passwords.hash(password)
        user = await self._store.users.set_password(user.id, kept, self._now() + ONE_TIME_LIFETIME)
        await self._store.sign_ins.end_all(user.id)
        await self._note("password reset", actor, user)
        return Issued(user, password)

    # --- users and advertisers -----------------------------------------------------------------------------------

    async def first_admin(self) -> Issued | None:
        """The first admin with a one-time password, None when there is any user but the demo's."""
        if [user for user in await self._store.users.all(limit=2) if user.id != DEMO_USER]:
            return None
        try:
            return await self.add_user(FIRST_ADMIN, Role.ADMIN, actor=Actor("first start"))
        except Conflict:  # another process was first
            return None

    async def add_user(
        self, login: str, role: Role, *, actor: Actor, name: str = "", advertiser_id: str | None = None
    ) -> Issued:
        """Make a user with a one-time password.

        Raises:
            InvalidInput: the login cannot be one, or an advertiser is missing or too much.
            Conflict: the login is taken.
            NotFound: there is no such advertiser.
        """
        login = normal(login)
        if not _LOGIN.fullmatch(login):
            raise _wrong("login", login, "3 to 120 of a-z 0-9 . _ + @ -, e.g. an e-mail address")
        if (role is Role.ADVERTISER) != (advertiser_id is not None):
            raise _wrong("advertiser", str(advertiser_id), "an advertiser for the role advertiser, none for others")
        if advertiser_id is not None:
            await self.advertiser(advertiser_id)
        password = one_time_password()
        user = await self._store.users.add(
            login=login,
            name=name.strip()[:80] or login,
            role=role,
            advertiser_id=advertiser_id,
            password_hash=await self._passwords.hash(password),
            one_time_until=self._now() + ONE_TIME_LIFETIME,
        )
        await self._note("user added", actor, user, role=role.value)
        return Issued(user, password)

    async def set_disabled(self, login: str, disabled: bool, actor: Actor) -> User:
        """Shut somebody out everywhere, or let them in again. Their keys stop with them.

        Raises:
            NotFound: there is no such user.
            Conflict: this is the last admin, or the demo's.
        """
        user = _real(await self.user(login))
        last = user.role is Role.ADMIN and user.disabled_at is None and await self._store.users.working_admins() <= 1
        if disabled and last:
            raise Conflict("this is the last admin; add another one first")
        user = await self._store.users.set_disabled(user.id, disabled)
        if disabled:
            await self._store.sign_ins.end_all(user.id)
        await self._note("user disabled" if disabled else "user enabled", actor, user)
        return user

    async def add_advertiser(self, advertiser_id: str, name: str, actor: Actor) -> Advertiser:
        """Make a tenant.

        Raises:
            InvalidInput: the id or the name cannot be one.
            Conflict: the id or the name is taken.
        """
        advertiser_id, name = advertiser_id.strip().lower(), name.strip()
        if not _SLUG.fullmatch(advertiser_id):
            raise _wrong("advertiser id", advertiser_id, "2 to 40 of a-z 0-9 -")
        if not 1 <= len(name) <= 120:
            raise _wrong("advertiser name", name, "1 to 120 characters")
        made = await self._store.advertisers.add(advertiser_id, name)
        entry = NewAudit("advertiser added", actor.name, advertiser_id, actor.id, advertiser_id, actor.address)
        await self._store.audit.add(entry)
        return made

    async def advertiser(self, advertiser_id: str) -> Advertiser:
        """One advertiser.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.advertisers.find(advertiser_id)
        if found is None:
            raise NotFound(f"there is no advertiser {advertiser_id[:40]!r}")
        return found

    async def user(self, login: str) -> User:
        """The user of a login.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.users.by_login(normal(login))
        if found is None:
            raise NotFound(f"there is no user {login[:120]!r}; `influencer users list` shows them")
        return found[0]

    async def _user(self, user_id: str) -> User:
        found = await self._store.users.find(user_id)
        if found is None:
            raise NotFound("this needs an account of a person")
        return found

    async def _note(self, action: str, actor: Actor, user: User | None, **detail: str | int) -> None:
        subject, advertiser = (user.login, user.advertiser_id) if user else ("", None)
        await self._store.audit.add(
            NewAudit(action, actor.name, subject, actor.id, advertiser, actor.address, dict(detail))
        )


def normal(login: str) -> str:
    """A login as it is kept: without spaces around, in small letters."""
    return login.strip().casefold()


def _real(user: User) -> User:
    if user.id == DEMO_USER:
        raise Conflict("the demo's user has no password, and works in the demo only")
    return user


def _actor(principal: Principal, address: str) -> Actor:
    return Actor(principal.name, principal.user_id, address)


def _wrong(field: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput("account", [Mistake(field, repr(given[:60]), allowed)])
