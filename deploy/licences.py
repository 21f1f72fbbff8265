"""Write docs/licences.md: every dependency, weight, font and asset with its licence.

`python deploy/licences.py` writes it; `--check` fails when it is out of date, when a licence is unknown, or when a GPL
or AGPL package is among what our process imports. It must run where the project and all its extras are installed.

The list holds no versions, and markers are judged for one fixed platform, so it is the same on every machine.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "licences.md"
ASSET_FOLDERS = ("configs", "influencer/web/static", "tests/browser/vendor")
TORCH_BUILDS = ("nvidia-", "cuda-", "triton")
"""Which of these torch needs depends on the build that pip picks: described in words instead."""
PLATFORM = {
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "implementation_name": "cpython",
    "implementation_version": "3.11.9",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_release": "",
    "platform_version": "",
}
SPDX = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
_VAGUE = {"bsd", "lgpl", "gpl", "apache", "unknown", "other"}


class LicenceError(Exception):
    """Something in the list is not allowed or not known; one line for each."""


def main(arguments: list[str]) -> int:
    """Write or check the document; the exit code."""
    known = tomllib.loads((ROOT / "deploy" / "licences.toml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        text = document(project, known)
    except LicenceError as error:
        print(error, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    return check(text, DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else "")


def check(fresh: str, written: str) -> int:
    """Compare. A change deep in the graph of dependencies is only mentioned: others' releases must not break us."""
    deep_fresh, deep_written = _indirect(fresh), _indirect(written)
    if fresh.replace(deep_fresh, "") != written.replace(deep_written, "") or not deep_written:
        print("docs/licences.md is out of date: run python deploy/licences.py", file=sys.stderr)
        return 1
    for row in sorted({*deep_fresh.splitlines()} ^ {*deep_written.splitlines()}):
        sign = "new" if row in deep_fresh else "gone"
        print(f"note: {sign} among the indirect dependencies: {row}", file=sys.stderr)
    return 0


def document(project: dict[str, Any], known: dict[str, Any]) -> str:
    """The whole document.

    Raises:
        LicenceError: a licence is unknown, or not allowed where it is used.
    """
    extras = project["optional-dependencies"]
    runtime = graph(project["dependencies"])
    optional = graph([*extras["espeak"], *extras["whisper"]])
    tools = graph([*extras["test"], *extras["check"]])
    everything = runtime | optional | tools
    licences = {name: licence_of(name, known) for name in sorted(everything)}
    refuse(runtime | optional, licences, known)
    named = {canonicalize_name(Requirement(r).name) for r in project["dependencies"]}
    own_tools = {canonicalize_name(Requirement(r).name) for r in [*extras["test"], *extras["check"]]}
    own_optional = {canonicalize_name(Requirement(r).name) for r in [*extras["espeak"], *extras["whisper"]]}
    bundled = known["bundled"]

    def rows(names: Iterable[str]) -> list[tuple[str, ...]]:
        return [(name, licences[name], bundled.get(name, "")) for name in sorted(names)]

    head = ("package", "licence", "native libraries under other terms")
    return "\n".join(
        [
            "# Licences",
            "",
            "Made by `python deploy/licences.py` and checked in CI; do not edit. This project is under Apache-2.0.",
            "",
            "## Packages our process imports",
            *table(head, rows(named)),
            "## Optional packages",
            *(f"`{name}`: {why}." for name, why in sorted(known["out-of-process"].items())),
            *table(head, rows(own_optional)),
            "## Packages for tests and development only",
            *table(head, rows(own_tools)),
            "## What these need in turn",
            *table(head, rows(everything - named - own_optional - own_tools)),
            "PyTorch's CUDA builds also bring NVIDIA's libraries (proprietary, free to use) and Triton (MIT).",
            "",
            *FFMPEG,
            "## Weights and fonts",
            "Fetched on demand by the weight store, verified by SHA-256, and not part of this repository.",
            *table(("name", "licence", "what it is for", "licence text"), list(weights())),
            "## Assets in this repository",
            *table(("files", "what", "licence", "source"), assets(known["assets"])),
        ]
    ).rstrip() + "\n"  # fmt: skip


