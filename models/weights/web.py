"""Fetching a file by URL: resumed with HTTP ranges, and quick to see that a host cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

CONNECT_S = 4.0
"""A machine without the hub must move on at once."""
READ_S = 30.0
ATTEMPTS = 4
"""Tries in a row that bring no new byte before the source is given up."""


class WebError(Exception):
    """The file could not be had from there; the message is one line."""


class Web:
    """Downloads over HTTP. Thread-safe. A host that cannot be reached is not asked again by the same object."""

    def __init__(self) -> None:
        self._unreachable: dict[str, str] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str, target: Path, size: int, advance: Callable[[int], None]) -> None:
        """Append to `target` until it holds `size` bytes; what it holds already is kept.

        `advance` gets the bytes as they come (negative when they must be fetched again).

        Raises:
            WebError: the host is unreachable, refuses, or broke off too often. `target` keeps what came.
        """
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise WebError(self._unreachable[host])
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            fruitless = 0
            while (have := _length(target)) < size:
                try:
                    self._once(client, url, target, size, advance)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    raise self._give_up(host, error) from error
                except httpx.TransportError as error:
                    fruitless = fruitless + 1 if _length(target) <= have else 0
                    if fruitless >= ATTEMPTS:
                        raise WebError(f"{host} broke off {ATTEMPTS} times: {type(error).__name__}") from error

    def _once(self, client: httpx.Client, url: str, target: Path, size: int, advance: Callable[[int], None]) -> None:
        have = _length(target)
        # identity: a compressed body would make byte ranges mean something else.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with client.stream("GET", url, headers=headers) as response:
            if have and not _continues(response, have):
                advance(-have)
                have = 0
            if response.status_code == 416:  # the file there is shorter than what we hold: start afresh next time
                target.unlink(missing_ok=True)
            if response.status_code not in {200, 206}:
                raise WebError(f"{urlsplit(url).netloc} answered {response.status_code}")
            with target.open("ab" if have else "wb") as stream:
                for chunk in response.iter_raw():  # as they come: a larger buffer would be lost when it breaks
                    have += len(chunk)
                    if have > size:
                        raise WebError(f"{urlsplit(url).netloc} sent more than the {size:,} bytes expected")
                    stream.write(chunk)
                    advance(len(chunk))
        if have < size:
            raise httpx.RemoteProtocolError("the body ended early")

    def _give_up(self, host: str, error: httpx.TransportError) -> WebError:
        reason = f"{host} cannot be reached ({type(error).__name__})"
        with self._lock:
            self._unreachable[host] = reason
        return WebError(reason)


def _continues(response: httpx.Response, have: int) -> bool:
    """Whether the server honoured the range (RFC 9110, section 15.3.7)."""
    return response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
