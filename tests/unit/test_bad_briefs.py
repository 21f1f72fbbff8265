"""Every kind of bad brief gives its clear lines: the field, what was given, what is allowed. Never a traceback."""

import copy
import json
from typing import Any

import pytest

from influencer.errors import InvalidInput
from influencer.loading import parse_brief

pytestmark = pytest.mark.unit

DELETE = object()


def _both(english: str, korean: str) -> dict[str, str]:
    return {"en-US": english, "ko-KR": korean}


GOOD: dict[str, Any] = {
    "id": "test-lamp",
    "sku": "TST-1",
    "brand": "Testarossel",
    "name": _both("Test Lamp", "테스트 램프"),
    "category": "home",
    "summary": _both("a small desk lamp", "작은 책상용 램프"),
    "markets": ["en-US", "ko-KR"],
    "prices": {
        "en-US": {"amount": "29.90", "currency": "USD", "list_price": "39.90"},
        "ko-KR": {"amount": 29000, "currency": "KRW"},
    },
    "stock": 12,
    "key_points": [
        {
            "id": "bright",
            "text": _both("It is bright.", "밝아요."),
            "evidence": {"kind": "specification", "reference": "Data sheet"},
        },
        {
            "id": "eye-comfort",
            "claim": "health",
            "text": _both("It is easy on the eyes.", "눈이 편해요."),
            "evidence": {"kind": "clinical-study", "reference": "Study 7", "dated": "2025-02-03"},
        },
    ],
    "specs": [{"id": "power", "label": _both("Power", "소비 전력"), "value": 7, "unit": "W"}],
    "offer": {
        "coupon": "LAMP10",
        "percent_off": 10,
        "starts": "2026-01-01T00:00:00+09:00",
        "ends": "2030-12-31T00:00:00+09:00",
    },
    "audience": _both("people who read", "책을 읽는 분"),
    "faq": [{"id": "bulb", "question": _both("Which bulb?", "전구는요?"), "answer": _both("An LED.", "LED예요.")}],
    "shipping": _both("Shipping is free.", "배송비는 무료예요."),
    "returns": _both("Return it within 30 days.", "30일 이내 반품돼요."),
}


def broken(changes: dict[str, Any]) -> dict[str, Any]:
    """GOOD with the values at dotted paths replaced, or removed where the value is DELETE."""
    brief = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
        here: Any = brief
        for part in parents:
            here = here[part]
        if value is DELETE:
            del here[last]
        else:
            here[last] = value
    return brief


def as_json(changes: dict[str, Any]) -> str:
    """`broken(changes)` as an upload would carry it."""
    return json.dumps(broken(changes))


MARKETS = "en-US, ko-KR, ja-JP, zh-CN, es-MX, pt-BR, fr-FR, it-IT, hi-IN, id-ID"
NUMBER = "a number such as 29.90, without currency sign or thousands separators"
MOMENT = "a date and time with its UTC offset, such as 2026-01-01T00:00:00+09:00"
A_TEXT = "a text for every market listed in markets"
INSIDE = "a path inside the brief's own folder, such as images/front.png"
EVIDENCE = "certificate, clinical-study, lab-test (the claim is health)"
PRICE = "prices.en-US.amount"

