"""An HTTP client that only reaches public addresses, whatever names, redirects and DNS answers say.

The name is looked up here, every address it has is checked, and the connection goes to a checked address: a name that
answers differently the second time (DNS rebinding) gains nothing. Redirects are followed by hand, each checked anew.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import anyio
import httpcore

from influencer.errors import InfluencerError
from influencer.outbound.destination import Destination, UrlRefused, destination, public

MAX_BYTES = 5_000_000
MAX_REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_Sockets = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class Unreachable(InfluencerError):
    """The other side did not answer as it should; trying again may help."""

    retryable = True
    http_status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    url: str
    """Where it came from, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class _PublicOnly(httpcore.AsyncNetworkBackend):
    """Opens connections to public addresses only."""

    def __init__(self, trusted: frozenset[str]) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._trusted = trusted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: _Sockets | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host`, if all it has may be reached."""
        addresses = await self.addresses(host, port)
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Every address of a host, if all may be reached."""
        try:
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address: {error}") from None
        addresses = [str(entry[4][0]) for entry in found]
        if host not in self._trusted and not all(map(public, addresses)):
            raise UrlRefused("url", f"{host}, which is not a public host")
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        socket_options: _Sockets | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise UrlRefused("url", "a socket file")

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore retries with it."""
        await anyio.sleep(seconds)


class Outbound:
    """Sends requests. Use it as an async context manager; one serves a whole process.

    Args:
        timeout_s: of connecting, and of every read and write.
        trusted_hosts: hosts that may be reached though they are not public (a company's own feed server; tests).
        trusted_ports: ports allowed besides 80 and 443.
    """

    def __init__(
        self, *, timeout_s: float = 10.0, trusted_hosts: Iterable[str] = (), trusted_ports: Sequence[int] = ()
    ) -> None:
        self._ports = tuple(trusted_ports)
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        self._total_s = 3 * timeout_s
        self._trusted = frozenset(trusted_hosts)
        self._network = _PublicOnly(self._trusted)
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=self._network, max_connections=8, keepalive_expiry=5.0
        )

    async def __aenter__(self) -> Outbound:
        await self._pool.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._pool.aclose()

    async def get(self, url: str, *, field: str = "url", max_bytes: int = MAX_BYTES) -> Answer:
        """Fetch a document.

        Raises:
            UrlRefused: the URL, or one it redirects to, leads elsewhere than to a public host.
            Unreachable: no answer in time, an answer of more than `max_bytes`, or too many redirects.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._send("GET", url, field, {}, b"", max_bytes)
            location = answer.headers.get("location")
            if answer.status not in _MOVED or location is None:
                return answer
            url = urljoin(url, location)
        raise Unreachable(f"{field}: more than {MAX_REDIRECTS} redirects")

    async def check(self, url: str, *, field: str = "url") -> None:
        """Look at an address that will be sent to later: its form, and every network address its host has now.

        Raises:
            UrlRefused: not HTTPS (HTTP for trusted hosts), or not a public host.
            Unreachable: the host has no address.
        """
        target = self._postable(url, field)
        try:
            await self._network.addresses(target.host, target.port)
        except httpcore.ConnectError:
            raise Unreachable(f"{field}: {target.host} has no address") from None
        except UrlRefused as refused:
            raise UrlRefused(field, refused.mistakes[0].given) from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, field: str = "url") -> Answer:
        """Send a body over HTTPS (HTTP to trusted hosts); a redirect is an answer, and not followed.

        Raises:
            UrlRefused: not HTTPS (HTTP for trusted hosts), or not a public host.
            Unreachable: no answer in time, or one of more than 64 kB.
        """
        self._postable(url, field)
        return await self._send("POST", url, field, headers, body, 64_000)

    def _postable(self, url: str, field: str) -> Destination:
        target = destination(url, field=field, ports=self._ports)
        if target.scheme != "https" and target.host not in self._trusted:
            raise UrlRefused(field, f"{target.scheme}://{target.host}", "an https:// URL of a public host")
        return target

    async def _send(
        self, method: str, url: str, field: str, headers: Mapping[str, str], body: bytes, max_bytes: int
    ) -> Answer:
        target = destination(url, field=field, ports=self._ports)
        sent: dict[str | bytes, str | bytes] = {
            "host": target.host if target.port in {80, 443} else f"{target.host}:{target.port}",
            "user-agent": "virtual-influencer",
            "accept-encoding": "identity",  # a bomb cannot be unpacked if nothing is
        }
        sent.update(headers.items())
        extensions = {"timeout": self._timeout}
        try:
            with anyio.fail_after(self._total_s):
                async with self._pool.stream(
                    method, url, headers=sent, content=body or None, extensions=extensions
                ) as response:
                    received = bytearray()
                    async for chunk in response.aiter_stream():
                        received += chunk
                        if len(received) > max_bytes:
                            raise Unreachable(f"{field}: the answer is larger than {max_bytes / 1e6:g} MB")
                    names = {
                        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
                    }
                    return Answer(url, response.status, names, bytes(received))
        except TimeoutError:
            raise Unreachable(f"{field}: no answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Unreachable(f"{field}: {target.host} did not answer ({type(error).__name__})") from None