FFMPEG = (
    "PyAV's wheels carry libx264 and libx265, which are GPL-2.0-or-later. Our code stays Apache-2.0 and pip fetches",
    "the wheel for each user, but whoever hands out a bundle of the two (an image, an installer) must follow the GPL",
    "for it, or build PyAV against an FFmpeg without them. H.264 and AAC may need patent licences where a show is",
    "published.",
    "",
)


def graph(requirements: Iterable[str]) -> set[str]:
    """The canonical names of everything the requirements need, themselves included.

    Raises:
        LicenceError: a package is not installed, so its licence cannot be read.
    """
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in found or name.startswith(TORCH_BUILDS):
            continue
        found.add(key)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            raise LicenceError(f"{name} is not installed: make check installs everything first") from None
        waiting += [need for need in map(Requirement, needs) if applies(need, requirement.extras)]
    return {name for name, _ in found}


def applies(need: Requirement, extras: set[str]) -> bool:
    """Whether a dependency counts on the fixed platform with the given extras."""
    return need.marker is None or any(need.marker.evaluate({**PLATFORM, "extra": e}) for e in ("", *extras))


def licence_of(name: str, known: dict[str, Any]) -> str:
    """The SPDX expression of an installed package.

    Raises:
        LicenceError: its metadata does not say, and neither does deploy/licences.toml.
    """
    if name in known["packages"]:
        return str(known["packages"][name])
    metadata = importlib.metadata.metadata(name)
    classifiers = [c.split("::")[-1].strip() for c in metadata.get_all("Classifier") or [] if c.startswith("License")]
    fields = [metadata[field].strip() for field in ("License-Expression", "License") if field in metadata]
    for said in (*fields, *classifiers):
        spdx = SPDX.get(said.lower(), said)
        if _EXPRESSION.fullmatch(spdx) and spdx.lower() not in _VAGUE:
            return str(spdx)
    raise LicenceError(f"{name}: its metadata names no licence; look it up and add it to deploy/licences.toml")


def refuse(names: Iterable[str], licences: dict[str, str], known: dict[str, Any]) -> None:
    """Refuse GPL and AGPL among what runs in our process.

    Raises:
        LicenceError: one line for each.
    """
    wrong = [name for name in sorted(names) if strong_copyleft(licences[name]) and name not in known["out-of-process"]]
    if wrong:
        raise LicenceError("\n".join(f"{name}: {licences[name]} may not be imported by our process" for name in wrong))


def strong_copyleft(expression: str) -> bool:
    """Whether every way to use the package is under the GPL or AGPL (the LGPL and linking exceptions are not)."""
    return all(
        any(re.match(r"A?GPL", part) and " WITH " not in part for part in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def weights() -> Iterator[tuple[str, ...]]:
    """A row for each artifact of the weight store."""
    manifest = tomllib.loads((ROOT / "models" / "weights.toml").read_text(encoding="utf-8"))
    for name, artifact in sorted(manifest.items()):
        yield name, artifact["licence"], artifact["purpose"], f"<{artifact['licence_url']}>"


def assets(entries: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """A row for each pattern that some file matches.

    Raises:
        LicenceError: a file matches none, or one that says its licence is unknown.
    """
    files = [path for folder in ASSET_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    used: dict[str, dict[str, str]] = {}
    for path in sorted(files):
        name = path.relative_to(ROOT).as_posix()
        entry = next((entry for entry in entries if fnmatch(name, entry["pattern"])), None)
        if entry is None or entry["licence"] == "unknown":
            raise LicenceError(f"{name}: add it with its licence to deploy/licences.toml")
        used[entry["pattern"]] = entry
    return [(f"`{name}`", entry["what"], entry["licence"], entry["source"]) for name, entry in sorted(used.items())]


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """A Markdown table between empty lines."""
    lines = [head, ("---",) * len(head), *rows]
    return ["", *("| " + " | ".join(line) + " |" for line in lines), ""]


def _indirect(text: str) -> str:
    """The rows of the indirect dependencies."""
    found = re.search(r"## What these need in turn\n(.*?)\n\n[^|]", text, re.DOTALL)
    return found.group(1) if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
