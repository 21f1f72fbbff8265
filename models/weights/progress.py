"""How a fetch is shown: one bar on a terminal, plain lines elsewhere, nothing by default."""

from __future__ import annotations

import threading
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from models.weights.files import megabytes


class FetchProgress(Protocol):
    """Told about a fetch as it goes. Every method may be called from any thread."""

    def begin(self, total: int) -> None:
        """A fetch of `total` bytes starts."""
        ...

    def advance(self, count: int) -> None:
        """`count` more bytes are there; negative when some must be fetched again."""
        ...

    def note(self, text: str) -> None:
        """Something a person may want to know: waiting, moving on to another source."""
        ...

    def end(self) -> None:
        """The fetch is over, well or badly."""
        ...


class Silent:
    """Shows nothing."""

    def begin(self, total: int) -> None:
        """Ignore."""

    def advance(self, count: int) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""

    def end(self) -> None:
        """Ignore."""


class BarProgress:
    """One bar with size, speed and time left."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        self._task = self._bar.add_task("weights", total=None)

    def begin(self, total: int) -> None:
        """Show the bar."""
        self._bar.reset(self._task, total=total)
        self._bar.start()

    def advance(self, count: int) -> None:
        """Move the bar."""
        self._bar.advance(self._task, count)

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(text, highlight=False)

    def end(self) -> None:
        """Take the bar away."""
        self._bar.stop()


class LineProgress:
    """A line for each tenth: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._total = self._done = self._tenths = 0

    def begin(self, total: int) -> None:
        """Say how much there is to fetch."""
        self._total, self._done, self._tenths = total, 0, 0
        self.note(f"fetching {megabytes(total)}")

    def advance(self, count: int) -> None:
        """Print a line when another tenth is there."""
        with self._lock:
            self._done += count
            tenths = 10 * self._done // self._total if self._total else 10
            reached, self._tenths = tenths > self._tenths, max(tenths, self._tenths)
        if reached:
            self.note(f"  {10 * tenths} % of {megabytes(self._total)}")

    def note(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def end(self) -> None:
        """Nothing to take away."""


def console_progress(console: Console | None = None) -> FetchProgress:
    """The right kind for where the output goes; standard error, so that standard output stays for results."""
    console = console or Console(stderr=True)
    return BarProgress(console) if console.is_terminal else LineProgress(console)
