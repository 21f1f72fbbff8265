"""The engine's side of the espeak-ng process: start, ask, time out, restart. See `espeak_worker` for the protocol."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from models.errors import BackendUnavailable, UnsupportedLanguage

HOW_TO_INSTALL = "pip install 'virtual-influencer[espeak]', or apt-get install espeak-ng"
_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("espeak_worker.py")))
"""By path and with -P, so that no other package called `models` in the working directory can take its place."""


class EspeakProcess:
    """One espeak-ng process, started at the first call and restarted after a crash. Thread-safe.

    Args:
        command: what to run; it must speak the protocol of `espeak_worker`.
        timeout_s: how long one answer may take before the process is killed.
    """

    def __init__(self, command: tuple[str, ...] = _COMMAND, timeout_s: float = 10.0) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def phonemize(self, voice: str, text: str) -> str:
        """IPA of `text`, ties as `^`. A crash is retried once on a fresh process.

        Raises:
            models.errors.BackendUnavailable: espeak-ng is not installed, crashed twice, or did not answer in time.
            models.errors.UnsupportedLanguage: espeak-ng has no such voice.
        """
        request = json.dumps({"voice": voice, "text": text}).encode() + b"\n"
        with self._lock:
            try:
                reply = self._ask(request)
            except (BrokenPipeError, EOFError):
                self._stop()
                try:
                    reply = self._ask(request)
                except (BrokenPipeError, EOFError) as error:
                    self._stop()
                    raise BackendUnavailable("the espeak-ng process crashed twice on one text") from error
        if "error" in reply:
            raise UnsupportedLanguage(f"espeak-ng could not read {text[:40]!r}: {reply['error']}")
        return str(reply["phonemes"])

    def close(self) -> None:
        """End the process. Idempotent; the next call starts a new one."""
        with self._lock:
            self._stop()

    def _ask(self, request: bytes) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(request)
        process.stdin.flush()
        return self._read(process)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._process = process
        hello = self._read(process)
        if "error" in hello:
            self._stop()
            raise BackendUnavailable(f"espeak-ng cannot be used: {hello['error']}; {HOW_TO_INSTALL}")
        return process

    def _read(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """One answer. The worker writes whole lines and one at a time, so a readable pipe holds a line soon."""
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], self._timeout_s)
        if not ready:
            self._stop()
            raise BackendUnavailable(f"espeak-ng did not answer in {self._timeout_s:g} s")
        line = process.stdout.readline()
        if not line:
            raise EOFError("the espeak-ng process ended")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
