"""Who may call a route. Every route declares it, and the application is not built when one does not.

`access(Role.OPERATOR, Role.ADMIN)` among the dependencies of a router or a route lets these roles in, `EVERYBODY` lets
anybody in, `WATCHING` asks for the viewer token where one is set. Whoever asks shows a session cookie (with the page's
CSRF token on requests that change something), an API key or the operator token (both as `Authorization: Bearer`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import iter_route_contexts
from fastapi.security.base import SecurityBase
from starlette.exceptions import WebSocketException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from influencer.accounts.principal import NOBODY, OPERATOR_TOKEN, Principal
from influencer.accounts.roles import Role
from influencer.accounts.service import OpenedSession
from influencer.accounts.tokens import csrf_token, is_session, same_secret
from influencer.errors import Forbidden, InfluencerError
from influencer.web.config import WebSettings
from influencer.web.context import Web, web_of
from influencer.web.navigation import HOMES
from influencer.web.origins import is_own_page
from influencer.web.problems import PasswordChangeNeeded, Unauthorized

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
UNDECLARED = frozenset({"/api/openapi.json", "/static"})
"""What is served without a declaration, because no code of ours runs there: the API's description and our own files."""


@dataclass(frozen=True, eq=False)
class Access:
    """One declaration: a dependency that lets some in, answers the others, and remembers who asked."""

    roles: frozenset[Role] | None
    """None: everybody, nobody is looked up."""
    person: bool = False
    """Only a signed-in person: no key and no token."""
    open_in_demo: bool = False
    viewer_token: bool = False
    audit: bool = True
    """Whether the audit log gets a line for each change; False where the service writes a better one itself."""
    while_password_is_one_time: bool = False

    async def __call__(self, connection: HTTPConnection) -> None:
        """Let pass, or raise.

        Raises:
            Unauthorized: nobody is signed in, or the bearer token is wrong.
            Forbidden: the role does not allow it, or the request did not come from our own page.
            PasswordChangeNeeded: the password is a one-time password.
            WebSocketException: any of these on a WebSocket (HTTP 403 before it is accepted).
        """
        try:
            await self._check(connection)
        except InfluencerError as refused:
            if connection.scope["type"] == "websocket":
                raise WebSocketException(1008, str(refused)[:100]) from None
            raise

    async def _check(self, connection: HTTPConnection) -> None:
        web = web_of(connection)
        if self.viewer_token:
            _require_viewer_token(connection, web)
        if self.roles is None or (self.open_in_demo and web.settings.demo):
            return
        principal = await _principal(connection, web)
        if principal.role is None:
            raise Unauthorized("sign in on /sign-in, or send an API key as a bearer token")
        connection.state.principal = principal
        connection.state.audited = not self.audit
        if principal.role not in self.roles:
            raise Forbidden(f"this is not for the role {principal.role}")
        if self.person and principal.via != "session":
            raise Forbidden("this needs a person who is signed in, not a key")
        if principal.must_change_password and not self.while_password_is_one_time:
            raise PasswordChangeNeeded("change your one-time password first, on /account/password")
        if principal.via == "session":
            await _require_own_page(connection)


class _Closed(Access, SecurityBase):
    """A declaration that the API's description shows: generated clients send the bearer token."""

    model = HTTPBearer(description="An API key (vik_…) or the operator token.")
    scheme_name = "bearer"


def access(
    *roles: Role,
    person: bool = False,
    open_in_demo: bool = False,
    audit: bool = True,
    while_password_is_one_time: bool = False,
) -> Any:
    """Declare who may call a route or all routes of a router: `dependencies=[access(*STAFF)]`."""
    return Depends(_Closed(frozenset(roles), person, open_in_demo, False, audit, while_password_is_one_time))


EVERYBODY: Any = Depends(Access(None))
"""Anybody may call it. Nobody is looked up, so it costs nothing."""
WATCHING: Any = Depends(Access(None, viewer_token=True))
"""Anybody, or, where a viewer token is set, whoever sends it."""


def principal_of(connection: HTTPConnection) -> Principal:
    """Who asks, as the route's declaration found; nobody on a route that is open to everybody."""
    return getattr(connection.state, "principal", NOBODY)


async def maybe_principal(connection: HTTPConnection) -> Principal:
    """Who asks on a route that is open to everybody; nobody also when the request could be another site's."""
    try:
        principal = await _principal(connection, web_of(connection))
        if principal.via == "session":
            await _require_own_page(connection)
    except InfluencerError:
        return NOBODY
    return principal


