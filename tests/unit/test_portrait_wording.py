"""Prompts: the same words every time, for every attribute there is, and never a name."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from influencer.brief import MARKET_IDS
from influencer.likeness.people import imitations
from influencer.loading import load_market, personas
from influencer.persona import Persona
from models.avatar.attributes import HostAttributes, attribute_keys
from models.errors import BadIdentity
from models.portrait.colours import WORDS, colour_word
from models.portrait.wording import NEUTRAL, StyleWords, master_prompt, variant_prompt

pytestmark = pytest.mark.unit

HOSTS = personas()
STATEMENTS = ("adult", "fictional", "AI-made", "resembles no real person", "friendly")


def choices(key: str) -> list[Any]:
    for name, info in HostAttributes.model_fields.items():
        if key == (info.alias or name):
            listed = [choice for choice in get_args(info.annotation) if isinstance(choice, str)]
            numbers = {"age": 51, "makeup": 0.9, "blush": 0.9, "freckles": 0.9}
            return listed or [numbers.get(key, "#3f9a56")]
    raise AssertionError(key)


def test_the_wording_of_a_master_is_fixed() -> None:
    prompt = master_prompt("maya", HOSTS["maya"].attributes)
    assert prompt == (
        "Portrait photograph of an adult woman of African heritage, about 29 years old, a fictional, plainly AI-made "
        "virtual show host who resembles no real person, friendly and approachable. Her features: brown skin, "
        "heart-shaped face, round dark brown eyes, arched eyebrows, full lips in crimson, moderate make-up, light "
        "blush, curly espresso hair. The woman wears a coral blazer with ivory details, gold hoop earrings. "
        "Background: a city loft, out of focus, in charcoal and apricot. Light: soft even daylight from the front; "
        "natural colours. Head and shoulders, upright, facing the camera, centred, the whole head in the picture with "
        "room above it, lips closed in a light friendly smile, eyes open, face unobstructed. One person only, no text, "
        "no logo."
    )


@pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))
def test_every_host_is_adult_fictional_friendly_and_unnamed_everywhere(host: Persona) -> None:
    prompts = [master_prompt(host.id, host.attributes)]
    for market in MARKET_IDS:
        card = load_market(market).style_card
        assert card is not None
        prompts.append(variant_prompt(host.id, host.attributes_for(market), StyleWords(card.light, card.mood)))
    assert len(set(prompts)) == len(prompts)  # every market looks like itself
    for prompt in prompts:
        assert all(statement in prompt for statement in STATEMENTS)
        assert not set(host.name.values()) & set(prompt.replace(",", "").replace(".", "").split())
        assert "{}" not in prompt
        assert "  " not in prompt


@pytest.mark.parametrize("key", sorted({*attribute_keys()} - {"likeness"}))  # that one picks the seed
def test_every_attribute_and_each_of_its_values_changes_the_words(key: str) -> None:
    base = {
        "glasses": "round",
        "earrings": "hoop",
        "accessory": "chain",
        "outfit.pattern": "stripes",
        "lips.color": "#c8202f",
    }
    said = {value: master_prompt("x", {**base, key: value}) for value in choices(key)}
    assert len(set(said.values())) == len(said)
    said["as it was"] = master_prompt("x", base)
    assert len(set(said.values())) >= 2


def test_an_unknown_attribute_is_named() -> None:
    with pytest.raises(BadIdentity, match=r"hair\.style: got 'mohawk'; allowed: long, waves"):
        master_prompt("x", {"hair.style": "mohawk"})


def test_a_consented_likeness_is_not_called_nobody() -> None:
    prompt = variant_prompt("x", {}, NEUTRAL, "holding a mug", consented=True)
    assert "resembles no real person" not in prompt
    assert "AI-made" in prompt
    assert prompt.endswith("Holding a mug.")


def test_a_hijab_has_no_hair_to_keep() -> None:
    prompt = variant_prompt("sari", HOSTS["sari"].attributes, NEUTRAL)
    assert "hijab" in prompt
    assert "hair" not in prompt


@pytest.mark.parametrize("name", WORDS)
def test_a_named_colour_is_its_own_nearest_word(name: str) -> None:
    assert colour_word(WORDS[name]) == name


def test_no_style_card_asks_for_somebody() -> None:
    cards = [load_market(market).style_card for market in MARKET_IDS]
    assert all(card is not None and not imitations(card.light) and not imitations(card.mood) for card in cards)
