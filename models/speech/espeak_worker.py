"""Phonemizes in a process of its own: one JSON line in, one JSON line out, on standard input and output.

espeak-ng is GPL-3.0, so the engine never loads it; this small program does, and they talk through pipes only
(docs/adr/0003-espeak-out-of-process.md). Run as `python -m models.speech.espeak_worker`.

Request `{"voice": "en-us", "text": "…"}`; answer `{"phonemes": "…"}` or `{"error": "…"}`. Phonemes are IPA with
stress marks and `^` tying the parts of an affricate or diphthong.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable

Phonemize = Callable[[str, str], str]

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_UTF8 = 1
_IPA_WITH_TIES = (ord("^") << 8) | 0x80 | 0x02
"""`phonememode` of speak_lib.h: bit 1 IPA, bit 7 "bits 8-23 hold the tie character"."""

INSTALL = "pip install espeakng-loader, or apt-get install espeak-ng"


def find_library() -> tuple[str, str | None] | None:
    """(library, data directory) of espeak-ng: the espeakng-loader wheel first, then the system's."""
    try:
        import espeakng_loader
    except ImportError:
        system = ctypes.util.find_library("espeak-ng")
        return (system, None) if system else None
    return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()


def load_library(path: str, data: str | None) -> Phonemize:
    """A phonemizer on the shared library.

    Raises:
        OSError: the library cannot be loaded or started.
    """
    library = ctypes.CDLL(path)
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    if library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data.encode() if data else None, 0) < 0:
        raise OSError("espeak_Initialize failed")
    current: list[str] = [""]

    def phonemize(voice: str, text: str) -> str:
        if voice != current[0]:
            if library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice!r}")
            current[0] = voice
        pointer = ctypes.c_char_p(text.encode())
        clauses: list[str] = []
        while pointer.value is not None:
            spoken = library.espeak_TextToPhonemes(ctypes.byref(pointer), _UTF8, _IPA_WITH_TIES)
            clauses.append((spoken or b"").decode())
        return " ".join(clauses)

    return phonemize


def use_binary(path: str) -> Phonemize:
    """A phonemizer on the command-line program."""

    def phonemize(voice: str, text: str) -> str:
        command = [path, "-q", "--ipa", "--tie=^", "-v", voice, "--", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "espeak-ng failed")
        return " ".join(done.stdout.split())

    return phonemize


def choose() -> Phonemize:
    """The library if there is one, else the program.

    Raises:
        OSError: neither is installed; the message says how to get one.
    """
    found = find_library()
    if found is not None:
        return load_library(*found)
    binary = shutil.which("espeak-ng")
    if binary is None:
        raise OSError(f"espeak-ng is not installed: {INSTALL}")
    return use_binary(binary)


def answer(phonemize: Phonemize, line: str) -> dict[str, str]:
    """One answer to one request line; a bad request never ends the process."""
    try:
        request = json.loads(line)
        return {"phonemes": phonemize(str(request["voice"]), str(request["text"]))}
    except (ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> int:
    """Serve until standard input closes. Exit code 3: espeak-ng is not installed."""
    try:
        phonemize = choose()
    except OSError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 3
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(phonemize, line)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
