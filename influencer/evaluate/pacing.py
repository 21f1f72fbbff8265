"""Fits and measures the prediction of spoken seconds: `influencer eval pacing`.

Lines of real shows are spoken by the market's own voice; each is then predicted from a fit to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from influencer.brief import Brief
from influencer.evaluate.novelty import START
from influencer.market import Market
from influencer.script.pacing import FEATURES, features_of
from influencer.script.values import Position
from influencer.show.desk import MarketDesk
from models.base import SpeechModel
from models.speech.sentences import sentences
from streaming.media import SAMPLE_RATE

FOLDS = 8
_RIDGE = 0.02
"""Keeps a coefficient that few sentences speak for near to nothing."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line as it was said at speed 1, with the seconds of its sentences, pauses included."""

    text: str
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found for one market: coefficients from all lines, errors on lines left out of the fit."""

    market: str
    voice: str
    lines: int
    spoken_seconds: float
    seconds: dict[str, float]
    mean_error: float
    """Mean of |predicted - spoken| / spoken over held-out lines."""
    p95_error: float
    total_error: float
    """Of all held-out lines together: what a planned show is off by."""


async def lines_of(products: Sequence[Brief], market: Market, count: int) -> list[str]:
    """`count` different bound lines from all stretches of a show.

    Raises:
        InvalidInput: no product is sold in the market.
    """
    desk = MarketDesk(products, market, now=lambda: START, units=lambda _: 37)
    position, found = Position(), dict[str, None]()
    for _ in range(20 * count):
        if len(found) == count:
            break
        line = await desk.write(position)
        if line is not None:
            found[desk.bind(line)] = None
        for _ in range(5):  # every fifth position: all kinds and products come up
            position = desk.advance(position)
    return list(found)


def speak_all(
    lines: Sequence[str], market: Market, speech: SpeechModel, told: Callable[[str], None] = lambda _: None
) -> list[Spoken]:
    """Say every line in the market's first voice at speed 1. Blocks for about half their length."""
    voice = next(iter(market.voices.values()))
    spoken = []
    for text in lines:
        seconds = [
            sum(part.samples for part in speech.speak(one, language=market.id, voice=voice.id)) / SAMPLE_RATE
            for one in sentences(text)
        ]
        spoken.append(Spoken(text, tuple(seconds)))
        told(text)
    return spoken


def fit(market: Market, spoken: Sequence[Spoken]) -> Fit:
    """Coefficients of a market, and how far off they are on lines they have not seen."""
    predicted = np.zeros(len(spoken))
    for fold in range(FOLDS):
        weights = _weights(market, [line for at, line in enumerate(spoken) if at % FOLDS != fold])
        for at in range(fold, len(spoken), FOLDS):
            predicted[at] = float((_features(market, spoken[at]) @ weights).sum())
    true = np.array([sum(line.seconds) for line in spoken])
    errors = np.abs(predicted - true) / true
    final = _weights(market, spoken)
    return Fit(
        market=market.id,
        voice=next(iter(market.voices.values())).id,
        lines=len(spoken),
        spoken_seconds=round(float(true.sum()), 1),
        seconds={name: round(float(value), 5) for name, value in zip(FEATURES, final, strict=True)},
        mean_error=round(float(errors.mean()), 4),
        p95_error=round(float(np.percentile(errors, 95)), 4),
        total_error=round(float(abs(predicted.sum() - true.sum()) / true.sum()), 4),
    )


def as_data(fits: Sequence[Fit]) -> list[dict[str, Any]]:
    """The fits for JSON."""
    return [asdict(one) for one in fits]


def as_yaml(fits: Sequence[Fit]) -> str:
    """The coefficients as `influencer/script/pacing.yaml` holds them, by language."""
    data = {
        one.market.split("-")[0]: {
            "voice": one.voice, "lines": one.lines, "mean_error": one.mean_error, "p95_error": one.p95_error,
            "seconds": one.seconds,
        }
        for one in fits
    }  # fmt: skip
    head = "# Written by `influencer eval pacing --coefficients`: seconds for each count of a sentence, and the error\n"
    return f"{head}# on lines left out of the fit.\n{yaml.safe_dump(data, sort_keys=False)}"


def as_markdown(fits: Sequence[Fit]) -> str:
    """The held-out errors as a table."""
    rows = ["| market | voice | lines | spoken, s | mean error | p95 error | error of the sum |", "|" + " --- |" * 7]
    rows += [
        f"| {one.market} | {one.voice} | {one.lines} | {one.spoken_seconds:g} | {one.mean_error:.1%} | "
        f"{one.p95_error:.1%} | {one.total_error:.1%} |"
        for one in fits
    ]
    return "\n".join(rows)


def _features(market: Market, line: Spoken) -> Floats:
    return np.array([features_of(one, market.language) for one in sentences(line.text)])


def _weights(market: Market, spoken: Sequence[Spoken]) -> Floats:
    """Least squares with a ridge on features scaled to their own size; float64 (features,)."""
    rows = np.concatenate([_features(market, line) for line in spoken])
    true = np.concatenate([np.array(line.seconds) for line in spoken])
    size = np.maximum(np.abs(rows).max(axis=0), 1.0)
    scaled = rows / size
    square = scaled.T @ scaled + _RIDGE * np.eye(scaled.shape[1])
    return np.asarray(np.linalg.solve(square, scaled.T @ true) / size, dtype=np.float64)
