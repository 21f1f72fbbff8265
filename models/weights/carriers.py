"""Fetching one archive from a public registry with the registry's ordinary client."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

from models.weights.manifest import Package

TIMEOUT_S = 900.0
"""Seconds one archive (at most 90 MB) may take: a tenth of a megabyte a second is still enough."""

_URL = re.compile(r"\w+://\S+")


class CarrierError(Exception):
    """The client is missing or could not fetch; the message is one line and says how to go on."""


def fetch_archive(package: Package, folder: Path) -> Path:
    """Download the archive of `package` into the empty `folder`. Nothing of it is installed or run.

    Raises:
        CarrierError: the client is missing, or failed.
    """
    command = _pip(package.spec, folder) if package.client == "pip" else _npm(package.spec, folder)
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CarrierError(f"{package.client} took longer than {TIMEOUT_S:.0f} s for {package.spec}") from error
    archives = [path for path in folder.iterdir() if path.suffix in {".whl", ".tgz"} and path.is_file()]
    if done.returncode or len(archives) != 1:
        raise CarrierError(f"{package.client} could not fetch {package.spec}: {_reason(done.stderr)}")
    return archives[0]


def _pip(spec: str, folder: Path) -> list[str]:
    options = ["--only-binary=:all:", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    # Wheels only: a source distribution would run its build script. Two retries, so that no network is found out soon.
    return [*_pip_itself(), "download", "--quiet", *options, "--retries", "2", "--dest", str(folder), spec]


def _pip_itself() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip3") or shutil.which("pip")
    if not found:
        raise CarrierError(
            f"pip is missing: run `{Path(sys.executable).name} -m ensurepip`, then the same command again"
        )
    return [found]


def _npm(spec: str, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if not npm:
        raise CarrierError(
            "npm is missing: install Node.js 18 or newer (Debian, Ubuntu: apt-get install npm; macOS: "
            "brew install node), then run the same command again"
        )
    return [npm, "pack", spec, "--ignore-scripts", "--fetch-retries=2", "--loglevel=error",
            f"--pack-destination={folder}"]  # fmt: skip


def _reason(stderr: str) -> str:
    """The client's own last word on it. Addresses are cut: a private index may have a password in its URL."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("ERROR", "npm error", "npm ERR!"))]
    # npm says the cause first and ends with where its log is; pip says the cause last.
    said = next((line for line in telling if line.startswith("npm") and len(line) > 40), None)
    line = said or (telling or lines or ["it gave no reason"])[-1]
    return _URL.sub("(address)", line)[:300]
