"""What happens to every request before a route sees it: host check, body limit, security headers."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from influencer.web.config import WebSettings
from influencer.web.origins import host_name

# blob: is what a media element plays when hls.js feeds it. No inline script or style anywhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


UPLOADS = ("/api/briefs", "/api/images", "/api/imports", "/api/likenesses/consents", "/api/packs")
"""Where a body may bring a file, a whole brief or a whole pack."""


class TooLarge(Exception):
    """The body grew past the limit while it was read."""


class Guard:
    """Pure ASGI, so that it can also stop a body that is still being sent."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings
        self._headers = dict(SECURITY_HEADERS)
        if settings.https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._knows_host(headers.get("host", "")):
            await self._refuse(421, "this server does not answer to that host name", scope, receive, send)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._http(headers, scope, receive, send)

    async def _http(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        declared = headers.get("content-length", "0")
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(message, scope["path"])
            await send(message)

        limit = self._limit(scope["path"])
        if not declared.isdecimal() or int(declared) > limit:
            await self._too_large(limit, scope, receive, send)
            return
        try:
            await self._app(scope, self._counted(receive, limit), send_with_headers)
        except TooLarge:
            if not started:
                await self._too_large(limit, scope, receive, send)

    def _limit(self, path: str) -> int:
        return self._settings.max_upload if path.startswith(UPLOADS) else self._settings.max_body

    def _counted(self, receive: Receive, left: int) -> Receive:
        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        return counted

    def _knows_host(self, host: str) -> bool:
        allowed = self._settings.allowed_hosts
        return not allowed or host_name(host) in allowed

    def _add_headers(self, message: Message, path: str) -> None:
        headers = MutableHeaders(scope=message)
        if path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-cache")  # asked again each time, answered 304: never a stale module
        for name, value in self._headers.items():
            headers.setdefault(name, value)

    async def _too_large(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"the body is larger than {limit} bytes"
        await self._refuse(413, text, scope, receive, send)

    async def _refuse(self, status: int, text: str, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": text})
            return
        await PlainTextResponse(text, status, headers={"Connection": "close", **self._headers})(scope, receive, send)
