from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from influencer.show.fonts import fonts_for
from models.weights import WeightStore
from streaming.compositor import Compositor
from streaming.media import ChatHighlight, Overlay, ProductCard, Rgba
from streaming.text import Typesetter, break_units

pytestmark = pytest.mark.unit

CARD = ProductCard("serum", "Dew Serum 30 ml", "$24.90", "$32.00", "-22%", "DEW10", "128 left")
FULL = Overlay("AI-generated", CARD, "A light serum for every day.", ChatHighlight("kelly", "How much is it?"))
LABEL_BOX = (slice(30, 76), slice(24, 200))


def picture(width: int = 720, height: int = 1280, grey: int = 120) -> Rgba:
    host = np.full((height, width, 4), grey, np.uint8)
    host[:, :, 3] = 255
    return host


def touched(overlay: Overlay, rows: slice) -> bool:
    frame = Compositor().compose(picture(), overlay)
    return bool((frame[rows, :, :3] != 120).any())


def test_the_ai_label_is_always_there() -> None:
    compositor, host = Compositor(), picture()
    for overlay in (Overlay("AI-generated"), FULL, replace(FULL, caption=None), Overlay("AI")):
        box = compositor.compose(host, overlay)[LABEL_BOX]
        assert (box[:, :, :3] != 120).mean() > 0.2
        assert box[:, :, :3].max() > 230  # white letters


@pytest.mark.parametrize(
    ("overlay", "rows"),
    [(Overlay("AI", card=CARD), slice(1100, 1250)), (Overlay("AI", caption="Hello there"), slice(1130, 1210)),
     (Overlay("AI", card=CARD, caption="Hello there"), slice(1000, 1070)),
     (Overlay("AI", highlight=ChatHighlight("a", "b?")), slice(800, 885))],
)  # fmt: skip
def test_each_part_is_drawn_in_its_place_only_when_it_is_given(overlay: Overlay, rows: slice) -> None:
    assert touched(overlay, rows)
    assert not touched(Overlay("AI"), rows)


def test_the_face_is_left_free() -> None:
    frame = Compositor().compose(picture(), FULL)
    assert (frame[120:690, :, :3] == 120).all()


def test_the_host_is_not_written_to_and_every_frame_is_a_new_array() -> None:
    compositor, host = Compositor(), picture()
    first, second = compositor.compose(host, FULL), compositor.compose(host, FULL)
    assert (host == picture()).all()
    assert not np.shares_memory(first, second)
    assert np.array_equal(first, second)
    assert (first[:, :, 3] == 255).all()


def test_a_changed_value_is_seen_at_once_and_the_old_one_comes_back_the_same() -> None:
    compositor, host = Compositor(), picture()
    before = compositor.compose(host, FULL)
    changes = [
        replace(FULL, caption="Only today."), replace(FULL, label="KI"),
        replace(FULL, card=replace(CARD, price="$19.90")),
        replace(FULL, card=replace(CARD, stock=None)), replace(FULL, highlight=None),
        replace(FULL, card=replace(CARD, image=picture(64, 64, 30))),
    ]  # fmt: skip
    for overlay in changes:
        assert not np.array_equal(compositor.compose(host, overlay), before)
        assert np.array_equal(compositor.compose(host, FULL), before)


def test_two_product_pictures_are_told_apart() -> None:
    compositor, host = Compositor(), picture()
    dark, bright = (replace(FULL, card=replace(CARD, image=picture(64, 64, grey))) for grey in (10, 250))
    thumbnail = (slice(1130, 1220), slice(60, 150))
    assert compositor.compose(host, dark)[thumbnail][:, :, :3].mean() < 60
    assert compositor.compose(host, bright)[thumbnail][:, :, :3].mean() > 200


@pytest.mark.parametrize("size", [(720, 1280), (360, 640), (1080, 1920), (540, 960)])
def test_any_size_has_all_parts_and_fits_any_host(size: tuple[int, int]) -> None:
    frame = Compositor(size).compose(picture(512, 512), FULL)
    assert frame.shape == (size[1], size[0], 4)
    assert (frame[round(size[1] * 0.87) : round(size[1] * 0.97), :, :3] != 120).any()


def test_a_notice_stands_above_the_card_and_lifts_the_caption() -> None:
    warned = replace(FULL, card=replace(CARD, notice="Not intended to diagnose, treat, cure, or prevent any disease."))
    plain, frame = Compositor().compose(picture(), FULL), Compositor().compose(picture(), warned)
    strip = (slice(1046, 1084), slice(30, 600))

    assert (frame[strip][:, :, :3].max(axis=2) > 230).mean() > (plain[strip][:, :, :3].max(axis=2) > 230).mean() + 0.02
    assert (frame[120:640, :, :3] == 120).all()  # the face is left free


