"""Signing in with an identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

Discovery, the code's exchange and the keys go over HTTP here; the ID token's signature and claims are checked by
joserfc and Authlib. What comes out is an identity; whether it has an account, `influencer.accounts.service` decides.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from influencer.accounts.tokens import same_secret
from influencer.errors import Busy, Forbidden, InvalidInput, Mistake

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a key pair only: a token that is signed with a shared secret, or not at all, is none."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TIMEOUT_S = 10.0
_LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """One identity provider.

    Raises:
        InvalidInput: the issuer is no https URL (http is for loopback only), or the client has no id.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "your organisation"
    """What the sign-in page calls it."""

    def __post_init__(self) -> None:
        """Check what would fail only at the first sign-in."""
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise InvalidInput("settings", [Mistake("oidc.issuer", repr(self.issuer[:60]), "an https URL")])
        if not self.client_id:
            raise InvalidInput("settings", [Mistake("oidc.client_id", "none", "the id the provider gave us")])


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """What a browser keeps while it is at the provider: it binds the answer to the question. Has no repr."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        """Fresh secrets of 256 bits each."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def parse(cls, text: str) -> Attempt | None:
        """Read what `text` wrote; None when it is something else."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(len(part) == 43 for part in parts) else None

    @property
    def text(self) -> str:
        """One line for a cookie."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the provider knows. `email` is there only when the provider has verified it."""

    subject: str
    """Issuer and the provider's own id of them, which never changes."""
    email: str | None
    name: str


class IdentityProvider:
    """A client of one provider. Keeps its description and its keys; asks for the keys again when one is unknown."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self._tls: ssl.SSLContext | None = None
        self._about: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    async def start(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser.

        Raises:
            Busy: the provider cannot be reached.
        """
        about = await self._description()
        return str(
            prepare_grant_uri(
                about["authorization_endpoint"],
                client_id=self.settings.client_id,
                response_type="code",
                redirect_uri=redirect_uri,
                scope="openid email profile",
                state=attempt.state,
                nonce=attempt.nonce,
                code_challenge=create_s256_code_challenge(attempt.verifier),
                code_challenge_method="S256",
            )
        )

    async def finish(self, attempt: Attempt, redirect_uri: str, code: str, state: str) -> Identity:
        """Exchange the code for an ID token and check it.

        Raises:
            Forbidden: the answer belongs to another question, the code is refused, or the token is not good.
            Busy: the provider cannot be reached.
        """
        if not code or not same_secret(state, attempt.state):
            raise Forbidden("the identity provider's answer does not belong to this sign-in; try again")
        about = await self._description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self.settings.client_id,
        }
        secret = self.settings.client_secret
        credentials = httpx.BasicAuth(self.settings.client_id, secret) if secret is not None else None
        answer = await self._fetch("POST", about["token_endpoint"], form, credentials)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Forbidden("the identity provider refused this sign-in; try again")
        claims = await self._claims(token, attempt.nonce, str(answer.get("access_token", "")))
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(
            f"{self.settings.issuer}|{claims['sub']}",
            email if isinstance(email, str) else None,
            str(claims.get("name") or email or claims["sub"])[:80],
        )

    async def _claims(self, token: str, nonce: str, access_token: str) -> dict[str, Any]:
        """The claims of a token whose signature and claims are good."""
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):
                # The provider may have changed its keys since.
                decoded = jwt.decode(token, await self._key_set(again=True), algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "sub": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                params={"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token},
            )
            claims.validate(leeway=_LEEWAY_S)
        except (JoseError, ValueError, TypeError):
            raise Forbidden("the identity provider's token is not good; try again") from None
        return dict(claims)

    async def _description(self) -> dict[str, Any]:
        if self._about is None:
            about = await self._fetch("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if about.get("issuer") != self.settings.issuer or not all(isinstance(about.get(n), str) for n in wanted):
                raise Busy("the identity provider describes itself as somebody else, or not at all")
            self._about = about
        return self._about

    async def _key_set(self, again: bool = False) -> KeySet:
        if self._keys is None or again:
            about = await self._description()
            self._keys = KeySet.import_key_set(await self._fetch("GET", about["jwks_uri"]))  # type: ignore[arg-type]
        return self._keys

    async def _fetch(
        self, method: str, url: str, form: dict[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        """JSON of the provider; the JSON of a refusal too."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        try:
            async with httpx.AsyncClient(verify=self._tls, timeout=_TIMEOUT_S, trust_env=False) as client:
                answer = await client.request(method, url, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
                found = answer.json() if answer.status_code < 500 else None
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError):
            found = None
        if not isinstance(found, dict):
            raise Busy("the identity provider cannot be reached; try again later")
        return found
