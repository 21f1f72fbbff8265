"""API keys: made by a person for a program, shown once, checked on every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from influencer.accounts.principal import DEMO_USER, Principal
from influencer.accounts.roles import Role, key_roles
from influencer.accounts.service import Actor
from influencer.accounts.tokens import digest, new_key, parse_key, same_secret
from influencer.accounts.values import ApiKey, NewAudit, User
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.store import Store, utc_now

LONGEST_DAYS = 730


@dataclass(frozen=True, slots=True, repr=False)
class IssuedKey:
    """A fresh key with its text to hand over, once. No repr, so it cannot end in a log."""

    key: ApiKey
    text: str


class Keys:
    """Making, checking and revoking keys."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now, *, demo: bool = False) -> None:
        self._store = store
        self._now = now
        self._demo = demo

    async def principal(self, text: str) -> Principal | None:
        """Whose key a bearer token is; None when it is none, revoked, expired, or its owner is shut out."""
        given = parse_key(text)
        found = await self._store.api_keys.find(given.id) if given is not None else None
        if given is None or found is None:
            return None
        key, secret_hash, owner = found
        if not same_secret(digest(given.secret), secret_hash) or not self._works(key, owner):
            return None
        await self._store.api_keys.used(key)
        return Principal(key.role, f"{owner.login}/{key.name}", owner.id, key.advertiser_id, "key", key.id)

    async def add(
        self,
        owner: User,
        name: str,
        *,
        actor: Actor,
        role: Role | None = None,
        advertiser_id: str | None = None,
        days: int | None = 90,
    ) -> IssuedKey:
        """Make a key for somebody.

        Args:
            owner: whose key it is: it stops when they are shut out.
            name: what it is for.
            actor: who makes it, for the audit log.
            role: the owner's own by default; an admin may make a lesser one.
            advertiser_id: for a key of the role advertiser; an advertiser's user has no choice.
            days: until it expires; None: never.

        Raises:
            InvalidInput: the role is more than the owner's, or a value is out of range.
            NotFound: there is no such advertiser.
            Conflict: the owner has too many keys.
        """
        role = role or owner.role
        name = name.strip()
        if role not in key_roles(owner.role):
            raise _wrong("role", role.value, ", ".join(key_roles(owner.role)))
        if not 1 <= len(name) <= 80:
            raise _wrong("name", name[:40], "1 to 80 characters")
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise _wrong("days", str(days), f"1 to {LONGEST_DAYS}")
        advertiser_id = await self._tenant(owner, role, advertiser_id)
        secret = new_key()
        key = await self._store.api_keys.add(
            key_id=secret.id,
            secret_hash=digest(secret.secret),
            user_id=owner.id,
            name=name,
            role=role,
            advertiser_id=advertiser_id,
            expires_at=None if days is None else self._now() + timedelta(days=days),
        )
        await self._note("key made", key, actor)
        return IssuedKey(key, secret.text)

    async def revoke(self, key_id: str, actor: Actor, owner_id: str | None = None) -> None:
        """End a key for good; with `owner_id` only when it is theirs.

        Raises:
            NotFound: there is no such key that works.
        """
        found = await self._store.api_keys.find(key_id)
        if not await self._store.api_keys.revoke(key_id, owner_id):
            raise NotFound(f"there is no key {key_id[:40]!r} that works")
        if found is not None:
            await self._note("key revoked", found[0], actor)

    def _works(self, key: ApiKey, owner: User) -> bool:
        """The owner may have been shut out or have lost the role since."""
        if owner.disabled_at is not None or (owner.id == DEMO_USER and not self._demo):
            return False
        return key.role in key_roles(owner.role) and owner.advertiser_id in (None, key.advertiser_id)

    async def _tenant(self, owner: User, role: Role, given: str | None) -> str | None:
        if role is not Role.ADVERTISER:
            if given is not None:
                raise _wrong("advertiser", given, f"none for a key of the role {role}")
            return None
        if owner.advertiser_id is not None:
            if given not in (None, owner.advertiser_id):
                raise NotFound(f"there is no advertiser {str(given)[:40]!r}")
            return owner.advertiser_id
        if given is None:
            raise _wrong("advertiser", "none", "the advertiser the key acts for")
        if await self._store.advertisers.find(given) is None:
            raise NotFound(f"there is no advertiser {given[:40]!r}")
        return given

    async def _note(self, action: str, key: ApiKey, actor: Actor) -> None:
        detail = {"name": key.name, "role": key.role.value, "owner": key.user_id}
        await self._store.audit.add(
            NewAudit(action, actor.name, f"key {key.id}", actor.id, key.advertiser_id, actor.address, detail)
        )


def _wrong(field: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput("key", [Mistake(field, repr(given), allowed)])
