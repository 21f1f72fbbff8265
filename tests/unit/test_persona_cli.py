"""`influencer persona render|sheet`, and what people may write after `--set`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from influencer.cli import app
from influencer.doctor import _avatar
from influencer.errors import InvalidInput, NotFound
from influencer.loading import personas
from influencer.show import persona_preview
from influencer.show.casting import cast, house_casts
from influencer.show.persona_preview import CAPTION, COLUMNS
from models.avatar.attributes import HostAttributes, parse_attributes
from models.avatar.overrides import parse_overrides, resolve
from models.errors import BadIdentity, UnknownBackend

pytestmark = pytest.mark.unit

TILE = 64


@pytest.fixture(autouse=True)
def small_pictures_of_the_puppet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUENCER_AVATAR__BACKEND", "puppet")
    monkeypatch.setenv("INFLUENCER_PICTURE__WIDTH", "180")
    monkeypatch.setenv("INFLUENCER_PICTURE__HEIGHT", "320")


def persona(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["persona", *map(str, arguments)])


def picture(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(image)


# --- --set ---


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("hair.style", "bob", "hair.style"),
        ("hair", "bob", "hair.style"),
        ("hair", "copper", "hair.color"),
        ("hair", "#AA0044", "hair.color"),
        ("outfit", "blazer", "outfit.style"),
        ("outfit", "stripes", "outfit.pattern"),
        ("lips", "full", "lips.shape"),
        ("lips", "crimson", "lips.color"),
        ("glasses", "cat-eye", "glasses"),
        ("glasses", "gold", "glasses.color"),
        ("pattern", "dots", "outfit.pattern"),
        ("style", "apron", "outfit.style"),
        ("face_shape", "heart", "face.shape"),
        ("Outfit-Colour", "navy", "outfit.color"),
        ("age", "41", "age"),
    ],
)
def test_a_short_form_means_the_one_attribute_that_takes_the_value(name: str, value: str, attribute: str) -> None:
    assert resolve(name, value) == attribute
    assert parse_overrides([f"{name}={value}"]) == {attribute: value}
    parse_attributes("host", {attribute: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("outfit=navy", "outfit: got 'navy', which may be one of several .*outfit.color=navy or outfit.accent=navy"),
        ("hair=mohawk", "hair: got 'mohawk'; allowed: hair.style=long, .*bob.*; hair.color=black, .*CSS colour name"),
        ("hair.style=mohawk", "^hair.style: got 'mohawk'; allowed: long, waves, bob"),
        ("age=12", "^age: got '12'; allowed: a number from 20 to 70"),
        ("face=navy", "^face.shape: got 'navy'; allowed: oval, round"),
        ("nose=big", "unknown attribute 'nose'; allowed: accessory, .*skin"),
        ("hair", "got 'hair'; allowed: name=value"),
        ("=bob", "allowed: name=value"),
        ("hair=", "allowed: name=value"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(change: str, said: str) -> None:
    with pytest.raises(BadIdentity, match=said):
        parse_overrides([change])


def test_every_mistake_is_told_and_the_last_of_an_attribute_holds() -> None:
    with pytest.raises(BadIdentity) as caught:
        parse_overrides(["hair=bob", "hair=mohawk", "nose=big"])
    assert len(str(caught.value).splitlines()) == 2
    assert parse_overrides(["hair=bob", "hair.style=bun"]) == {"hair.style": "bun"}


def test_colours_may_be_named_and_the_palettes_names_come_first() -> None:
    host = parse_attributes("host", {"outfit.color": "Navy", "backdrop.accent": "rebeccapurple", "hair.color": "brown"})
    assert (host.outfit_color, host.backdrop_accent) == ("#000080", "#663399")
    assert host.hair_color == "#74492f"  # a hair colour, not CSS's #a52a2a
    colours = [info.alias or name for name, info in HostAttributes.model_fields.items() if "colo" in name]
    for key in [*colours, "skin", "outfit.accent", "backdrop.accent"]:
        assert parse_attributes("host", {key: "teal"}) == parse_attributes("host", {key: "#008080"})


# --- render and sheet ---


def test_render_draws_what_was_set_in_the_size_of_the_show(tmp_path: Path) -> None:
    plain, other = tmp_path / "a.png", tmp_path / "b.png"
    assert persona("render", "maya", plain, "--market", "en-US").exit_code == 0
    changed = persona("render", "maya", "--set", "hair=bob", "--set", "outfit.color=navy", other)
    assert changed.exit_code == 0
    assert str(other) in changed.output.replace("\n", "")
    assert picture(plain).shape == (320, 180, 4)
    assert not np.array_equal(picture(plain), picture(other))


def test_a_market_dresses_the_persona(tmp_path: Path) -> None:
    for market in ("en-US", "pt-BR"):
        assert persona("render", "maya", tmp_path / f"{market}.png", "-m", market).exit_code == 0
    assert not np.array_equal(picture(tmp_path / "en-US.png"), picture(tmp_path / "pt-BR.png"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("render", "maya", "out.jpg"), InvalidInput),
        (("render", "nobody", "out.png"), NotFound),
        (("render", "maya", "out.png", "--set", "hair=mohawk"), BadIdentity),
        (("render", "maya", "out.png", "--backend", "marionette"), UnknownBackend),
        (("sheet", "out.png"), InvalidInput),
        (("sheet", "--all", "maya", "out.png"), InvalidInput),
        (("talk", "maya", "Hello", "missing/out.mp4"), InvalidInput),
        (("talk", "maya", " … ", "out.mp4"), InvalidInput),
    ],
)
def test_a_mistake_writes_nothing(
    arguments: tuple[str, ...], error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(persona(*arguments).exception, error)
    assert list(tmp_path.iterdir()) == []


def test_the_sheet_of_all_shows_every_persona_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persona_preview, "TILE", TILE)
    assert persona("sheet", "--all", tmp_path / "all.png").exit_code == 0
    sheet = picture(tmp_path / "all.png")
    tiles = 2 * len(personas())
    assert sheet.shape == (-(-tiles // COLUMNS) * (TILE + CAPTION), COLUMNS * TILE, 4)
    rest, smiling = sheet[:TILE, :TILE], sheet[:TILE, TILE : 2 * TILE]
    assert not np.array_equal(rest, smiling)


def test_every_persona_is_shown_in_a_market_it_hosts() -> None:
    casts = {one.persona.id: one.market.id for one in house_casts()}
    assert set(casts) == set(personas())
    assert (casts["sora"], casts["jun"]) == ("ko-KR", next(iter(personas()["jun"].name)))


def test_changes_come_on_top_of_the_markets_style() -> None:
    assert cast("pt-BR", "maya", {"backdrop": "tatami"}).identity.attributes["backdrop"] == "tatami"


# --- which avatar ---


def test_doctor_says_which_avatar_is_active_and_who_chose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _avatar().detail == "puppet, chosen by the environment; it draws"
    monkeypatch.setenv("INFLUENCER_AVATAR__BACKEND", "marionette")
    assert "known: diffusion, lipsync, puppet" in _avatar().detail