def test_long_and_hostile_text_stays_in_the_picture() -> None:
    long = "incomprehensibilities " * 40
    card = ProductCard(
        "p", long, "Rp 189.000.000.000", "Rp 249.000.000.000", "-99% " * 9, "CODE" * 30, long, notice=long
    )
    for text in (long, "x" * 900, "\u202e\u0000\n\t<script>", "🙂" * 50, " "):
        overlay = Overlay("AI-generated " * 9, card, text, ChatHighlight(text or "?", text))
        frame = Compositor().compose(picture(), overlay)
        assert (frame[120:640, :, :3] == 120).all()


def test_standby_has_the_label_and_says_what_it_is_told() -> None:
    compositor = Compositor((360, 640))
    silent, spoken = compositor.standby("AI-generated", ""), compositor.standby("AI-generated", "Back in a moment")
    assert silent.shape == (640, 360, 4)
    assert (silent[:, :, 3] == 255).all()
    assert silent[15:38, 12:100, :3].max() > 230
    assert not np.array_equal(silent, spoken)


# --- text ---


@pytest.mark.parametrize(
    ("text", "units"),
    [("two words", ["two ", "words"]),
     ("価格は2,980円です。", ["価", "格", "は", "2,980円", "で", "す。"]),
     ("（送料無料）", ["（送", "料", "無", "料）"]),
     ("지금 29,000원에 주문", ["지금 ", "29,000원에 ", "주문"]),
     ("यह हल्का है।", ["यह ", "हल्का ", "है।"])],
)  # fmt: skip
def test_lines_break_where_the_language_allows(text: str, units: list[str]) -> None:
    assert break_units(text) == units
    assert "".join(break_units(text)) == text


@pytest.mark.parametrize(
    "text", ["a quiet morning with coffee and a good long book", "x" * 200, "今日は天気がいいですね" * 4]
)
def test_wrapped_lines_fit_and_lose_nothing_that_fits(text: str) -> None:
    setter = Typesetter({}, "en-US")
    lines = setter.wrap(text, 30, 320, 40)
    assert all(setter.width(line, 30) <= 320 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_are_of_about_equal_width() -> None:
    setter = Typesetter({}, "en-US")
    lines = setter.wrap("one two three four five six seven eight nine ten", 30, 420, 3)
    widths = [setter.width(line, 30) for line in lines]
    assert len(lines) > 1
    assert min(widths) > 0.6 * max(widths)


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    setter = Typesetter({}, "en-US")
    lines = setter.wrap("word " * 60, 30, 300, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert setter.width(lines[-1], 30) <= 300


def test_a_broken_font_file_falls_back_to_the_embedded_one(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ttf"
    bad.write_bytes(b"not a font")
    assert Typesetter({"en": (bad, bad)}, "en-US").width("Hello", 30) > 0


@pytest.fixture
def ready() -> Callable[[str, str], None]:
    """Skip when a font was not fetched on this machine: unit tests touch no network."""
    states = {status.name: status.state for status in WeightStore().list()}

    def need(*names: str) -> None:
        missing = [name for name in names if states.get(name) != "ready"]
        if missing:
            pytest.skip(f"fonts not fetched here: {', '.join(missing)}")

    return need


def test_hindi_is_shaped(ready: Callable[[str], None]) -> None:
    ready("font-devanagari")
    setter = Typesetter(fonts_for("hi"), "hi-IN")
    joined, apart = setter.width("क्षि", 40), setter.width("क", 40) + setter.width("ष", 40) + setter.width("ि", 40)
    assert 0 < joined < apart  # the conjunct is one cluster


@pytest.mark.parametrize(
    ("language", "font", "text"),
    [("ko-KR", "font-kr", "지금 주문하세요"), ("ja-JP", "font-jp", "今すぐご注文"), ("zh-CN", "font-sc", "现在下单"),
     ("es-MX", "font-latin", "¿Qué tal, señor?")],
)  # fmt: skip
def test_each_language_has_its_letters(ready: Callable[[str], None], language: str, font: str, text: str) -> None:
    ready(font)
    setter = Typesetter(fonts_for(language), language)
    assert setter.width(text, 40) > 40 * len(text) * 0.35


def test_a_store_without_fonts_does_not_stop_a_show(tmp_path: Path) -> None:
    assert fonts_for("ko-KR", WeightStore(tmp_path, manifest={})) == {}
