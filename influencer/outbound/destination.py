"""Which URLs and network addresses a stranger may send us to. Pure: nothing is looked up and nothing is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from influencer.documents import shortened
from influencer.errors import InvalidInput, Mistake

ALLOWED = "an https:// URL (http:// for a feed) of a public host on its usual port"
MAX_URL = 2_000
_PORTS = {"https": 443, "http": 80}
_CARRIES_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))
"""NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056): what looks public there may lead to a private IPv4 address."""


class UrlRefused(InvalidInput):
    """We do not send requests there."""

    def __init__(self, field: str, given: str, allowed: str = ALLOWED) -> None:
        super().__init__("url", [Mistake(field, given, allowed)])


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that may be asked once its host's addresses have been looked at."""

    url: str
    scheme: str
    host: str
    port: int


def destination(
    url: str, *, field: str = "url", schemes: Sequence[str] = ("https", "http"), ports: Sequence[int] = ()
) -> Destination:
    """Check the form of a URL.

    Args:
        url: as it was given.
        field: its name in the refusal.
        schemes: allowed ones.
        ports: allowed besides the scheme's own.

    Raises:
        UrlRefused: it is no absolute URL of a named scheme, names a user, or another port.
    """
    if len(url) > MAX_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise UrlRefused(field, shortened(url))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UrlRefused(field, shortened(url)) from None
    scheme = parts.scheme.lower()
    if scheme not in schemes or scheme not in _PORTS or not host:
        raise UrlRefused(field, shortened(url))
    if parts.username is not None or parts.password is not None:
        raise UrlRefused(field, "a URL with a user name in it")
    port = _PORTS[scheme] if port is None else port
    if port != _PORTS[scheme] and port not in ports:
        raise UrlRefused(field, f"port {port}")
    return Destination(url, scheme, host, port)


def public(address: str) -> bool:
    """Whether an IP address belongs to the public internet: not loopback, private, link-local, multicast, metadata."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return public(str(ip.ipv4_mapped))
        if ip.teredo is not None or any(ip in network for network in _CARRIES_IPV4):
            return False
    return ip.is_global and not ip.is_multicast
