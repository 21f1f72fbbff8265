from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from influencer.brief import MARKET_IDS
from influencer.loading import load_market, personas
from influencer.persona import Persona
from influencer.show.persona_preview import contact_sheet, render_still, samples, save_png
from models.avatar.attributes import allowed_values, attribute_keys, parse_attributes
from models.avatar.puppet import PuppetBackend
from models.errors import BadIdentity

pytestmark = pytest.mark.unit

HOSTS = {
    "en-US": "maya", "ko-KR": "sora", "ja-JP": "haru", "zh-CN": "lin", "es-MX": "lucia", "pt-BR": "rafael",
    "fr-FR": "camille", "it-IT": "marco", "hi-IN": "ananya", "id-ID": "sari",
}  # fmt: skip
SCRIPTS = {
    "ko-KR": ("\uac00", "\ud7a3"),
    "ja-JP": ("\u3040", "\u30ff"),
    "zh-CN": ("\u4e00", "\u9fff"),
    "hi-IN": ("\u0900", "\u097f"),
}
ALL = personas()
PUPPET = PuppetBackend()


def test_every_market_has_its_host() -> None:
    assert {market: load_market(market).persona for market in MARKET_IDS} == HOSTS
    assert set(HOSTS.values()) <= set(ALL)


@pytest.mark.parametrize("persona", ALL.values(), ids=list(ALL))
def test_house_personas_are_synthetic_and_can_be_drawn_in_every_market(persona: Persona) -> None:
    assert persona.synthetic
    for market in MARKET_IDS:
        parse_attributes(persona.id, persona.attributes_for(market))


@pytest.mark.parametrize("market", SCRIPTS)
def test_hosts_are_named_in_their_markets_own_script(market: str) -> None:
    first, last = SCRIPTS[market]
    assert all(first <= letter <= last for letter in ALL[HOSTS[market]].name[market])  # type: ignore[index]


def test_hosts_are_clearly_different_people() -> None:
    chosen = [ALL[name] for name in HOSTS.values()]
    for one, other in combinations(chosen, 2):
        features = ("skin", "hair.style", "hair.color", "outfit.style", "outfit.color", "backdrop", "face.shape")
        assert sum(one.attributes.get(key) != other.attributes.get(key) for key in features) >= 3
    assert {persona.voice for persona in chosen} == {"female", "male"}


def test_some_personas_dress_for_another_market() -> None:
    at_home, abroad = (
        render_still(ALL["maya"], market, size=(90, 160), backend=PUPPET) for market in ("en-US", "pt-BR")
    )
    assert not np.array_equal(at_home, abroad)


def test_an_override_changes_the_still_and_a_wrong_one_is_named() -> None:
    sora = ALL["sora"]
    plain = render_still(sora, "ko-KR", size=(90, 160), backend=PUPPET)
    assert not np.array_equal(plain, render_still(sora, "ko-KR", {"hair.style": "bob"}, (90, 160), PUPPET))
    with pytest.raises(BadIdentity, match=r"hair\.style"):
        render_still(sora, "ko-KR", {"hair.style": "none"}, (90, 160), PUPPET)


def test_a_contact_sheet_shows_every_viseme_and_is_saved(tmp_path: Path) -> None:
    sheet = contact_sheet(ALL["rafael"], "pt-BR", PUPPET)
    assert sum(sample.label.startswith("viseme") for sample in samples()) == 15
    save_png(sheet, tmp_path / "new" / "sheet.png")
    with Image.open(tmp_path / "new" / "sheet.png") as saved:
        assert saved.size == (sheet.shape[1], sheet.shape[0])


def test_the_guide_lists_every_attribute_with_its_values() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "personas.md").read_text(encoding="utf-8")
    assert [key for key in attribute_keys() if f"| `{key}` | {allowed_values(key)} |" not in guide] == []
