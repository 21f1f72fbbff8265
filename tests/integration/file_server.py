"""A real HTTP server on loopback that serves files with ranges, and can break off, refuse or dawdle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer(ThreadingHTTPServer):
    """Set `files`, then misbehaviour; `seen` lists (path, Range header) of every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.break_after: list[int] = []
        """Bytes after which each of the next answers breaks off."""
        self.status: int | None = None
        self.ranges = True
        self.seen: list[tuple[str, str | None]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.meet: threading.Barrier | None = None
        """Answers wait here for each other."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        server.seen.append((self.path, self.headers.get("Range")))
        if server.meet:
            server.meet.wait(timeout=10)
        server.gate.wait(timeout=20)
        name = self.path.split("?")[0]
        if server.status or name not in server.files:
            self.send_error(server.status or 404)
            return
        self._send(server.files[name])

    def _send(self, body: bytes) -> None:
        start = 0
        wanted = self.headers.get("Range")
        if wanted and self.server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        limit = self.server.break_after.pop(0) if self.server.break_after else len(body)
        self.wfile.write(body[start : start + limit])
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@contextmanager
def serving() -> Iterator[FileServer]:
    """A running server."""
    server = FileServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
