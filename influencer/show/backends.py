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


def create_backends(settings: Settings, *, with_language: bool = True) -> Backends:
    """Make what the preset names.

    Raises:
        UnknownBackend: a name is not in the registry; the message lists the known ones.
    """
    choice = settings.language
    language = None
    if with_language and choice.backend != "none":
        language = registry.create(registry.LANGUAGE, choice.backend, **choice.options)
    return Backends(
        language=language,
        speech=registry.create(registry.SPEECH, settings.speech.backend, **settings.speech.options),
        avatar=registry.create(registry.AVATAR, settings.avatar.backend, **settings.avatar.options),
    )
