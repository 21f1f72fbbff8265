"""What the web side needs to know about its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from influencer.accounts.oidc import OidcSettings
from influencer.accounts.service import IDLE_TIMEOUT, SESSION_LIFETIME
from influencer.commerce.till import HOLD
from influencer.errors import InvalidInput, Mistake

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` at once, then `per_second` (may be below 1)."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one client may do what costs something."""

    joins: Rate = Rate(10, 0.5)
    orders: Rate = Rate(5, 0.2)
    carts: Rate = Rate(30, 3.0)
    payments: Rate = Rate(10, 0.5)
    refunds: Rate = Rate(10, 0.1)
    logins: Rate = Rate(5, 0.05)
    accounts: Rate = Rate(10, 0.02)
    commands: Rate = Rate(20, 2.0)
    clips: Rate = Rate(20, 1.0)
    """Replays of a sentence: each reads megabytes from the disk; a player may ask in several ranges."""
    uploads: Rate = Rate(20, 0.2)
    """Files, feeds and looks: each costs seconds of a core."""
    events: Rate = Rate(30, 1.0)
    event_sources: Rate = Rate(600, 100.0)
    """Of one address, behind which many viewers may sit."""
    likeness_links: Rate = Rate(20, 0.2)
    """Openings of the secret page of a person whose likeness is used; wrong ones count too."""
    likes: Rate = Rate(5, 1.0)
    like_sources: Rate = Rate(50, 10.0)
    """Of one address, which many viewers may share."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Who may do what, from where, and how much.

    A demo signs in by itself, so only loopback names are answered: a page that points its own
    name at 127.0.0.1 (DNS rebinding) gets 421.
    """

    demo: bool = False
    operator_token: str | None = None
    """Bearer token for programs, with the role operator; None: programs use API keys."""
    viewer_token: str | None = None
    """Bearer token for WHEP; None: anybody may watch."""
    allowed_origins: tuple[str, ...] = ()
    """Other origins (scheme://host[:port]) that may embed the player and the chat."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names to answer to; empty: loopback in demo mode, any otherwise."""
    https: bool = False
    """Served over TLS (here or by a proxy): cookies are Secure and HSTS is sent."""
    public_url: str = ""
    """Scheme and host under which viewers reach the pages, for a payment provider that sends them back; may be empty
    for the test provider, whose page is one of ours."""
    hold: timedelta = HOLD
    """How long an order that waits for its payment keeps its stock."""
    session_lifetime: timedelta = SESSION_LIFETIME
    """How long after the sign-in a session ends, however much it is used."""
    session_idle: timedelta = IDLE_TIMEOUT
    """How long after its last use a session ends."""
    max_body: int = 64 * 1024
    """Bytes of a request's body."""
    max_upload: int = 9_000_000
    """Bytes of a body that may bring a file or a whole brief."""
    chat_connections: int = 16
    """Chat sockets one address may hold."""
    half_life_s: float = 120.0
    """Of time-decay attribution, where a report names none."""
    recordings: Path | None = None
    """Where shows are recorded; None: nothing is played again."""
    oidc: OidcSettings | None = None
    """An identity provider that people may sign in with."""
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        """Refuse a secret that is none.

        Raises:
            InvalidInput: the operator token is too short.
        """
        if self.operator_token is not None and len(self.operator_token) < 16:
            raise _mistake("operator_token", "a short one", "a secret of 16 or more characters")
        if self.demo and not self.allowed_hosts:
            object.__setattr__(self, "allowed_hosts", LOOPBACK)


def _mistake(name: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput("settings", [Mistake(name, given, allowed)])
