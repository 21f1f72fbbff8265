"""Kokoro's phonemes, with their durations, to the fifteen Oculus visemes.

The classes follow Meta's viseme reference (developers.meta.com, "Viseme Reference"), widened to the sounds of ten
languages: the place of the lips and the tongue tip decides, the rest cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.base import Viseme, VisemeSpan
from models.speech.vocabulary import PUNCTUATION

SAMPLES_PER_UNIT = 1_200
"""Samples at 48 kHz in one unit of Kokoro's durations (25 ms)."""

_CLASSES: tuple[tuple[Viseme, str], ...] = (
    ("PP", "pbm"),
    ("FF", "fvɸʋ"),
    ("TH", "θð"),
    ("DD", "tdTʈɖ"),
    ("kk", "kɡxɣχqç"),
    ("CH", "ʧʤʃʒɕʨʥʂꭧʝcɟ"),
    ("SS", "szʦʣS"),
    ("nn", "nlŋɲʎɳɴ"),
    ("RR", "ɹrɾʁɻɽɚ"),
    ("aa", "aɑɐæʌɜ"),
    ("E", "eɛəᵊøœɤ"),
    ("I", "iɪjɨᵻ"),
    ("O", "oɔɒ"),
    ("U", "uʊwyɯɥɰβ"),
)
_OF: dict[str, Viseme] = {symbol: viseme for viseme, symbols in _CLASSES for symbol in symbols}
_DIPHTHONGS: dict[str, tuple[Viseme, Viseme]] = {
    "A": ("E", "I"), "I": ("aa", "I"), "O": ("O", "U"), "Q": ("E", "U"), "W": ("aa", "U"), "Y": ("O", "I"),
}  # fmt: skip
_VOWELS = frozenset("aɑɐæʌɜeɛəøœɤiɪɨᵻoɔɒuʊyɯAIOQWYɚ")
_STRESS = {"ˈ": 1.0, "ˌ": 0.5}
_NEXT_SHAPE = frozenset("hʔ")
"""Made in the throat: the mouth already has the shape of what follows."""
_LENGTHEN = frozenset("ːʰʲᵝ\u0303↓→↗↘")
_LEAD_UNITS = 2.2
"""The decoder sounds each token about 55 ms before its place: measured by correlating loudness with vowels, 50..65 ms
in six languages (Kokoro's own `join_timestamps` takes 75 ms off the first token for the same reason)."""
_SHORT_GAP = 2
"""A space of up to this many units is no pause: the mouth goes straight on."""
_GLIDE = 0.6
"""Share of a diphthong that its first shape holds."""


@dataclass(slots=True)
class _Shape:
    viseme: Viseme
    units: float
    stress: float = 0.0


def viseme_of(phoneme: str) -> Viseme:
    """The first mouth shape of one Kokoro symbol; "sil" for punctuation and spaces."""
    if phoneme in _DIPHTHONGS:
        return _DIPHTHONGS[phoneme][0]
    return _OF.get(phoneme, "sil")


def spans(phonemes: str, units: Sequence[float]) -> tuple[VisemeSpan, ...]:
    """Mouth shapes in samples at 48 kHz, without gap or overlap, from sample 0.

    Args:
        phonemes: symbols of the vocabulary.
        units: duration of each token in units of 25 ms; one more at each end for the padding tokens.

    Raises:
        ValueError: the counts do not fit.
    """
    if len(units) != len(phonemes) + 2:
        raise ValueError(f"{len(phonemes)} phonemes need {len(phonemes) + 2} durations, got {len(units)}")
    lead = min(_LEAD_UNITS, units[0])
    shapes = [_Shape("sil", units[0] - lead), *_shapes(phonemes, units[1:-1]), _Shape("sil", units[-1] + lead)]
    return tuple(_timed(_merged(shapes)))


def word_ends(phonemes: str, units: Sequence[float]) -> tuple[int, ...]:
    """Where each word ends, in samples at 48 kHz; the arguments are those of `spans`."""
    ends: list[int] = []
    position = units[0] - min(_LEAD_UNITS, units[0])
    breaks = PUNCTUATION | {" "}
    for symbol, following, length in zip(phonemes, phonemes[1:] + " ", units[1:-1], strict=True):
        position += length
        if symbol not in breaks and following in breaks:
            ends.append(round(position * SAMPLES_PER_UNIT))
    return tuple(ends)


def _shapes(phonemes: str, units: Sequence[float]) -> list[_Shape]:
    shapes: list[_Shape] = []
    pending = stress = 0.0
    for index, (symbol, length) in enumerate(zip(phonemes, units, strict=True)):
        if symbol in _STRESS:
            stress, pending = _STRESS[symbol], pending + length
        elif symbol in _NEXT_SHAPE and index + 1 < len(phonemes) and phonemes[index + 1] not in PUNCTUATION:
            pending += length
        elif shapes and (symbol in _LENGTHEN or (symbol == " " and length <= _SHORT_GAP)):
            shapes[-1].units += length
        else:
            shapes += _one(symbol, pending + length, stress)
            pending = 0.0
            stress = 0.0 if symbol in _VOWELS or symbol in PUNCTUATION else stress
    if pending and shapes:
        shapes[-1].units += pending
    return shapes


def _one(symbol: str, length: float, stress: float) -> Iterable[_Shape]:
    if symbol not in _DIPHTHONGS:
        return (_Shape(viseme_of(symbol), length, stress),)
    first, second = _DIPHTHONGS[symbol]
    return (_Shape(first, length * _GLIDE, stress), _Shape(second, length * (1 - _GLIDE), stress))


def _merged(shapes: Iterable[_Shape]) -> list[_Shape]:
    out: list[_Shape] = []
    for shape in shapes:
        if shape.units <= 0:
            continue
        if out and out[-1].viseme == shape.viseme and out[-1].stress == shape.stress:
            out[-1].units += shape.units
        else:
            out.append(shape)
    return out


def _timed(shapes: Iterable[_Shape]) -> Iterable[VisemeSpan]:
    start, position = 0, 0.0
    for shape in shapes:
        position += shape.units * SAMPLES_PER_UNIT
        end = round(position)
        yield VisemeSpan(shape.viseme, start, end, shape.stress)
        start = end


def window(spans: Iterable[VisemeSpan], start: int, end: int, pause: int = 0) -> tuple[VisemeSpan, ...]:
    """The spans between two samples, moved to begin at 0, with `pause` samples of silence after them."""
    cut = [
        VisemeSpan(span.viseme, max(span.start, start) - start, min(span.end, end) - start, span.stress)
        for span in spans
        if span.end > start and span.start < end
    ]
    if not cut or cut[-1].viseme != "sil":
        cut.append(VisemeSpan("sil", end - start, end - start + pause))
    else:
        cut[-1] = VisemeSpan("sil", cut[-1].start, end - start + pause)
    return tuple(span for span in cut if span.end > span.start)