VALUES = {
    "missing price of a market": (
        {"prices.ko-KR": DELETE},
        "prices.ko-KR: got nothing; allowed: a price for every market listed in markets",
    ),
    "missing field": ({"sku": DELETE}, "sku: got nothing; allowed: a value (required)"),
    "null field": ({"brand": None}, "brand: got nothing; allowed: text"),
    "missing text of a market": ({"shipping.ko-KR": DELETE}, f"shipping.ko-KR: got nothing; allowed: {A_TEXT}"),
    "missing key point of a market": (
        {"key_points.1.text.ko-KR": DELETE},
        f"key_points[1].text.ko-KR: got nothing; allowed: {A_TEXT}",
    ),
    "empty text": ({"name.en-US": "  "}, "name.en-US: got '  '; allowed: at least 1 character"),
    "text too long": (
        {"returns.en-US": "x" * 401},
        f"returns.en-US: got '{'x' * 58}… (401 characters); allowed: at most 400 characters",
    ),
    "negative stock": ({"stock": -3}, "stock: got -3; allowed: at least 0"),
    "fractional stock": ({"stock": 1.5}, "stock: got 1.5; allowed: a whole number"),
    "stock in words": ({"stock": "many"}, "stock: got 'many'; allowed: a whole number"),
    "boolean stock": ({"stock": True}, "stock: got true; allowed: a whole number"),
    "boolean price": ({PRICE: True}, f"{PRICE}: got true; allowed: {NUMBER}"),
    "price of zero": ({PRICE: 0}, f"{PRICE}: got 0; allowed: more than 0"),
    "price with a currency sign": ({PRICE: "$29"}, f"{PRICE}: got '$29'; allowed: {NUMBER}"),
    "price with separators": ({PRICE: "1,299"}, f"{PRICE}: got '1,299'; allowed: {NUMBER}"),
    "price in other digits": ({PRICE: "２９"}, f"{PRICE}: got '２９'; allowed: {NUMBER}"),
    "price not a number": ({PRICE: float("nan")}, f"{PRICE}: got NaN; allowed: a finite number"),
    "price infinite": ({PRICE: float("inf")}, f"{PRICE}: got Infinity; allowed: a finite number"),
    "price as text NaN": ({PRICE: "NaN"}, f"{PRICE}: got 'NaN'; allowed: {NUMBER}"),
    "price too fine": ({PRICE: "29.999"}, f"{PRICE}: got '29.999'; allowed: at most 2 decimals in USD"),
    "half a won": ({"prices.ko-KR.amount": "29000.5"}, "prices.ko-KR.amount: got '29000.5'; allowed: whole KRW"),
    "unknown currency": (
        {"prices.ko-KR.currency": "WON"},
        "prices.ko-KR.currency: got 'WON'; allowed: a current ISO 4217 code such as USD, KRW, JPY",
    ),
    "list price below the price": (
        {"prices.en-US.list_price": "19.90"},
        "prices.en-US.list_price: got '19.90'; allowed: at least the amount, 29.90, or no list_price",
    ),
    "offer ends before it starts": (
        {"offer.ends": "2025-12-31T00:00:00+09:00"},
        "offer.ends: got '2025-12-31T00:00:00+09:00'; allowed: a time after starts, 2026-01-01T00:00:00+09:00",
    ),
    "time without offset": (
        {"offer.starts": "2026-01-01T00:00:00"},
        f"offer.starts: got '2026-01-01T00:00:00'; allowed: {MOMENT}",
    ),
    "date for a time": ({"offer.ends": "2030-12-31"}, f"offer.ends: got '2030-12-31'; allowed: {MOMENT}"),
    "number for a time": ({"offer.starts": 1767225600}, f"offer.starts: got 1767225600; allowed: {MOMENT}"),
    "impossible date": (
        {"key_points.1.evidence.dated": "2025-02-30"},
        "key_points[1].evidence.dated: got '2025-02-30'; allowed: a date such as 2026-01-31",
    ),
    "bad coupon": (
        {"offer.coupon": "ten off!"},
        "offer.coupon: got 'ten off!'; allowed: 3 to 20 capital letters and digits, such as GLOW20",
    ),
    "nothing off": ({"offer.percent_off": 0}, "offer.percent_off: got 0; allowed: at least 1"),
    "everything off": ({"offer.percent_off": 100}, "offer.percent_off: got 100; allowed: at most 90"),
    "two discounts": (
        {"offer.amount_off": {"en-US": 5, "ko-KR": 5000}},
        "offer.amount_off: got a mapping of 2; allowed: exactly one of percent_off and amount_off",
    ),
    "no discount": (
        {"offer.percent_off": DELETE},
        "offer.amount_off: got nothing; allowed: exactly one of percent_off and amount_off",
    ),
    "discount above the price": (
        {"offer.percent_off": DELETE, "offer.amount_off": {"en-US": 30, "ko-KR": 5000}},
        "offer.amount_off.en-US: got 30; allowed: less than the price, 29.90",
    ),
    "discount of one market missing": (
        {"offer.percent_off": DELETE, "offer.amount_off": {"en-US": 5}},
        "offer.amount_off.ko-KR: got nothing; allowed: an amount for every market listed in markets",
    ),
    "health claim without a study": (
        {"key_points.1.evidence.kind": "specification"},
        f"key_points[1].evidence.kind: got 'specification'; allowed: {EVIDENCE}",
    ),
    "claim without evidence": (
        {"key_points.0.evidence": DELETE},
        "key_points[0].evidence: got nothing; allowed: a value (required)",
    ),
    "no key points": ({"key_points": []}, "key_points: got a list of 0; allowed: at least 1 item"),
    "doubled id": (
        {"faq.0.id": "bright"},
        "faq[0].id: got 'bright'; allowed: an id that no other item of key_points, specs and faq has",
    ),
    "id with capitals": (
        {"id": "Test Lamp"},
        "id: got 'Test Lamp'; allowed: lower-case letters, digits and single hyphens, such as dew-serum",
    ),
    "unknown market": (
        {"markets.1": "kr-KO"},
        f"markets[1]: got 'kr-KO'; allowed: did you mean ko-KR? known: {MARKETS}",
    ),
    "text of an unknown market": ({"name.xx-XX": "?"}, f"name.xx-XX: got 'xx-XX'; allowed: one of {MARKETS}"),
    "market listed twice": ({"markets.1": "en-US"}, "markets[1]: got 'en-US'; allowed: each market once"),
    "unknown category": (
        {"category": "electronic"},
        "category: got 'electronic'; allowed: did you mean electronics? "
        "known: beauty, food, fashion, electronics, home, sports, kids, pets, supplements",
    ),
    "misspelt field": (
        {"prices.ko-KR.list_prise": 39000},
        "prices.ko-KR.list_prise: got an unknown field; allowed: did you mean list_price? "
        "known: currency, amount, list_price",
    ),
    "text for a list": ({"faq": "none"}, "faq: got 'none'; allowed: a list"),
    "list for a mapping": ({"prices": [29]}, "prices: got a list of 1; allowed: a mapping of names to values"),
    "number for text": ({"sku": 12}, "sku: got 12; allowed: text (put it in quotes)"),
    "text for all markets at once": (
        {"name": "Lamp"},
        "name: got 'Lamp'; allowed: a mapping of names to values",
    ),
    "control character": (
        {"summary.en-US": "a lamp\u0007"},
        "summary.en-US: got 'a lamp\\x07'; allowed: text without control characters (found U+0007)",
    ),
    "text that runs backwards": (
        {"summary.en-US": "a \u202epmal"},
        "summary.en-US: got 'a \\u202epmal'; allowed: text without control characters (found U+202E)",
    ),
    "half a character": (
        {"summary.en-US": "a \ud83d lamp"},
        "summary.en-US: got 'a \\ud83d lamp'; allowed: text whose characters are whole (a surrogate is half of one)",
    ),
    "slot in a text": (
        {"summary.en-US": "only {stock} left"},
        "summary.en-US: got 'only {stock} left'; allowed: text without curly braces, which mark the slots of a script",
    ),
    "image outside the folder": (
        {"images": ["../../etc/passwd"]},
        f"images[0]: got '../../etc/passwd'; allowed: {INSIDE}",
    ),
    "image on the web": (
        {"images": ["https://example.org/a.png"]},
        f"images[0]: got 'https://example.org/a.png'; allowed: {INSIDE}",
    ),
}

