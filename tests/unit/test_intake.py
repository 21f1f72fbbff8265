"""Briefs from forms, spreadsheets and product exports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.documents import field_path
from influencer.errors import InvalidInput
from influencer.intake import products, sheets
from influencer.intake.fields import nested
from influencer.loading import brief_of, load_brief

pytestmark = pytest.mark.unit

ROW = {
    "id": "dew-serum",
    "sku": "DEW-30",
    "brand": "Halvenne",
    "category": "beauty",
    "name.en-US": "Dew Serum",
    "summary.en-US": "a light face serum",
    "markets": "en-US",
    "prices.en-US.currency": "USD",
    "prices.en-US.amount": "24.00",
    "stock": "12",
    "key_points[0].id": "free",
    "key_points[0].text.en-US": "No added fragrance.",
    "key_points[0].evidence.kind": "ingredient-list",
    "key_points[0].evidence.reference": "Label, revision 4",
    "audience.en-US": "dry skin",
    "shipping.en-US": "Free.",
    "returns.en-US": "Within 30 days.",
}


def leaves(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str, str]]:
    """Every text of a document with its path: what a form of it would send."""
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in leaves(item, (*at, name))]
    if isinstance(value, list) and value and not isinstance(value[0], str):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, (*at, index))]
    if isinstance(value, list):
        return [(field_path(at), " | ".join(value))] if value else []
    return [] if value is None else [(field_path(at), str(value))]


def csv_of(*rows: dict[str, str]) -> bytes:
    cells = [list(rows[0]), *[list(row.values()) for row in rows]]
    return "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in cells).encode()


def test_the_fields_of_a_form_make_the_brief_they_came_from() -> None:
    brief = load_brief("dew-serum")
    fields = leaves(brief.model_dump(mode="json", exclude_none=True))
    assert len(fields) > 200
    assert brief_of(nested(fields, "form"), "form") == brief


def test_a_gap_in_a_list_is_closed_and_an_empty_field_is_no_field() -> None:
    assert nested([("faq[3].id", "b"), ("faq[1].id", " a "), ("faq[2].id", " "), ("tone", "")], "form") == {
        "faq": [{"id": "a"}, {"id": "b"}]
    }


@pytest.mark.parametrize(
    "fields",
    [
        [("name", "a"), ("name.en-US", "b")],
        [("name.en-US", "a"), ("name", "b")],
        [("faq[0].id", "a"), ("faq.x", "b")],
        [("faq[0]", "a"), ("faq[0]", "b")],
        [("faq[100].id", "a")],
        [("faq[-1]", "a")],
        [("__class__.x y", "a")],
        [("a" * 300, "a")],
    ],
)
def test_fields_that_contradict_each_other_are_named(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInput) as error:
        nested(fields, "form")
    assert "allowed" in str(error.value)


@given(st.lists(st.tuples(st.text(alphabet="ab[]0.1-", max_size=12), st.text(max_size=3)), max_size=8))
def test_any_fields_make_a_document_or_a_clear_refusal(fields: list[tuple[str, str]]) -> None:
    try:
        assert isinstance(nested(fields, "form"), dict)
    except InvalidInput as error:
        assert error.mistakes


def test_a_row_of_a_sheet_is_a_brief() -> None:
    ((where, document),) = sheets.documents(csv_of(ROW), "sheet.csv")
    assert where == "sheet.csv row 2"
    brief = brief_of(document, where)
    assert (brief.sku, brief.stock, str(brief.prices["en-US"].amount)) == ("DEW-30", 12, "24.00")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "header"),
        (b"id,id\n1,2", "header"),
        (b"id\n", "rows"),
        (b"id\n1,2", "row 2"),
        (b"\xff\xfe", "UTF-8"),
        (b'id\n"1', "line"),
        (b"id\n" + b"1\n" * 300, "rows"),
    ],
)
def test_a_broken_sheet_is_refused_with_its_place(content: bytes, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        sheets.rows(content, "sheet.csv")


EXPORT = {
    "products": [
        {
            "handle": "Dew Serum!",
            "title": "Dew Serum",
            "vendor": "Halvenne",
            "product_type": "Skin care",
            "body_html": "<p>Cures <b>acne</b> overnight.</p><script>steal()</script><ul><li>Vegan</li></ul>",
            "variants": [{"sku": "DEW-30", "price": "24.00", "compare_at_price": "32.00", "inventory_quantity": 7}],
            "images": [{"src": "https://cdn.example/dew.jpg"}],
        }
    ]
}


def test_a_product_export_makes_a_draft_whose_page_text_is_no_claim() -> None:
    (draft,) = products.drafts(json.dumps(EXPORT).encode(), "feed", "en-US", "USD")
    assert draft.document == {
        "id": "dew-serum",
        "sku": "DEW-30",
        "brand": "Halvenne",
        "name": {"en-US": "Dew Serum"},
        "category": "beauty",
        "markets": ["en-US"],
        "prices": {"en-US": {"currency": "USD", "amount": "24.00", "list_price": "32.00"}},
        "stock": 7,
    }
    assert draft.described == "Cures acne overnight.\nVegan"
    assert draft.image_urls == ("https://cdn.example/dew.jpg",)
    with pytest.raises(InvalidInput) as error:
        brief_of(draft.document, "draft")
    missing = {mistake.field for mistake in error.value.mistakes}
    assert {"summary", "key_points", "audience", "shipping", "returns"} <= missing


def test_the_csv_export_is_read_like_the_json_one() -> None:
    header = "Handle,Title,Body (HTML),Vendor,Type,Variant SKU,Variant Price,Variant Inventory Qty,Image Src"
    rows = [
        "dew-serum,Dew Serum,<p>Hi</p>,Halvenne,Skin care,'DEW-30,24.00,7,https://cdn.example/1.jpg",
        "dew-serum,,,,,,,,https://cdn.example/2.jpg",
        "stone-mug,Stone Mug,,Terra,Kitchen,MUG-1,18,x,",
    ]
    serum, mug = products.drafts("\n".join([header, *rows]).encode(), "export.csv", "en-US", "USD")
    assert serum.document["sku"] == "DEW-30"
    assert serum.image_urls == ("https://cdn.example/1.jpg", "https://cdn.example/2.jpg")
    assert (mug.document["category"], mug.document["stock"]) == ("home", 0)


@pytest.mark.parametrize("content", [b'{"products": 3}', b"{}", b"a,b\n1,2", b'{"products": []}'])
def test_another_shape_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        products.drafts(content, "feed", "en-US", "USD")
