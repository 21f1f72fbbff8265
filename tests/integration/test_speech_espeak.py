"""The real espeak-ng process: what it says, and what happens when it fails."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import BackendUnavailable, UnsupportedLanguage
from models.speech.espeak import EspeakProcess
from models.speech.g2p import phonemizer_for

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        importlib.util.find_spec("espeakng_loader") is None and shutil.which("espeak-ng") is None,
        reason="espeak-ng is not installed: pip install espeakng-loader",
    ),
]


@pytest.fixture
def process() -> Iterator[EspeakProcess]:
    process = EspeakProcess()
    yield process
    process.close()


def script(tmp_path: Path, body: str) -> tuple[str, ...]:
    path = tmp_path / "worker.py"
    path.write_text("import json, os, sys\nprint(json.dumps({'ready': True}), flush=True)\n" + textwrap.dedent(body))
    return (sys.executable, str(path))


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("en-US", "Hello, bottle of water!", "həlˈO, bˈɑTᵊl ʌv wˈɔTəɹ!"),
        ("es-MX", "¡Hola!", "ˈola!"),
        ("fr-FR", "les enfants", "lez ɑ̃fˈɑ̃"),
        ("it-IT", "Ciao, gli gnocchi.", "ʧˈao, ʎɪ ɲˈokːɪ."),
        ("pt-BR", "não", "nˈɐ̃ʊ̃"),
        ("hi-IN", "नमस्ते।", "nəmˈʌsteː."),
        ("id-ID", "Selamat pagi", "səlˈamat pˈaɡi"),
    ],
)
def test_phonemes_follow_the_conventions_of_the_voices(
    process: EspeakProcess, language: str, text: str, phonemes: str
) -> None:
    assert phonemizer_for(language, process)(text) == phonemes


def test_a_killed_process_is_replaced_at_the_next_word(process: EspeakProcess) -> None:
    first = process.phonemize("en-us", "hello")
    assert process._process is not None
    process._process.kill()
    process._process.wait()
    assert process.phonemize("en-us", "hello") == first


def test_an_unknown_voice_does_not_end_the_process(process: EspeakProcess) -> None:
    with pytest.raises(UnsupportedLanguage, match="no voice 'xx-klingon'"):
        process.phonemize("xx-klingon", "hello")
    assert process.phonemize("en-us", "hello")


def test_newlines_and_quotes_are_data(process: EspeakProcess) -> None:
    assert process.phonemize("en-us", 'one\n"two"\u2028{}') != ""


def test_a_process_that_crashes_on_a_text_is_reported(tmp_path: Path) -> None:
    process = EspeakProcess(script(tmp_path, "sys.stdin.readline(); os._exit(11)"))
    with pytest.raises(BackendUnavailable, match="crashed twice"):
        process.phonemize("en-us", "hello")


def test_a_process_that_hangs_is_killed(tmp_path: Path) -> None:
    process = EspeakProcess(script(tmp_path, "import time; time.sleep(60)"), timeout_s=0.3)
    with pytest.raises(BackendUnavailable, match=r"did not answer in 0\.3 s"):
        process.phonemize("en-us", "hello")
    assert process._process is None


def test_where_espeak_is_missing_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text('print(\'{"error": "espeak-ng is not installed"}\')')
    process = EspeakProcess((sys.executable, str(path)))
    with pytest.raises(BackendUnavailable, match="espeak-ng is not installed.*pip install"):
        process.phonemize("en-us", "hello")
