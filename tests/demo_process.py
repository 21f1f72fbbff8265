"""The demo as a process of its own, for tests that watch it from outside or kill it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: the page of its show."""

    url: str
    process: subprocess.Popen[str]

    @property
    def show_id(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def kill(self) -> None:
        """As the kernel does when memory is short: no clean-up at all."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running_demo(folder: Path, *arguments: str, **environment: str) -> Iterator[Demo]:
    """Start the demo in a folder, on a free port, without a language model, and wait for its address."""
    given = {**os.environ, "INFLUENCER_LANGUAGE__BACKEND": "none", "PYTHONUNBUFFERED": "1", **environment}
    command = [str(Path(sys.executable).with_name("influencer")), "demo", "--port", "0", *arguments]
    log = folder / "demo.log"
    with (
        log.open("a") as errors,
        subprocess.Popen(command, cwd=folder, env=given, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://\S+/shows/\S+", line):
                    yield Demo(found.group(), process)
                    break
            else:
                raise AssertionError(f"the demo did not start:\n{log.read_text()[-4000:]}")
        finally:
            process.terminate()
            process.wait(30)
