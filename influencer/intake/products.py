"""Product exports of a shop system, in Shopify's shapes, made into drafts of briefs.

A product page proves nothing: its description goes into the draft as text for the advertiser to look at, never as a
key point. What a page does not have (evidence, audience, shipping, returns, other languages) stays open, and the form
asks for it.

Sources: Shopify's product CSV
(https://help.shopify.com/en/manual/products/import-export/using-csv) and the storefront's
`products.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from influencer.brief import MarketId
from influencer.documents import parse
from influencer.errors import InvalidInput, Mistake
from influencer.fields import SKU
from influencer.intake import sheets

MAX_PRODUCTS = 200
_PRICE = re.compile(r"\d{1,9}(\.\d{1,3})?")
_CATEGORIES = {
    "beauty": ("beauty", "skin", "cosmetic", "hair", "makeup", "fragrance"),
    "supplements": ("supplement", "vitamin", "nutrition"),
    "food": ("food", "snack", "drink", "beverage", "coffee", "tea", "grocery"),
    "fashion": ("apparel", "clothing", "shoe", "bag", "jewel", "fashion", "accessor"),
    "electronics": ("electronic", "audio", "phone", "computer", "camera", "speaker"),
    "sports": ("sport", "fitness", "yoga", "outdoor"),
    "kids": ("baby", "toddler", "toy", "kids"),
    "pets": ("pet", "dog", "cat"),
    "home": ("home", "kitchen", "furniture", "garden", "decor"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A brief that is begun: `document` may lack what only the advertiser knows."""

    document: dict[str, Any]
    image_urls: tuple[str, ...]
    described: str
    """What the product page says, as plain text: shown beside the form, never spoken."""


def drafts(content: bytes, source: str, market: MarketId, currency: str) -> list[Draft]:
    """The products of an export; JSON or CSV is told by its content.

    Args:
        content: the file.
        source: its name, for messages.
        market: whose language and prices the export has.
        currency: of its prices (ISO 4217); the export does not name it.

    Raises:
        InvalidInput: it is neither shape, or has no product.
    """
    if content.lstrip()[:1] == b"{":
        products = _from_json(parse(content, f"{source}.json").data, source)
    else:
        products = _from_csv(sheets.rows(content, source), source)
    found = [_draft(product, market, currency) for product in products[:MAX_PRODUCTS]]
    if not found:
        raise InvalidInput(source, [Mistake("products", "none", "one or more products")])
    return found


@dataclass(frozen=True, slots=True)
class _Product:
    handle: str
    title: str
    vendor: str
    kind: str
    html: str
    sku: str
    price: str
    regular: str
    units: str
    images: tuple[str, ...]


def _from_json(data: Mapping[str, Any], source: str) -> list[_Product]:
    products = data.get("products", [data["product"]] if isinstance(data.get("product"), dict) else None)
    if not isinstance(products, list) or not all(isinstance(one, dict) for one in products):
        raise InvalidInput(source, [Mistake("products", "nothing", "a list of products, as in products.json")])
    return [_json_product(one) for one in products]


def _json_product(one: Mapping[str, Any]) -> _Product:
    variants = [variant for variant in _listed(one.get("variants")) if isinstance(variant, dict)]
    first = variants[0] if variants else {}
    pictures = (image.get("src") for image in _listed(one.get("images")) if isinstance(image, dict))
    return _Product(
        handle=_text(one.get("handle")),
        title=_text(one.get("title")),
        vendor=_text(one.get("vendor")),
        kind=_text(one.get("product_type")),
        html=_text(one.get("body_html")),
        sku=_text(first.get("sku")),
        price=_text(first.get("price")),
        regular=_text(first.get("compare_at_price")),
        units=_text(first.get("inventory_quantity")),
        images=tuple(url for url in map(_text, pictures) if url),
    )


def _from_csv(rows: Iterable[Mapping[str, str]], source: str) -> list[_Product]:
    by_handle: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        if "Handle" not in row or "Title" not in row:
            raise InvalidInput(source, [Mistake("header", "other columns", "Shopify's, with Handle and Title")])
        by_handle.setdefault(row["Handle"].strip(), []).append(row)
    return [_csv_product(handle, group) for handle, group in by_handle.items() if handle]


def _csv_product(handle: str, group: list[Mapping[str, str]]) -> _Product:
    first = group[0]  # the rows after it are further variants and pictures
    return _Product(
        handle=handle,
        title=first.get("Title", ""),
        vendor=first.get("Vendor", ""),
        kind=first.get("Type", "") or first.get("Product Category", ""),
        html=first.get("Body (HTML)", ""),
        sku=first.get("Variant SKU", "").lstrip("'"),
        price=first.get("Variant Price", ""),
        regular=first.get("Variant Compare At Price", ""),
        units=first.get("Variant Inventory Qty", ""),
        images=tuple(row["Image Src"].strip() for row in group if row.get("Image Src", "").strip()),
    )


def _draft(product: _Product, market: MarketId, currency: str) -> Draft:
    described = plain(product.html)
    handle = re.sub(r"[^a-z0-9]+", "-", (product.handle or product.title).lower()).strip("-")[:64].strip("-")
    document: dict[str, Any] = {
        "id": handle,
        "sku": product.sku if re.fullmatch(SKU, product.sku) else handle[:40].upper(),
        "brand": product.vendor.strip()[:60],
        "name": {market: product.title.strip()[:400]},
        "category": _category(product.kind),
        "markets": [market],
        "prices": _prices(product, market, currency),
        "stock": int(product.units) if re.fullmatch(r"\d{1,7}", product.units) else 0,
    }
    return Draft(
        {name: value for name, value in document.items() if value not in ("", {}, None)}, product.images, described
    )


def _prices(product: _Product, market: MarketId, currency: str) -> dict[str, dict[str, str]]:
    if not _PRICE.fullmatch(product.price):
        return {}
    price = {"currency": currency, "amount": product.price}
    if _PRICE.fullmatch(product.regular) and float(product.regular) > float(product.price):
        price["list_price"] = product.regular
    return {market: price}


def _category(kind: str) -> str | None:
    words = kind.lower()
    return next((name for name, hints in _CATEGORIES.items() if any(hint in words for hint in hints)), None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


class _Words(HTMLParser):
    """The words of a page, without what is not shown."""

    _HIDDEN = frozenset({"script", "style", "template", "noscript"})
    _BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "tr", "ul", "ol", "table"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self._HIDDEN
        if tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in self._HIDDEN))
        if tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain(html: str, limit: int = 4_000) -> str:
    """The words of a piece of HTML, a line a block; nothing of it is ever put into a page as HTML."""
    parser = _Words()
    parser.feed(html[:200_000])
    parser.close()
    return "\n".join(_lines("".join(parser.parts)))[:limit]


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = " ".join(line.split())
        if words:
            yield words