TEXTS = {
    "empty file": ("", "file: got nothing; allowed: a mapping of field names to values"),
    "only comments": ("# nothing here\n", "top level: got nothing; allowed: a mapping of field names to values"),
    "a list": ("- a\n- b\n", "top level: got a list of 2; allowed: a mapping of field names to values"),
    "a sentence": ("sell my lamp", "top level: got 'sell my lamp'; allowed: a mapping of field names to values"),
    "ten megabytes": ("id: x\n" * 1_666_667, "file: got 10.0 MB; allowed: a text file of at most 1 MB"),
    "not UTF-8": (b"id: caf\xe9\nname: x", "line 1: got byte 0xe9; allowed: UTF-8 text"),
    "UTF-16": ("id: x\n".encode("utf-16"), "line 1: got byte 0xff; allowed: UTF-8 text"),
    "control character in the file": ("id: a\x07", "file: got the character U+0007; allowed: printable characters"),
    "alias bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "line 1: got '&a'; allowed: no anchors or aliases: write the value out",
    ),
    "alias without anchor": ("a: *b\n", "line 1: got '*b'; allowed: no anchors or aliases: write the value out"),
    "python object": (
        "id: !!python/object/apply:os.system [ls]\n",
        "line 1: got the tag 'tag:yaml.org,2002:python/object/apply:os.system'; allowed: plain values without tags",
    ),
    "nested a thousand times": (
        "id: " + "[" * 1000,
        "line 1: got more than 32 levels of nesting; allowed: at most 32 levels",
    ),
    "too many values": (
        "id: [" + "1," * 30_000 + "]",
        "line 1: got more than 20,000 values; allowed: at most 20,000 values",
    ),
    "two documents": ("id: a\n---\nid: b\n", "line 2: got a second document (---); allowed: one document"),
    "bad indentation": (
        "id: a\n  sku: b\n",
        "line 2, column 6: got ': b'; allowed: YAML (mapping values are not allowed in this context)",
    ),
    "mapping as a key": ("? {a: 1}\n: b\n", "line 1: got a mapping of 0; allowed: a field name, then a colon"),
    "JSON with a trailing comma": (
        '{"id": "a",\n}',
        "line 2, column 1: got a comma before '}'; allowed: no comma after the last item",
    ),
    "JSON cut off": (
        '{"id": "a"',
        "line 1, column 11: got the end of the line; allowed: JSON (expecting ',' delimiter)",
    ),
    "JSON nested deeply": (
        '{"id":' + "[" * 200_000,
        "file: got more than 32 levels of nesting; allowed: at most 32 levels",
    ),
}


