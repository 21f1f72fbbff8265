"""What the bar of each side leads to. A new page adds its line here; a test says that every line leads somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from influencer.accounts.roles import Role

Side = Literal["operator", "advertiser", "account", "admin"]

HOMES = {Role.ADMIN: "/operator", Role.OPERATOR: "/operator", Role.ADVERTISER: "/account", Role.VIEWER: "/"}
"""Where each role begins after signing in."""


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
        Entry("Wall", "/operator/wall"),
        Entry("Programme", "/operator/programme"),
        Entry("Hosts and markets", "/operator/packs"),
        Entry("Briefs", "/advertiser", exact=True),
        Entry("Orders", "/advertiser/orders"),
        Entry("Reports", "/advertiser/reports"),
        Entry("Likenesses", "/operator/likenesses"),
        Entry("Alerts", "/operator/alerts"),
        Entry("Webhooks", "/operator/webhooks"),
        Entry("Style", "/operator/style"),
    ),
    "advertiser": (
        Entry("Briefs", "/advertiser", exact=True),
        Entry("Orders", "/advertiser/orders"),
        Entry("Reports", "/advertiser/reports"),
        Entry("Webhooks", "/advertiser/webhooks"),
    ),
    "account": (
        Entry("Account", "/account", exact=True),
        Entry("Password", "/account/password"),
    ),
    "admin": (
        Entry("Users", "/admin/users"),
        Entry("Advertisers", "/admin/advertisers"),
        Entry("API keys", "/admin/keys"),
        Entry("Audit log", "/admin/audit"),
    ),
}