PrincipalDep = Annotated[Principal, Depends(principal_of)]
MaybePrincipal = Annotated[Principal, Depends(maybe_principal)]


# --- who is asking -----------------------------------------------------------------------------------------------


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750)."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def session_cookie(settings: WebSettings) -> str:
    """The cookie's name; over TLS the prefix makes browsers keep it for this host alone."""
    return "__Host-session" if settings.https else "session"


def session_of(connection: HTTPConnection, web: Web) -> str | None:
    """The secret in the session's cookie, None when there is none that could be ours."""
    given = connection.cookies.get(session_cookie(web.settings), "")
    return given if is_session(given) else None


async def _principal(connection: HTTPConnection, web: Web) -> Principal:
    token = bearer_of(connection)
    if token is not None:
        if same_secret(token, web.settings.operator_token):
            return OPERATOR_TOKEN
        found = await web.keys.principal(token)
        if found is None:
            raise Unauthorized("the bearer token is wrong")
        return found
    session = session_of(connection, web)
    return (await web.accounts.of_session(session) if session is not None else None) or NOBODY


async def _require_own_page(connection: HTTPConnection) -> None:
    """Check that a request with a cookie comes from our own page: a socket by its origin, a change by its token too."""
    if connection.scope["type"] == "websocket":
        if "origin" not in connection.headers or not is_own_page(connection):
            raise Forbidden("this page may not use the socket")
        return
    if connection.scope["method"] in _SAFE:
        return
    assert isinstance(connection, Request)
    session = session_of(connection, web_of(connection))
    if not is_own_page(connection) or not same_secret(await _csrf_given(connection), csrf_token(session or "")):
        raise Forbidden("the request did not come from our own page; reload it and try again")


async def _csrf_given(request: Request) -> str:
    given = request.headers.get("x-csrf-token", "")
    if given or not request.headers.get("content-type", "").lower().startswith(_FORMS):
        return given
    field = (await request.form()).get("csrf", "")
    return field if isinstance(field, str) else ""


def _require_viewer_token(connection: HTTPConnection, web: Web) -> None:
    if web.settings.viewer_token is not None and not same_secret(
        bearer_of(connection) or "", web.settings.viewer_token
    ):
        raise Unauthorized("watching needs the viewer token as a bearer token")


def page_context(request: Request) -> dict[str, Any]:
    """What every template knows: who is signed in, where they begin, and the token its forms send back as `csrf`."""
    principal = principal_of(request)
    session = session_of(request, web_of(request)) if principal.via == "session" else None
    return {
        "principal": principal,
        "csrf": csrf_token(session) if session is not None else "",
        "home": "/" if principal.role is None else HOMES[principal.role],
    }


def set_session(web: Web, response: Response, opened: OpenedSession) -> None:
    """Set the session's cookie: not readable by scripts, not sent along when another site makes a request."""
    response.set_cookie(
        session_cookie(web.settings),
        opened.token,
        max_age=int(web.accounts.lifetime.total_seconds()),
        httponly=True,
        samesite="lax",  # strict would lose the session on the way back from an identity provider
        secure=web.settings.https,
    )


def clear_session(web: Web, response: Response) -> None:
    """Take the cookie away."""
    name = session_cookie(web.settings)
    response.delete_cookie(name, secure=web.settings.https, httponly=True, samesite="lax")


# --- deny by default ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declared:
    """One route with its declarations; all of them must let somebody in."""

    method: str
    """An HTTP method, or WEBSOCKET."""
    path: str
    accesses: tuple[Access, ...]


def declared_routes(app: FastAPI) -> list[Declared]:
    """Every route of an application, with what it declares."""
    found = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        accesses = tuple(_accesses(dependant)) if dependant is not None else ()
        found += [Declared(method, route.path or "", accesses) for method in sorted(route.methods or {"WEBSOCKET"})]
    return found


def require_declarations(app: FastAPI) -> None:
    """Refuse an application with a route that does not say who may call it.

    Raises:
        RuntimeError: naming the routes.
    """
    missing = [
        f"{route.method} {route.path}"
        for route in declared_routes(app)
        if not route.accesses and route.path not in UNDECLARED
    ]
    if missing:
        raise RuntimeError(f"no access is declared for {', '.join(missing)}; see influencer.web.auth.access")


def _accesses(dependant: Dependant) -> Iterator[Access]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Access):
            yield dependency.call
        yield from _accesses(dependency)
