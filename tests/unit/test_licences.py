"""The list of licences: what it refuses, and what makes it out of date."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).parents[2] / "deploy" / "licences.py"
_spec = importlib.util.spec_from_file_location("licences", SCRIPT)
assert _spec
assert _spec.loader
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)

KNOWN: dict[str, Any] = {"packages": {}, "bundled": {}, "out-of-process": {"helper": "talks over a pipe"}, "assets": []}


@pytest.mark.parametrize(
    ("expression", "strong"),
    [
        ("MIT", False),
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", True),
        ("GPL-3.0-or-later OR MIT", False),
        ("LGPL-2.1-or-later", False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", False),
    ],
)
def test_what_counts_as_strong_copyleft(expression: str, strong: bool) -> None:
    assert licences.strong_copyleft(expression) is strong


def test_gpl_is_refused_in_our_process_and_allowed_outside_it() -> None:
    licences.refuse(["helper"], {"helper": "GPL-3.0-only"}, KNOWN)
    with pytest.raises(licences.LicenceError, match=r"bad: AGPL-3\.0-only may not be imported by our process"):
        licences.refuse(["bad", "good"], {"bad": "AGPL-3.0-only", "good": "MIT"}, KNOWN)


def test_an_unlisted_asset_is_an_error() -> None:
    with pytest.raises(licences.LicenceError, match="add it with its licence"):
        licences.assets([])


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(licences.LicenceError, match="no-such-package is not installed"):
        licences.graph(["no-such-package>=1"])


def test_only_what_we_name_ourselves_can_make_the_list_out_of_date(capsys: pytest.CaptureFixture[str]) -> None:
    written = _document("| ours | MIT |  |", "| deep | MIT |  |")
    assert licences.check(written, written) == 0
    assert licences.check(_document("| other | MIT |  |", "| deep | MIT |  |"), written) == 1
    assert licences.check(written, "") == 1
    capsys.readouterr()
    assert licences.check(_document("| ours | MIT |  |", "| deeper | MIT |  |"), written) == 0
    assert "new among the indirect dependencies: | deeper | MIT |  |" in capsys.readouterr().err


def _document(direct: str, indirect: str) -> str:
    head = "| package | licence | notes |\n| --- | --- | --- |"
    return f"# Licences\n\n{head}\n{direct}\n\n## What these need in turn\n\n{head}\n{indirect}\n\nThe rest.\n"
