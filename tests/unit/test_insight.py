"""Insight: brands in chat text however they are spelled, logos in pictures, and what an audience comes for."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from influencer.insight.audience import HIDDEN_BELOW, audience, purpose_of
from influencer.insight.brands import BrandFile, brand_files, brands_named, logos
from influencer.insight.logos import LEAST, Logo, sightings
from influencer.insight.mentions import Brand, Written, distance, mentions, named, sounds
from influencer.loading import briefs, load_brief
from influencer.paths import configs_dir
from influencer.sales.events import Airing, Event

pytestmark = pytest.mark.unit
HALVENNE = Brand("Halvenne", ("海芬",))
OTHERS = (Brand("Kilnory"), Brand("Tonvarro"), Brand("Blue Moon Tea"))


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("is halvenne worth it?", "exact"),
        ("HALVENNE!!!", "exact"),
        ("I love Hálvenne", "exact"),
        ("海芬的精华好用吗", "exact"),
        ("is halvene any good", "spelling"),
        ("havlenne pls", "spelling"),
        ("hal venne or not", "spelling"),
        ("#H4LV3NNE", "spelling"),
        ("hаlvenne", "spelling"),  # with a Cyrillic letter
        ("할벤느 좋아요?", "sound"),
        ("할벤느는 어때요", "sound"),
        ("ハルヴェンヌってどう?", "sound"),
        ("हैल्वेन कैसा है?", "sound"),
    ],
)
def test_a_brand_is_found_however_it_is_written(text: str, how: str) -> None:
    (found,) = mentions(text, (HALVENNE, *OTHERS))
    assert (found.brand, found.how) == ("Halvenne", how)


@pytest.mark.parametrize(
    "text",
    [
        "is this any good for dry skin?",
        "have any left?",
        "heaven",
        "할인 쿠폰 있어요?",
        "はるはどう?",
        "हल्का है क्या?",
        "the moon is blue tonight, tea?",
        "",
        "=" * 5_000,
    ],
)
def test_other_words_are_no_brand(text: str) -> None:
    assert mentions(text, (HALVENNE, *OTHERS)) == []


def test_a_name_of_several_words_is_one_name() -> None:
    assert [one.how for one in mentions("blue moon tea is nice, bluemoontea!", OTHERS)] == ["exact"]
    assert [one.how for one in mentions("bluemoontea is nice", OTHERS)] == ["spelling"]


def test_short_names_are_only_taken_as_they_are() -> None:
    short = (Brand("Orbi"),)
    assert mentions("orbi?", short) and not mentions("orbit?", short) and not mentions("or bi", short)


def test_distance_counts_a_swap_once() -> None:
    assert [distance("abc", other) for other in ("abc", "acb", "ab", "xbc", "")] == [0, 1, 1, 1, 3]
    assert sounds("halvenne") == "hrbn"


def test_mentions_are_counted_by_market_day_and_spelling() -> None:
    messages = [
        Written("halvenne?", "s1", "en-US", "2026-05-01"),
        Written("halvene?", "s1", "en-US", "2026-05-02"),
        Written("할벤느?", "s2", "ko-KR", "2026-05-02"),
        Written("hello", "s2", "ko-KR", "2026-05-02"),
    ]
    best, *rest = named(messages, (HALVENNE, *OTHERS))
    assert (best.brand, best.messages, best.share) == ("Halvenne", 3, 0.75)
    assert best.by_how == {"exact": 1, "sound": 1, "spelling": 1}
    assert best.by_market == {"en-US": 2, "ko-KR": 1} and best.by_day["2026-05-02"] == 2
    assert all(one.messages == 0 for one in rest)


# --- logos ---


def packshot(name: str) -> Image.Image:
    return Image.open(configs_dir() / "briefs" / "images" / f"{name}.jpg").convert("RGB")


def pixels(image: Image.Image, quality: int = 75) -> Any:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def on_stage(product: Image.Image, size: int) -> Image.Image:
    """A frame as it is streamed, with a packshot on its card."""
    rng = np.random.default_rng(4)
    frame = Image.fromarray(rng.integers(40, 90, (160, 90, 3)).astype(np.uint8)).resize((720, 1280))
    frame.paste(product.resize((size, size)), (60, 900))
    return frame


@pytest.fixture(scope="module")
def known() -> list[Logo]:
    return logos()


@pytest.mark.parametrize(
    ("product", "brand"), [("oat-granola", "Grannavo"), ("pocket-speaker", "Tonvarro"), ("stone-mug", "Kilnory")]
)
def test_a_logo_is_seen_on_its_product_in_any_light_turned_and_on_stage(
    product: str, brand: str, known: list[Logo]
) -> None:
    picture = packshot(product)
    pictures = {
        "smaller": picture.resize((400, 400)),
        "turned": picture.rotate(12, fillcolor=(230, 230, 230)),
        "darker": picture.point(lambda value: int(value * 0.6)),
        "on stage": on_stage(picture, 320),
    }
    for how, one in pictures.items():
        found = sightings(pixels(one), known)
        assert [sighting.brand for sighting in found] == [brand], how
        left, top, right, bottom = found[0].box
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1


@pytest.mark.parametrize("product", ["dew-serum", "grip-mat", "travel-tote"])
def test_no_logo_is_seen_where_there_is_none(product: str, known: list[Logo]) -> None:
    assert sightings(pixels(on_stage(packshot(product), 320)), known) == []


def test_noise_and_plain_pictures_have_no_logo(known: list[Logo]) -> None:
    rng = np.random.default_rng(1)
    assert sightings(rng.integers(0, 255, (300, 300, 3)).astype(np.uint8), known) == []
    assert sightings(np.full((200, 200, 3), 128, np.uint8), known) == []
    assert sightings(np.full((8, 8, 3), 128, np.uint8), known) == []
    assert 0.6 < LEAST < 0.75


def test_a_logo_without_anything_on_it_is_refused() -> None:
    for picture in (np.full((40, 80, 3), 200, np.uint8), np.zeros((5, 5, 3), np.uint8)):
        with pytest.raises(ValueError, match="24 x 12"):
            Logo("x", picture)


def test_the_brands_on_disk_belong_to_briefs_and_have_their_logos(known: list[Logo]) -> None:
    files = brand_files()
    named_in_briefs = {load_brief(path).brand for path in briefs().values()}
    assert {file.name for file in files} <= named_in_briefs
    assert {logo.brand for logo in known} == {file.name for file in files if file.logo}
    (brand,) = brands_named(["kilnory", "kilnory"])
    assert brand.aliases == tuple(next(file.aliases for file in files if file.id == "kilnory"))
    with pytest.raises(ValueError, match="beside the brand"):
        BrandFile(id="x", name="X", logo="../secret.png")


# --- audience ---


def event(kind: str, viewer: str, hour: int = 12, market: str = "ko-KR", **more: Any) -> Event:
    at = datetime(2026, 5, 1, hour, tzinfo=UTC)
    values: dict[str, Any] = {"kind": kind, "show_id": "s", "viewer": viewer, "key": "k", "at": at}
    return Event(**values | {"airing": Airing(1, "serum", "hook", "mina", market)} | more)


@pytest.mark.parametrize(
    ("events", "purpose"),
    [
        ([event("view", "v"), event("question", "v", detail="price"), event("checkout", "v")], "buying"),
        ([event("question", "v", detail="price"), event("question", "v", detail="suitability")], "weighing"),
        ([event("question", "v", detail="suitability")], "checking"),
        ([event("question", "v", detail="how_to_use")], "learning"),
        ([event("product-click", "v")], "learning"),
        ([event("like", "v")], "company"),
        ([event("watch", "v"), event("view", "v")], "looking"),
    ],
)
def test_a_purpose_is_what_tells_most(events: list[Event], purpose: str) -> None:
    assert purpose_of(events) == purpose


def test_the_audience_is_grouped_in_its_own_hours_and_small_groups_are_hidden() -> None:
    many = [event("watch", f"v{n}", hour=12, milliseconds=30_000) for n in range(HIDDEN_BELOW)]
    few = [event("order", "w", hour=13, product_id="mug"), event("view", "")]
    found = audience([*many, *few], {"serum": "beauty"}, {"ko-KR": ZoneInfo("Asia/Seoul")})
    hours = {one["key"]: one for one in found.hours}
    assert hours["ko-KR 21"] == {
        "key": "ko-KR 21", "hidden": False, "viewers": 5, "watch_seconds": 150.0, "questions": 0, "clicks": 0,
        "orders": 0,
    }  # fmt: skip
    assert hours["ko-KR 22"] == {"key": "ko-KR 22", "hidden": True}
    assert {one["key"]: one["hidden"] for one in found.categories} == {"beauty": False, "unknown": True}
    assert {one["key"]: one["hidden"] for one in found.purposes} == {"buying": True, "looking": False}
    assert found.viewers == 6
