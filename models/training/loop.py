"""One leg of training: resume, step until the minutes are up, average, log, keep checkpoints that survive a kill."""

from __future__ import annotations

import argparse
import copy
import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from models.precision import quick_dtype

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Leg:
    """How long and how fast one leg trains."""

    work: Path
    """Folder of checkpoint.pt, curve.jsonl and the exported models."""
    minutes: float
    steps: int | None = None
    """Stop at this step of the whole training, if sooner."""
    batch: int = 8
    rate: float = 5e-4
    seed: int = 1
    device: str = "cpu"
    warmup: int = 100
    cooldown: float = 0.0
    """Share of the leg's minutes at its end in which the rate falls to a twentieth."""
    checkpoint_minutes: float = 3.0
    log_every: int = 25
    precision: str = "auto"
    """bf16 (autocast) or fp32; auto takes what this device is quicker in."""
    held: int = 8
    """Held-out heads that are measured with every checkpoint."""
    threads: int | None = None
    """CPU threads; None is torch's choice. Never more than there are idle cores: a waiting thread stops all others."""

    @classmethod
    def parser(cls, description: str, *, batch: int, rate: float) -> argparse.ArgumentParser:
        """A parser with the flags that every stage has."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("data", type=Path, help="folder with train/, held_identities/, held_sequences/")
        parser.add_argument("work", type=Path, help="folder for checkpoints, the curve and the model")
        parser.add_argument("--minutes", type=float, default=10.0)
        parser.add_argument("--steps", type=int, help="stop at this step of the whole training, if sooner")
        parser.add_argument("--batch", type=int, default=batch)
        parser.add_argument("--rate", type=float, default=rate)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ...")
        parser.add_argument("--warmup", type=int, default=100)
        parser.add_argument(
            "--cooldown", type=float, default=0.0, help="last share of the leg, in which the rate falls"
        )
        parser.add_argument("--checkpoint-minutes", type=float, default=3.0)
        parser.add_argument("--precision", choices=("auto", "bf16", "fp32"), default="auto")
        parser.add_argument("--threads", type=int, help="CPU threads; never more than there are idle cores")
        return parser

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Leg:
        """The leg that `parser`'s flags ask for."""
        names = (
            "work", "minutes", "steps", "batch", "rate", "seed", "device", "warmup", "cooldown", "checkpoint_minutes",
            "precision", "threads",
        )  # fmt: skip
        return cls(**{name: getattr(arguments, name) for name in names})

    def autocast(self) -> torch.autocast:
        """bfloat16 where it is safe and quick, on this leg's device."""
        half = self.precision == "bf16" or (self.precision == "auto" and quick_dtype(self.device) == torch.bfloat16)
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=half)


@dataclass
class TrainState:
    """All that a checkpoint holds: modules, averages, optimizers, step. Random numbers are functions of the step."""

    modules: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    averages: dict[str, EMAModel] = field(default_factory=dict)
    step: int = 0
    minutes: float = 0.0

    def save(self, path: Path) -> None:
        """Writes the whole state; the file is replaced in one move, so a kill leaves the old or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        parts: Mapping[str, Mapping[str, Any]] = {
            "modules": self.modules,
            "optimizers": self.optimizers,
            "averages": self.averages,
        }
        state: dict[str, Any] = {
            kind: {name: part.state_dict() for name, part in group.items()} for kind, group in parts.items()
        }
        temporary = path.with_suffix(".part")
        torch.save({**state, "step": self.step, "minutes": self.minutes}, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Reads what `save` wrote. Parts the file does not know (a critic switched on later) keep their start."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        groups: Mapping[str, Mapping[str, Any]] = {
            "modules": self.modules,
            "optimizers": self.optimizers,
            "averages": self.averages,
        }
        for kind, group in groups.items():
            for name, part in group.items():
                if name in state[kind]:
                    part.load_state_dict(state[kind][name])
        for name, average in self.averages.items():
            average.to(next(self.modules[name].parameters()).device)
        self.step, self.minutes = state["step"], state["minutes"]


def channels_last(module: Module, device: torch.device) -> Module:
    """The module on its device, in the memory order that convolutions like best."""
    module.to(device)
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def adamw(module: nn.Module, rate: float, *, betas: tuple[float, float] = (0.9, 0.99)) -> Optimizer:
    """AdamW (Loshchilov and Hutter 2019) in one fused pass."""
    return AdamW(module.parameters(), lr=rate, betas=betas, weight_decay=0.01, fused=True)


def ema(module: nn.Module, *, decay: float = 0.999) -> EMAModel:
    """A running average of the weights that starts fast and slows down to `decay`."""
    return EMAModel(module.parameters(), decay=decay, use_ema_warmup=True, inv_gamma=1.0, power=0.75, foreach=True)


def averaged(module: Module, average: EMAModel | None) -> Module:
    """A copy of the module, with the averaged weights if there are any."""
    twin = copy.deepcopy(module).eval()
    if average is not None:
        average.copy_to(twin.parameters())
    return twin


def freeze(module: nn.Module) -> None:
    """Takes the module out of training."""
    module.eval().requires_grad_(False)


def descend(optimizer: Optimizer, loss: Tensor, *, clip: float = 1.0) -> None:
    """One step down, with the gradient's norm held."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], clip)
    optimizer.step()


