"""Prompts from named attributes: the same words for the same persona, always adult, fictional, friendly and AI-made.

No name ever enters a prompt. Everything comes from the closed attribute vocabulary, a style card the operator wrote,
and extras that the likeness guard has cleared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.avatar.attributes import parse_attributes
from models.avatar.palette import EYES, HAIR, SKIN
from models.avatar.puppet import HostAttributes
from models.portrait.colours import colour_word

NEGATIVE = (
    "real person, celebrity, public figure, child, teenager, several people, nudity, text, letters, watermark, logo, "
    "hand over face, open mouth, closed eyes, cropped head, deformed, blurry"
)
_PERSON = {"feminine": "woman", "masculine": "man"}
_POSSESSIVE = {"feminine": "Her", "masculine": "His"}
_HERITAGE = {
    "african": "African",
    "asian": "Asian",
    "european": "European",
    "latin": "Latin American",
    "south-asian": "South Asian",
    "mixed": "mixed",
}
_STATEMENT = "a fictional, plainly AI-made virtual show host who resembles no real person"
_CONSENTED = "an AI-made virtual show host with the face of the reference picture"
_FRAMING = (
    "Head and shoulders, upright, facing the camera, centred, the whole head in the picture with room above it, lips "
    "closed in a light friendly smile, eyes open, face unobstructed. One person only, no text, no logo."
)
_KEEP = (
    "Keep the person exactly: the same face, bone structure, skin, eyes, brows, lips, {hair}and the same light "
    "friendly smile with closed lips. Change only the clothes, the background and the light."
)
_FACE = {"oval": "oval", "round": "round", "heart": "heart-shaped", "square": "square", "long": "long"}
_EYES = {
    "almond": "almond-shaped",
    "round": "round",
    "monolid": "monolid",
    "cat": "slightly upturned",
    "gentle": "soft, slightly downturned",
}
_LIPS = {"natural": "natural", "full": "full", "thin": "thin", "bow": "cupid's-bow"}
_HAIR = {
    "long": "long straight {} hair",
    "waves": "long wavy {} hair",
    "bob": "{} hair in a neat bob",
    "bun": "{} hair in a bun",
    "ponytail": "{} hair in a high ponytail",
    "braid": "{} hair in a side braid",
    "pixie": "{} hair in a short pixie cut",
    "curly": "curly {} hair",
    "short": "short {} hair",
    "fade": "{} hair in a short fade",
    "quiff": "{} hair in a quiff",
    "swept": "{} hair with a swept fringe",
}
_BEARD = {
    "stubble": "light stubble",
    "moustache": "a moustache",
    "goatee": "a goatee",
    "short": "a short trimmed beard",
    "full": "a full trimmed beard",
}
_EARRINGS = {
    "stud": "small {} stud earrings",
    "pearl": "white pearl earrings",
    "hoop": "{} hoop earrings",
    "drop": "{} drop earrings",
    "jhumka": "{} jhumka earrings",
}
_OUTFIT = {
    "tee": "crew-neck T-shirt",
    "shirt": "collared shirt",
    "blazer": "blazer",
    "hoodie": "hoodie",
    "turtleneck": "knitted turtleneck",
    "sweater": "knitted sweater",
    "blouse": "blouse",
    "wrap": "wrap top",
    "mandarin": "mandarin-collar top",
    "kurta": "kurta",
    "apron": "apron over a plain shirt",
}
_PATTERN = {
    "plain": "with {} details",
    "stripes": "with {} stripes",
    "dots": "with {} dots",
    "batik": "with a {} batik pattern",
    "trim": "with {} embroidered trim",
}
_ACCESSORY = {
    "chain": "a fine {} chain",
    "pendant": "a {} pendant",
    "pearls": "a string of white pearls",
    "flower": "a {} flower in the hair",
    "bindi": "a small {} bindi",
    "headband": "a {} headband",
    "scarf": "a {} scarf",
}
_BACKDROP = {
    "studio": "a plain studio wall",
    "shelf": "a tidy shelf, out of focus",
    "market-night": "a night market with lanterns, out of focus",
    "kitchen": "a bright kitchen, out of focus",
    "garden": "a garden, out of focus",
    "loft": "a city loft, out of focus",
    "seaside": "a terrace above the sea, out of focus",
    "tatami": "a quiet room with tatami mats, out of focus",
}


@dataclass(frozen=True, slots=True)
class StyleWords:
    """How portraits look in one market; plain English phrases."""

    light: str
    mood: str


NEUTRAL = StyleWords(light="soft even daylight from the front", mood="natural colours")


def master_prompt(persona: str, attributes: Mapping[str, str | float]) -> str:
    """The prompt of a master portrait that is painted from words alone.

    Args:
        persona: id, for messages only; it does not enter the prompt.
        attributes: flat attributes (`hair.style` …).

    Raises:
        BadIdentity: an attribute is unknown or out of range.
    """
    look = parse_attributes(persona, attributes)
    parts = [
        f"Portrait photograph of {_who(look)}.",
        f"{_face(look)}.",
        f"{_dress(look)}.",
        _scene(look, NEUTRAL),
        _FRAMING,
    ]
    return " ".join(parts)


def variant_prompt(
    persona: str,
    attributes: Mapping[str, str | float],
    style: StyleWords,
    extra: str = "",
    *,
    consented: bool = False,
) -> str:
    """The prompt of a market variant: the person of the reference picture in this market's clothes, place and light.

    The face is described again because an img2img pipeline reads nothing else of it. `extra` is a cleared phrase,
    or empty. `consented`: the picture shows a real person who gave consent, so "resembles no real person" would be
    untrue. See `master_prompt`.
    """
    look = parse_attributes(persona, attributes)
    keep = _KEEP.format(hair="" if look.hair_style == "hijab" else "hair ")
    parts = [
        f"The same person as in the reference picture: {_who(look, consented)}.",
        keep,
        f"{_face(look)}.",
        f"{_dress(look)}.",
        _scene(look, style),
        _FRAMING,
    ]
    return _joined(parts, extra)


def _who(look: HostAttributes, consented: bool = False) -> str:
    adult = f"an adult {_PERSON[look.figure]}"
    if consented:
        return f"{adult}, {_CONSENTED}, friendly and approachable"
    described = f"{adult} of {_HERITAGE[look.heritage]} heritage, about {look.age:.0f} years old"
    return f"{described}, {_STATEMENT}, friendly and approachable"


def _joined(parts: list[str], extra: str) -> str:
    extra = extra.strip().rstrip(".")
    return " ".join([*parts, f"{extra[:1].upper()}{extra[1:]}."] if extra else parts)


def _face(look: HostAttributes) -> str:
    lips = f"{_LIPS[look.lips_shape]} lips" + (f" in {colour_word(look.lips_color)}" if look.lips_color else "")
    words = [
        f"{colour_word(look.skin, SKIN)} skin",
        f"{_build(look)}{_FACE[look.face_shape]} face",
        f"{_EYES[look.eyes_shape]} {colour_word(look.eyes_color, EYES)} eyes",
        f"{look.brows_shape} eyebrows",
        lips,
        *_degree(look.makeup, "make-up"),
        *_degree(look.blush, "blush"),
        *_degree(look.freckles, "freckles"),
        _hair(look),
    ]
    if look.beard != "none":
        words.append(_BEARD[look.beard])
    text = ", ".join(words)
    return f"{_POSSESSIVE[look.figure]} features: {text}"


def _build(look: HostAttributes) -> str:
    return "" if look.build == "regular" else f"{look.build} build, "


def _hair(look: HostAttributes) -> str:
    if look.hair_style == "hijab":
        return f"a neat {colour_word(look.accessory_color)} hijab"
    return _HAIR[look.hair_style].format(colour_word(look.hair_color, HAIR))


def _degree(amount: float, what: str) -> list[str]:
    """An amount 0..1 as none, light, moderate or strong."""
    if amount < 0.15:
        return []
    return [f"{'light' if amount < 0.45 else 'moderate' if amount < 0.75 else 'strong'} {what}"]


def _dress(look: HostAttributes) -> str:
    accent = colour_word(look.outfit_accent)
    pattern = _PATTERN[look.outfit_pattern].format(accent)
    words = [f"{_an(colour_word(look.outfit_color))} {_OUTFIT[look.outfit_style]} {pattern}"]
    if look.glasses != "none":
        words.append(f"{look.glasses} glasses with {colour_word(look.glasses_color)} frames")
    if look.earrings != "none" and look.hair_style != "hijab":
        words.append(_EARRINGS[look.earrings].format(colour_word(look.earrings_color)))
    if look.accessory != "none":
        words.append(_ACCESSORY[look.accessory].format(colour_word(look.accessory_color)))
    return f"The {_PERSON[look.figure]} wears {', '.join(words)}"


def _an(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _scene(look: HostAttributes, style: StyleWords) -> str:
    tint = f"in {colour_word(look.backdrop_color)} and {colour_word(look.backdrop_accent)}"
    return f"Background: {_BACKDROP[look.backdrop]}, {tint}. Light: {style.light}; {style.mood}."
