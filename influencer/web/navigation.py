"""What the bar of each side leads to. A new page adds its line here; a test says that every line leads somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["operator", "advertiser", "account"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the bar: its name, where it is, and whether pages below it belong to it too."""

    label: str
    href: str
    exact: bool = False

    def is_here(self, path: str) -> bool:
        """Whether `path` is this page or, unless `exact`, one below it."""
        return path == self.href or (not self.exact and path.startswith(f"{self.href}/"))


NAVIGATION: dict[Side, tuple[Entry, ...]] = {
    "operator": (
        Entry("Shows", "/operator", exact=True),
        Entry("Style", "/operator/style"),
    ),
    "advertiser": (),
    "account": (),
}
