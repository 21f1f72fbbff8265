"""Which URLs and addresses we may be sent to."""

from __future__ import annotations

import pytest

from influencer.outbound.destination import UrlRefused, destination, public

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://shop.example/products.json?page=2", "shop.example", 443),
        ("http://shop.example", "shop.example", 80),
        ("HTTPS://Shop.Example:443/x", "shop.example", 443),
        ("https://[2606:4700::1]/x", "2606:4700::1", 443),
    ],
)
def test_a_url_of_a_public_host(url: str, host: str, port: int) -> None:
    found = destination(url)
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example/x", "//shop.example/x", "ftp://shop.example/x", "file:///etc/passwd", "gopher://a/",
        "data:,x", "https://", "https:///x", "https://user@shop.example/", "https://user:pw@shop.example/", "https://a:99999/",
        "https://shop.example:22/", "https://shop.example:x/", "https://[::1/", "https://shop.example/a b",
        "https://shop.example/\r\nHost: a", "https://a/" + "a" * 3000,
    ],
)  # fmt: skip
def test_other_urls_are_refused_by_the_fields_name(url: str) -> None:
    with pytest.raises(UrlRefused) as error:
        destination(url, field="feed_url")
    assert error.value.mistakes[0].field == "feed_url"


def test_only_the_named_schemes() -> None:
    with pytest.raises(UrlRefused):
        destination("http://shop.example/", schemes=("https",))
