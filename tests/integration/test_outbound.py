"""The client for addresses that others chose, against real servers on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from influencer.outbound import Outbound, UrlRefused
from influencer.outbound.client import Unreachable

pytestmark = pytest.mark.integration


class Shop(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        status, headers, body = {
            "/feed": (200, {}, b'{"products": []}'),
            "/moved": (302, {"Location": "/feed"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/inside": (302, {"Location": f"http://127.0.0.2:{self.server.server_port}/feed"}, b""),  # type: ignore[attr-defined]
            "/metadata": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
            "/file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/large": (200, {}, b"a" * 200_000),
        }.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(f"{self.headers['Content-Type']} {body.decode()}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[tuple[str, list[str]]]:
    handler = type("Handler", (Shop,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.seen  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def client(base: str, *hosts: str) -> Outbound:
    return Outbound(timeout_s=10, trusted_hosts=hosts, trusted_ports=(int(base.rpartition(":")[2]),))


async def test_a_trusted_host_is_asked_and_its_redirects_are_followed(shop: tuple[str, list[str]]) -> None:
    base, seen = shop
    async with client(base, "127.0.0.1") as outbound:
        answer = await outbound.get(f"{base}/moved")
        assert (answer.url, answer.status, answer.body) == (f"{base}/feed", 200, b'{"products": []}')
        sent = await outbound.post(f"{base}/hook", b"{}", {"content-type": "application/json"})
    assert sent.status == 204
    assert seen == ["/moved", "/feed", "application/json {}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
async def test_no_spelling_of_a_private_host_is_reached(shop: tuple[str, list[str]], host: str) -> None:
    base, seen = shop
    port = base.rpartition(":")[2]
    async with client(base) as outbound:
        with pytest.raises((UrlRefused, Unreachable)):
            await outbound.get(f"http://{host}:{port}/feed")
        with pytest.raises((UrlRefused, Unreachable)):
            await outbound.post(f"http://{host}:{port}/hook", b"{}", {})
    assert seen == []


@pytest.mark.parametrize("path", ["/inside", "/metadata", "/file"])
async def test_a_redirect_inside_is_not_followed(shop: tuple[str, list[str]], path: str) -> None:
    base, seen = shop
    async with client(base, "127.0.0.1") as outbound:
        with pytest.raises(UrlRefused):
            await outbound.get(base + path)
    assert seen == [path]


@pytest.mark.parametrize(("path", "said"), [("/round", "redirects"), ("/large", "larger")])
async def test_what_never_ends_is_given_up(shop: tuple[str, list[str]], path: str, said: str) -> None:
    base, _ = shop
    async with client(base, "127.0.0.1") as outbound:
        with pytest.raises(Unreachable, match=said):
            await outbound.get(base + path, max_bytes=100_000)


async def test_a_silent_host_is_told_of_without_a_traceback() -> None:
    async with Outbound(timeout_s=2, trusted_hosts=("127.0.0.1",), trusted_ports=(9,)) as outbound:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 did not answer"):
            await outbound.get("http://127.0.0.1:9/feed")
