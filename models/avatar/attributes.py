"""What may be said about a host: every attribute, its allowed values, its default; one vocabulary for all avatars.

The flat keys (`hair.style`, `outfit.color` …) are what a persona file holds; docs/guides/personas.md shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from models.avatar.palette import EYES, HAIR, SKIN, css_colour, is_hex
from models.errors import BadIdentity

FaceShape = Literal["oval", "round", "heart", "square", "long"]
HairStyle = Literal[
    "long", "waves", "bob", "bun", "ponytail", "braid", "pixie", "curly", "short", "fade", "quiff", "swept", "hijab"
]
EyeShape = Literal["almond", "round", "monolid", "cat", "gentle"]
BrowShape = Literal["soft", "straight", "arched", "bold"]
LipShape = Literal["natural", "full", "thin", "bow"]
Beard = Literal["none", "stubble", "moustache", "goatee", "short", "full"]
Glasses = Literal["none", "round", "square", "cat-eye"]
Earrings = Literal["none", "stud", "pearl", "hoop", "drop", "jhumka"]
OutfitStyle = Literal[
    "tee", "shirt", "blazer", "hoodie", "turtleneck", "sweater", "blouse", "wrap", "mandarin", "kurta", "apron"
]
Pattern = Literal["plain", "stripes", "dots", "batik", "trim"]
Accessory = Literal["none", "chain", "pendant", "pearls", "flower", "bindi", "headband", "scarf"]
Backdrop = Literal["studio", "shelf", "market-night", "kitchen", "garden", "loft", "seaside", "tatami"]
Build = Literal["slim", "regular", "broad"]
Figure = Literal["feminine", "masculine"]
Heritage = Literal["african", "asian", "european", "latin", "south-asian", "mixed"]


ANY_COLOUR = "a CSS colour name or #rrggbb"


def _colour(names: Mapping[str, str]) -> AfterValidator:
    def check(text: str) -> str:
        if text in names:
            return names[text]
        if is_hex(text):
            return text.lower()
        named = css_colour(text)
        if named is None:
            raise ValueError(", ".join([*names, ANY_COLOUR]))
        return named

    return AfterValidator(check)


SkinColour = Annotated[str, _colour(SKIN)]
HairColour = Annotated[str, _colour(HAIR)]
EyeColour = Annotated[str, _colour(EYES)]
Colour = Annotated[str, _colour({})]
Amount = Annotated[float, Field(ge=0, le=1)]
Age = Annotated[float, Field(ge=20, le=70)]
Likeness = Annotated[float, Field(ge=0, le=999)]


class HostAttributes(BaseModel):
    """One host. Colours are a name of the palette, a CSS colour name or `#rrggbb`; amounts are 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    figure: Figure = "feminine"
    heritage: Heritage = "mixed"
    """Proportions of the face; the skin's colour is its own attribute. The puppet draws neither."""
    age: Age = 30.0
    likeness: Likeness = 0.0
    """Another face that fits the same description: each whole number is a different person."""
    skin: SkinColour = SKIN["light"]
    build: Build = "regular"
    face_shape: FaceShape = Field("oval", alias="face.shape")
    hair_style: HairStyle = Field("long", alias="hair.style")
    hair_color: HairColour = Field(HAIR["espresso"], alias="hair.color")
    eyes_shape: EyeShape = Field("almond", alias="eyes.shape")
    eyes_color: EyeColour = Field(EYES["brown"], alias="eyes.color")
    brows_shape: BrowShape = Field("soft", alias="brows.shape")
    lips_shape: LipShape = Field("natural", alias="lips.shape")
    lips_color: Colour | None = Field(None, alias="lips.color")
    """None: the skin's own lip colour, without make-up."""
    makeup: Amount = 0.0
    """Lashes, eye shadow and lip gloss."""
    blush: Amount = 0.35
    freckles: Amount = 0.0
    beard: Beard = "none"
    glasses: Glasses = "none"
    glasses_color: Colour = Field("#2b2530", alias="glasses.color")
    earrings: Earrings = "none"
    earrings_color: Colour = Field("#e3b34f", alias="earrings.color")
    outfit_style: OutfitStyle = Field("tee", alias="outfit.style")
    outfit_color: Colour = Field("#3f6fd8", alias="outfit.color")
    outfit_accent: Colour = Field("#ffffff", alias="outfit.accent")
    outfit_pattern: Pattern = Field("plain", alias="outfit.pattern")
    accessory: Accessory = "none"
    accessory_color: Colour = Field("#e3b34f", alias="accessory.color")
    backdrop: Backdrop = "studio"
    backdrop_color: Colour = Field("#f3d9d2", alias="backdrop.color")
    backdrop_accent: Colour = Field("#ff8f70", alias="backdrop.accent")


def parse_attributes(persona_id: str, attributes: Mapping[str, str | float]) -> HostAttributes:
    """Check a persona's flat attributes.

    Raises:
        BadIdentity: names each wrong attribute, what was given and what is allowed.
    """
    try:
        return HostAttributes.model_validate(dict(attributes))
    except ValidationError as error:
        lines = (_mistake(str(e["loc"][0]), e["type"], str(e["msg"]), attributes) for e in error.errors())
        raise BadIdentity(f"{persona_id}: " + "; ".join(lines)) from None


def _mistake(key: str, kind: str, message: str, given: Mapping[str, str | float]) -> str:
    if kind == "extra_forbidden":
        return f"unknown attribute {key!r}; allowed: {', '.join(sorted(attribute_keys()))}"
    return f"{key}: got {str(given.get(key))[:40]!r}; allowed: {allowed_values(key) or message}"


def attribute_keys() -> list[str]:
    """Every key a persona may write, as it is written (`hair.style`)."""
    return [info.alias or name for name, info in HostAttributes.model_fields.items()]


def allowed_values(key: str) -> str:
    """What `key` may hold, in words; empty for an unknown key."""
    for name, info in HostAttributes.model_fields.items():
        if key == (info.alias or name):
            choices = [str(choice) for choice in get_args(info.annotation)]
            return ", ".join(choices) if _is_choice(info.annotation) else _colour_words(key)
    return ""


def _is_choice(annotation: object) -> bool:
    return getattr(annotation, "__origin__", None) is Literal


def _colour_words(key: str) -> str:
    names = {"skin": SKIN, "hair.color": HAIR, "eyes.color": EYES}.get(key)
    if names is not None:
        return ", ".join([*names, ANY_COLOUR])
    spans = {"age": "a number from 20 to 70", "likeness": "a whole number from 0 to 999"}
    return ANY_COLOUR if key.endswith((".color", ".accent")) else spans.get(key, "a number from 0 to 1")
