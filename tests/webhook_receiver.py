"""A real HTTP server that takes webhooks, for the tests: what arrived, and what it is to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers with the status of the moment; `headers` and `bodies` are what came."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/hooks"
        self.port = server.server_port
        self.status = 204
        self.answer: dict[str, str] = {}
        self.size = 0
        self.hold = threading.Event()
        self.hold.set()
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen on loopback until the context is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            took.headers.append({name.lower(): value for name, value in self.headers.items()})
            took.bodies.append(body)
            took.hold.wait(20)
            self.send_response(took.status)
            for name, value in took.answer.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(took.size))
            self.end_headers()
            self.wfile.write(b"x" * took.size)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    took = Receiver(server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield took
    finally:
        took.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