def _lines(text: str | bytes, source: str = "upload") -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse_brief(text, source)
    assert refused.value.exit_code == 2
    return str(refused.value).splitlines()


def test_the_sample_itself_is_good():
    assert parse_brief(as_json({}), "upload").id == "test-lamp"


@pytest.mark.parametrize("kind", VALUES)
def test_a_wrong_value_gives_one_clear_line(kind: str):
    changes, expected = VALUES[kind]
    assert _lines(as_json(changes)) == [f"upload: {expected}"]


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_that_is_no_brief_gives_one_clear_line(kind: str):
    text, expected = TEXTS[kind]
    assert _lines(text) == [f"upload: {expected}"]


def test_a_doubled_key_is_a_mistake_in_both_formats():
    in_yaml = _lines("offer:\n  coupon: A10\n  coupon: B20\n")
    in_json = _lines('{"offer": {"coupon": "A10", "coupon": "B20"}}')
    assert "upload: offer.coupon: got it a second time on line 3; allowed: each field once" in in_yaml
    assert "upload: offer.coupon: got it twice; allowed: each field once" in in_json


def test_every_mistake_is_reported_also_those_behind_others():
    changes = {
        "stock": -1,
        "prices.ko-KR": DELETE,
        "summary.ko-KR": DELETE,
        "offer.coupon": "x",
        "offer.ends": "2020-01-01T00:00:00Z",
        "faq.0.id": "bright",
        "key_points.1.evidence.kind": "policy",
        "colour": "red",
    }
    fields = {line.split(": ")[1] for line in _lines(as_json(changes))}
    assert fields == {
        "stock", "prices.ko-KR", "summary.ko-KR", "offer.coupon", "offer.ends", "faq[0].id",
        "key_points[1].evidence.kind", "colour",
    }  # fmt: skip


def test_a_flood_of_mistakes_is_counted_not_listed():
    lines = _lines("\n".join(f"unknown{i}: {i}" for i in range(5000)))
    assert len(lines) == 101
    assert lines[-1].startswith("upload: …: got 49")


def test_no_message_breaks_the_line_or_quotes_everything():
    hostile = "x\nupload: stock: got 5\x1b[31m" + "y" * 5000
    for line in _lines(as_json({"category": hostile, hostile: 1})):
        assert line.isprintable()
        assert len(line) < 400
