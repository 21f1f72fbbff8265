"""Sets up a checkout: virtual environment, packages, system parts, weights. Standard library only.

Run by `make demo`, `make test` and `make check`; each step is skipped when it is already done, so a second run takes
a second. Every failure says in plain words what is missing and how to go on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = Path(os.environ.get("INFLUENCER_VENV", ROOT / ".venv"))
PYTHON = VENV / "bin" / "python"
NEEDED_GIB = {"check": 4, "test": 5, "demo": 6}
EXTRAS = {"demo": "espeak", "test": "espeak,test,whisper", "check": "espeak,test,whisper,check"}
# Debian names of what cannot come from a Python package: a browser, a database server, and the GL libraries skia loads.
APT = {
    "demo": {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"},
    "test": {
        "libGL.so.1": "libgl1",
        "libEGL.so.1": "libegl1",
        "/usr/bin/chromium": "chromium",
        "/usr/lib/postgresql": "postgresql",
    },
    "check": {},
}
WEIGHTS = {
    "demo": ["--preset", "embedded"],
    "test": [
        "kokoro-82m-int8",
        "kokoro-voices",
        "font-latin",
        "font-kr",
        "font-jp",
        "font-sc",
        "font-devanagari",
    ],
    "check": [],
}


class SetupError(Exception):
    """Something is missing; the message says what, and how to go on."""


def say(text: str) -> None:
    """Print one line of progress at once, also when the output is a file."""
    print(text, flush=True)


def check_machine(goal: str) -> None:
    """Python's version and the free disk space, before anything is started."""
    if sys.version_info < (3, 11):
        raise SetupError(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. "
            "Install it (Debian: apt-get install python3.11 python3.11-venv) and run: make PYTHON=python3.11 ..."
        )
    free = shutil.disk_usage(ROOT).free / 2**30
    needed = NEEDED_GIB[goal]
    if not PYTHON.exists() and free < needed:
        raise SetupError(f"Disk: {needed} GiB are needed here, {free:.1f} GiB are free. Make room, then run it again.")


def make_venv() -> None:
    """The virtual environment, made once."""
    if PYTHON.exists():
        return
    say(f"[1/4] virtual environment in {VENV.name}/")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(
            "Python's venv module does not work (Debian: apt-get install python3.11-venv).\n" + done.stdout
        )


def install_packages(goal: str) -> None:
    """Python packages, pinned by constraints.txt; skipped while neither file nor goal has changed."""
    stamp = VENV / f".installed-{goal}"
    wanted = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        wanted.update((ROOT / name).read_bytes())
    wanted.update(str(ROOT).encode())
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    say("[2/4] Python packages (about 2 minutes the first time; a broken download goes on where it was)")
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--retries",
        "5",
        "-c",
        "constraints.txt",
    ]
    command += ["-e", f".[{EXTRAS[goal]}]"]
    if _stream(command) and _stream(command):  # once more: most failures are a connection that broke
        raise SetupError(
            "pip could not install the packages (the lines above say why). With no network, or a proxy, set "
            "PIP_INDEX_URL or PIP_PROXY; with a full disk, make room. Then run the same command: it goes on."
        )
    stamp.write_text(wanted.hexdigest())


def _stream(command: list[str]) -> int:
    """Run pip with one line a package instead of its full talk; returns the exit status."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    count = 0
    for line in process.stdout:
        if line.startswith("Collecting"):
            count += 1
            if count % 10 == 0:
                say(f"      {count} packages looked up")
        elif line.startswith(("Downloading", "  Downloading")) and "MB" in line:
            say("      " + line.strip())
        elif line.startswith(("ERROR", "Installing collected", "Successfully")):
            say("      " + line.strip()[:110])
    return process.wait()


def system_parts(goal: str) -> None:
    """Debian packages that Python cannot bring; installed when we may, named when we may not."""
    missing = [package for probe, package in APT[goal].items() if not _present(probe)]
    if not missing:
        return
    hint = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"      missing on this machine: {', '.join(missing)}. What needs them is skipped. To add: sudo {hint}")
        return
    say(f"[3/4] system packages: {', '.join(missing)}")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, **quiet)
    if subprocess.run(hint.split(), check=False, env=environment, **quiet).returncode:
        say(f"      could not install them; what needs them is skipped. By hand: {hint}")


def _present(probe: str) -> bool:
    if probe.startswith("/"):
        return Path(probe).exists()
    listing = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    return probe in listing


def pull_weights(goal: str) -> None:
    """Weights and fonts; the store resumes, verifies and skips what is there."""
    if not WEIGHTS[goal]:
        return
    say("[4/4] weights and fonts")
    if subprocess.run(
        [str(VENV / "bin" / "influencer"), "models", "pull", *WEIGHTS[goal]], cwd=ROOT, check=False
    ).returncode:
        raise SetupError(
            "Some weights are missing (the lines above say which and why). The same command goes on from there."
        )


def compile_kernels(goal: str) -> None:
    """The host's rasteriser is compiled for this processor; a second time it is read from beside the modules."""
    stamp = VENV / "kernels.stamp"
    sources = [*(ROOT / "models" / "avatar" / "diffusion").glob("*.py")]
    if goal == "check" or (stamp.exists() and stamp.stat().st_mtime > max(path.stat().st_mtime for path in sources)):
        return
    say("      compiling the host's rasteriser (half a minute, once)")
    if subprocess.run(
        [str(VENV / "bin" / "python"), "-m", "models.avatar.diffusion.warm"], cwd=ROOT, check=False
    ).returncode:
        say("      that failed, as the lines above say; the first show does it instead")
        return
    stamp.touch()


def main() -> int:
    """Do every step of a goal; exit status 1 with one plain message when one cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=sorted(EXTRAS))
    goal = parser.parse_args().goal
    try:
        check_machine(goal)
        make_venv()
        install_packages(goal)
        system_parts(goal)
        pull_weights(goal)
        compile_kernels(goal)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: stopped; run the same command to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
