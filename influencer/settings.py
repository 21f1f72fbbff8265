"""How this process is set up: a preset file, overridden by the environment. Nothing else asks which machine it is on.

Order of precedence: arguments, environment (INFLUENCER_SPEECH__THREADS=2), configs/presets/<preset>.yaml.
Secrets come from the environment only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.paths import configs_dir

PRESETS = ("embedded", "studio", "cluster")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BackendChoice(_Part):
    """A registry name and the options its factory takes."""

    backend: str
    options: dict[str, Any] = {}

    @field_validator("options")
    @classmethod
    def _numbers_from_the_environment(cls, options: dict[str, Any]) -> dict[str, Any]:
        """INFLUENCER_SPEECH__OPTIONS__THREADS=2 arrives as text."""
        return {name: int(v) if isinstance(v, str) and v.isdecimal() else v for name, v in options.items()}


class LanguageChoice(BackendChoice):
    """Who writes model lines; backend "none" leaves all writing to the templates."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Fraction of script lines the model is asked for; the rest are template lines."""
    languages: tuple[str, ...] = ("en", "ko", "ja", "zh", "es", "pt", "fr", "it", "hi", "id")
    """ISO 639-1 codes of the languages it writes well enough to be asked."""


class Picture(_Part):
    """The composed picture and its one encode."""

    width: Annotated[int, Field(ge=180, le=1920, multiple_of=2)] = 720
    height: Annotated[int, Field(ge=320, le=1920, multiple_of=2)] = 1280
    bitrate: Annotated[int, Field(ge=100_000, le=20_000_000)] = 2_500_000

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height


class Delivery(_Part):
    """Who may watch, and over what."""

    max_viewers: Annotated[int, Field(ge=1, le=2000)] = 100
    host_addresses: tuple[str, ...] | None = None
    """ICE host candidates; none means every address of the machine."""
    hls: bool = True


class Freshness(_Part):
    """How much a show may repeat itself before operators are told."""

    hours: Annotated[float, Field(ge=0.1, le=72)] = 8.0
    """How long a line counts as said before."""
    budget: Annotated[float, Field(ge=0, le=1)] = 0.6
    """The share of runs of words said before, over the last fifty lines, up to which a show is fresh enough."""


class Recording(_Part):
    """The rolling recording of live shows, from which single sentences are played again."""

    on: bool = False
    folder: Path = Path("recordings")
    """Where segments are kept: a folder for each start of a show."""
    megabytes: Annotated[int, Field(ge=10, le=1_000_000)] = 2000
    """All recordings together; the oldest segments go first."""


class Http(_Part):
    """Where pages and the API listen."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    https: bool = False
    """Whether people reach it over TLS (by a proxy in front): cookies are then Secure, and browsers insist on TLS."""


class Sessions(_Part):
    """How long people stay signed in."""

    hours: Annotated[int, Field(ge=1, le=168)] = 12
    """After the sign-in, however much it is used."""
    idle_minutes: Annotated[int, Field(ge=5, le=10_080)] = 120
    """After the last use. An open desk counts as use."""


class Oidc(_Part):
    """An identity provider (OpenID Connect) that people may sign in with."""

    issuer: str
    """Its https URL, as its own description gives it."""
    client_id: str
    client_secret: SecretStr | None = None
    name: str = "your organisation"
    """What the sign-in page calls it."""


class Payments(_Part):
    """Who takes the money. The secrets come from the environment."""

    provider: Literal["sandbox", "stripe"] = "sandbox"
    """sandbox: the test provider, no money moves."""
    hold_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """How long an order that waits for its payment keeps its stock."""
    public_url: str = ""
    """Scheme and host under which viewers reach the pages; Stripe needs it to send them back."""
    secret_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    api_base: str = "https://api.stripe.com"

    @model_validator(mode="after")
    def _stripe_needs_its_secrets(self) -> Payments:
        if self.provider == "stripe":
            needed = {
                "secret_key": self.secret_key,
                "webhook_secret": self.webhook_secret,
                "public_url": self.public_url,
            }
            missing = [name for name, value in needed.items() if not value]
            if missing:
                raise ValueError(f"stripe also needs {', '.join(missing)}")
        return self


class Settings(BaseSettings):
    """Everything that differs between a laptop, a GPU box and a cluster."""

    model_config = SettingsConfigDict(
        env_prefix="INFLUENCER_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    preset: Literal["embedded", "studio", "cluster"] = "embedded"
    language: LanguageChoice
    speech: BackendChoice
    avatar: BackendChoice
    weights: tuple[str, ...] = ()
    """Artifacts of models/weights.toml that `models pull` fetches for this preset."""
    picture: Picture = Picture()
    delivery: Delivery = Delivery()
    http: Http = Http()
    recording: Recording = Recording()
    freshness: Freshness = Freshness()
    sessions: Sessions = Sessions()
    payments: Payments = Payments()
    database: str = "sqlite+aiosqlite:///influencer.db"
    half_life_s: Annotated[float, Field(ge=5, le=86_400)] = 120.0
    """Time-decay attribution: a sentence said this many seconds earlier counts half."""
    max_shows: Annotated[int, Field(ge=1, le=64)] = 2
    demo: bool = False
    """Demo mode: loopback only, signs in by itself."""
    operator_token: SecretStr | None = None
    """Bearer token for programs, with the role operator; none means that programs use API keys."""
    viewer_token: SecretStr | None = None
    """Bearer token for WHEP; none means open."""
    allowed_origins: tuple[str, ...] = ()
    oidc: Oidc | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the preset's file."""
        preset = _preset_file(init_settings.init_kwargs.get("preset"))  # type: ignore[attr-defined]
        return init_settings, env_settings, _Preset(settings_cls, yaml_file=preset)


class _Preset(YamlConfigSettingsSource):
    """The preset's file, without the options of a backend that the environment replaces: they are not the other's."""

    def __call__(self) -> dict[str, Any]:
        """The file's values."""
        values = super().__call__()
        for part in ("language", "speech", "avatar"):
            chosen = os.environ.get(f"INFLUENCER_{part.upper()}__BACKEND")
            if part in values and chosen not in (None, values[part].get("backend")):
                values[part] = {key: value for key, value in values[part].items() if key != "options"}
        return values


def _preset_file(given: str | None) -> Path:
    name = given or os.environ.get("INFLUENCER_PRESET", "embedded")
    if name not in PRESETS:
        raise NotFound(f"preset: got {name!r}; allowed: {', '.join(PRESETS)}")
    return configs_dir() / "presets" / f"{name}.yaml"


def load_settings(**overrides: Any) -> Settings:
    """Read the preset and the environment.

    Raises:
        InvalidInput: a value is wrong; the message names the field and what is allowed.
        NotFound: the preset does not exist.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        mistakes = [
            Mistake(".".join(map(str, item["loc"])), repr(item.get("input"))[:60], item["msg"])
            for item in error.errors(include_url=False)
        ]
        raise InvalidInput("settings", mistakes) from None