def run_leg(
    leg: Leg,
    state: TrainState,
    step: Callable[[int], dict[str, Tensor]],
    keep: Callable[[], dict[str, float]],
) -> None:
    """Trains for the leg's minutes, or to its step.

    Args:
        leg: how long, how fast.
        state: what to resume into and to save; `checkpoint.pt` in the leg's folder is read if it is there.
        step: trains one step; given its number, it returns losses to log. torch's generator is seeded for it.
        keep: called with every checkpoint: exports the averaged model, returns measures to log.
    """
    if leg.threads:
        torch.set_num_threads(leg.threads)
    checkpoint = leg.work / "checkpoint.pt"
    if checkpoint.exists():
        state.load(checkpoint)
    leg.work.mkdir(parents=True, exist_ok=True)
    began = kept = time.perf_counter()
    before = state.minutes
    sums: dict[str, Tensor] = {}
    with _interruptible(), (leg.work / "curve.jsonl").open("a", buffering=1) as curve:

        def log(values: Mapping[str, float]) -> None:
            line = {"step": state.step, "minutes": round(state.minutes, 3), **values}
            curve.write(json.dumps(line) + "\n")
            print(" ".join(f"{k} {v:.5g}" for k, v in line.items()), flush=True)

        try:
            while not _done(leg, state, time.perf_counter() - began):
                torch.manual_seed(leg.seed * 1_000_003 + state.step)
                rate = _set_rate(leg, state, time.perf_counter() - began)
                losses = step(state.step)
                for name, average in state.averages.items():
                    average.step(state.modules[name].parameters())
                state.step += 1
                now = time.perf_counter()
                state.minutes = before + (now - began) / 60
                for name, loss in losses.items():
                    sums[name] = sums.get(name, torch.zeros(())) + loss.detach().float().cpu() / leg.log_every
                if state.step % leg.log_every == 0:
                    log({"rate": rate, **{name: float(value) for name, value in sums.items()}})
                    sums.clear()
                if now - kept > 60 * leg.checkpoint_minutes:
                    state.save(checkpoint)
                    log(keep())
                    kept = time.perf_counter()
        except KeyboardInterrupt:
            print("interrupted: saving", flush=True)
        state.save(checkpoint)
        log(keep())


def _done(leg: Leg, state: TrainState, seconds: float) -> bool:
    return seconds >= 60 * leg.minutes or (leg.steps is not None and state.step >= leg.steps)


def _set_rate(leg: Leg, state: TrainState, seconds: float) -> float:
    """Warm-up, then constant, then down at the end of a leg that cools (warmup-stable-decay, Hu et al. 2024)."""
    rate = leg.rate * min(1.0, (state.step + 1) / max(leg.warmup, 1))
    left = 1 - seconds / (60 * leg.minutes)
    if leg.cooldown and left < leg.cooldown:
        rate *= max(0.05, left / leg.cooldown)
    for optimizer in state.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
    return rate


@contextmanager
def _interruptible() -> Iterator[None]:
    """A polite kill saves before it ends, as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        old = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: nobody can signal us
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)
