"""Name -> backend. Factories import inside the function, so an unused backend costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from models.base import AvatarBackend, LanguageModel, SpeechModel
from models.errors import UnknownBackend


def _llama_cpp(**options: Any) -> LanguageModel:
    from models.language.llama_cpp import LlamaCppModel

    return LlamaCppModel(**options)


def _transformers(**options: Any) -> LanguageModel:
    from models.language.transformers import TransformersModel

    return TransformersModel(**options)


def _openai(**options: Any) -> LanguageModel:
    from models.language.openai import OpenAICompatibleModel

    return OpenAICompatibleModel(**options)


def _kokoro(**options: Any) -> SpeechModel:
    from models.speech.kokoro import KokoroModel

    return KokoroModel(**options)


def _puppet(*, live: bool = True, size: tuple[int, int] | None = None, **options: Any) -> AvatarBackend:
    from models.avatar.puppet import PuppetBackend

    return PuppetBackend(**options)


def _diffusion(
    *, live: bool = True, size: tuple[int, int] = (720, 1280), fallback: str | None = "puppet", **options: Any
) -> AvatarBackend:
    from models.avatar.diffusion.backend import create as create_diffusion
    from models.avatar.fallback import FallbackAvatar

    backend = create_diffusion(live=live, size=size, **options)
    # A live show must start whatever is missing; a recording or a preview with another host would mislead.
    return FallbackAvatar(backend, create(AVATAR, fallback)) if live and fallback else backend


def _lipsync(
    *, live: bool = True, size: tuple[int, int] | None = None, fallback: str | None = None, **options: Any
) -> AvatarBackend:
    from models.avatar.fallback import FallbackAvatar
    from models.avatar.lipsync.backend import LipsyncBackend

    backend = LipsyncBackend(**options)
    return FallbackAvatar(backend, create(AVATAR, fallback), only_first=["picture"]) if fallback else backend


T = TypeVar("T")

LANGUAGE: dict[str, Callable[..., LanguageModel]] = {
    "llama-cpp": _llama_cpp,
    "transformers": _transformers,
    "openai": _openai,
}
SPEECH: dict[str, Callable[..., SpeechModel]] = {"kokoro": _kokoro}
AVATAR: dict[str, Callable[..., AvatarBackend]] = {"diffusion": _diffusion, "lipsync": _lipsync, "puppet": _puppet}
"""Each takes `live` (whether frames have deadlines) and `size` (of the pictures), heeded where it matters."""


def create(table: dict[str, Callable[..., T]], name: str, **options: Any) -> T:
    """Make the backend called `name`.

    Raises:
        UnknownBackend: `name` is not in the table; the message lists the known ones.
    """
    if name not in table:
        raise UnknownBackend(f"unknown backend {name!r}; known: {', '.join(sorted(table))}")
    return table[name](**options)
