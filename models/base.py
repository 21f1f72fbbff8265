"""What a backend must do, and the values that pass in and out. No tensor type appears here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from streaming.media import Pcm, Rgba

# --- language ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One message of a prompt. Viewer text is only ever sent as `user`, never as `system`."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """What an answer may be, written twice: llama.cpp takes GBNF, other servers a regular expression over the whole."""

    gbnf: str
    regex: str


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """Sampling limits. `timeout_s` bounds the whole generation. A backend may ignore `grammar`: check the answer."""

    max_tokens: int = 160
    temperature: float = 0.7
    top_p: float = 0.9
    seed: int | None = None
    stop: tuple[str, ...] = ()
    timeout_s: float = 20.0
    grammar: Grammar | None = None


class LanguageModel(Protocol):
    """Streams text for a prompt."""

    name: str

    def stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncIterator[str]:
        """Yield pieces of text as they are made. Closing the iterator cancels within one token.

        Raises:
            models.errors.GenerationTimeout: `timeout_s` passed; what was yielded so far stands.
            models.errors.BackendUnavailable: the model or server cannot be reached; retrying may help.
            models.errors.ModelError: the request cannot be served at all (too long, a wrong grammar, a refused key).
        """
        ...

    async def aclose(self) -> None:
        """Free the model. Idempotent."""
        ...


# --- speech -----------------------------------------------------------------------------------------------------

Viseme = Literal["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
"""The fifteen Oculus visemes (Meta, "Viseme Reference"), ARKit-compatible through `models.avatar.visemes`."""


@dataclass(frozen=True, slots=True)
class VisemeSpan:
    """One mouth shape. `start`, `end` in samples at 48 kHz from the start of its speech; `stress` in 0..1."""

    viseme: Viseme
    start: int
    end: int
    stress: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """One spoken sentence: mono int16 48 kHz PCM and the mouth shapes that cover it without gap or overlap."""

    text: str
    language: str
    pcm: Pcm
    visemes: tuple[VisemeSpan, ...]
    words: tuple[int, ...] = ()
    """Where each spoken word ends, in rising samples at 48 kHz: places to stop. Empty when the model does not tell."""

    @property
    def samples(self) -> int:
        """Length in 48 kHz samples."""
        return int(self.pcm.shape[0])


class SpeechModel(Protocol):
    """Text to speech with mouth timings. Calls block: run them in a worker thread."""

    name: str

    def speak(self, text: str, *, language: str, voice: str, speed: float = 1.0) -> Iterator[Speech]:
        """Yield one `Speech` a sentence, in order, as soon as each is ready.

        `text` may hold numbers, currency and units: they are spelled out in `language` (BCP 47, e.g. "ko-KR").

        Raises:
            models.errors.UnsupportedLanguage: `language` has no phonemizer or `voice` does not exist.
        """
        ...

    def close(self) -> None:
        """Free the model and any helper process. Idempotent."""
        ...


# --- avatar -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FrameControls:
    """What the host does in one frame. Angles in degrees, everything else 0..1 unless said.

    Mouth shapes follow the fifteen Oculus visemes, the rest ARKit's face units, so every avatar tier reads the same.
    """

    visemes: tuple[tuple[Viseme, float], ...] = (("sil", 1.0),)
    """Weights that sum to 1: two while a mouth moves from one shape to the next."""
    jaw_open: float = 0.0
    blink_left: float = 0.0
    blink_right: float = 0.0
    gaze_x: float = 0.0
    """-1 (the host's picture-left) to 1 (picture-right); 0 looks at the camera."""
    gaze_y: float = 0.0
    """-1 down to 1 up."""
    brow_raise: float = 0.0
    brow_frown: float = 0.0
    smile: float = 0.3
    head_yaw: float = 0.0
    head_pitch: float = 0.0
    head_roll: float = 0.0
    shoulder_sway: float = 0.0
    """-1..1, sideways lean of the torso."""
    breath: float = 0.0
    hand_raise: float = 0.0
    """0 hands down, 1 an open-hand gesture toward the product card."""


@dataclass(frozen=True, slots=True)
class AvatarIdentity:
    """Who is drawn: a persona's named attributes, resolved for one market. Keys are documented per backend."""

    persona_id: str
    attributes: dict[str, str | float] = field(default_factory=dict)
    footage: frozenset[str] = frozenset()
    """SHA-256 (see `models.avatar.footage_hash`) of recordings that somebody has vouched for: a backend that animates
    recordings takes no other."""

    def key(self) -> str:
        """A stable cache key."""
        return repr((self.persona_id, sorted(self.attributes.items())))


class AvatarSession(Protocol):
    """One identity, prepared. Not thread-safe: one caller at a time."""

    size: tuple[int, int]
    """(width, height) of the frames it makes."""

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """Draw a batch, one RGBA frame (height, width, 4; opaque) for each control, in order. Blocks."""
        ...

    def close(self) -> None:
        """Free what the identity holds. Idempotent."""
        ...


@runtime_checkable
class ForesightedSession(AvatarSession, Protocol):
    """A session that draws elsewhere and can begin with frames before they are asked for."""

    def expect(self, controls: Sequence[FrameControls]) -> None:
        """These very controls are rendered after what was expected before: begin with them. Does not block.

        Whoever calls it may expect several batches and render them in the same order. When something else is rendered
        instead, all expectations are dropped, and only work is lost.
        """
        ...


@runtime_checkable
class AudioDrivenSession(AvatarSession, Protocol):
    """A session whose mouth follows the sound itself. Without speech `render` is called, as for every session."""

    def render_speech(self, controls: Sequence[FrameControls], pcm: Pcm, frames: Sequence[int]) -> list[Rgba]:
        """Draw frames `frames` of a sentence, one RGBA frame for each control, in order. Blocks.

        Args:
            controls: as for `render`, one for each of `frames`.
            pcm: the whole sentence, so that a frame can hear what comes after it; the same array in every call.
            frames: rising indices at 25 fps from the start of `pcm`; some may be left out under load.

        Raises:
            ValueError: not as many frames as controls.
        """
        ...


class AvatarBackend(Protocol):
    """A renderer of hosts: identity once, then controls in batches."""

    name: str

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> AvatarSession:
        """Prepare an identity at (width, height).

        Raises:
            models.errors.BadIdentity: an attribute is unknown or out of range; the message names it and the allowed.
        """
        ...

    def close(self) -> None:
        """Free shared resources. Idempotent."""
        ...
