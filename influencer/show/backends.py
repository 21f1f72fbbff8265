"""The models a process shares among its shows, chosen by the settings and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.settings import Settings
from models import registry
from models.base import AvatarBackend, LanguageModel, SpeechModel


@dataclass(frozen=True, slots=True)
class Backends:
    """One of each kind; `language` is None when all writing is left to the templates."""

    language: LanguageModel | None
    speech: SpeechModel
    avatar: AvatarBackend

    async def aclose(self) -> None:
        """Free them all."""
        if self.language is not None:
            await self.language.aclose()
        self.speech.close()
        self.avatar.close()


def create_avatar(settings: Settings, name: str | None = None, *, live: bool) -> AvatarBackend:
    """The preset's avatar, or the one called `name` (with the preset's options only if the preset names it too).

    Args:
        settings: names the avatar and the picture's size.
        name: a registry name; the preset's own when None.
        live: whether frames have deadlines. A live avatar that cannot draw is replaced by its fallback; a recording's
            or a preview's says why instead.

    Raises:
        UnknownBackend: the name is not in the registry; the message lists the known ones.
    """
    chosen = name or settings.avatar.backend
    options = settings.avatar.options if chosen == settings.avatar.backend else {}
    return registry.create(registry.AVATAR, chosen, **{"live": live, "size": settings.picture.size, **options})


def create_speech(settings: Settings) -> SpeechModel:
    """The preset's voice.

    Raises:
        UnknownBackend: the name is not in the registry; the message lists the known ones.
    """
    return registry.create(registry.SPEECH, settings.speech.backend, **settings.speech.options)


def create_language(settings: Settings) -> LanguageModel | None:
    """The preset's language model; None when all writing is left to the templates.

    Raises:
        UnknownBackend: the name is not in the registry; the message lists the known ones.
    """
    choice = settings.language
    return None if choice.backend == "none" else registry.create(registry.LANGUAGE, choice.backend, **choice.options)


def create_backends(settings: Settings, *, with_language: bool = True, live: bool = True) -> Backends:
    """Make what the preset names; `live` as for `create_avatar`.

    Raises:
        UnknownBackend: a name is not in the registry; the message lists the known ones.
    """
    return Backends(
        language=create_language(settings) if with_language else None,
        speech=create_speech(settings),
        avatar=create_avatar(settings, live=live),
    )
