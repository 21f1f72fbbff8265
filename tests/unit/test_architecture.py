from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[2]
PACKAGES = ("influencer", "models", "streaming")


def modules() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }


def test_architecture_names_every_module_and_no_other() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `((?:influencer|models|streaming)/[\w/]+\.py)` \| \S", text, flags=re.MULTILINE))
    assert named == modules()


def test_no_module_is_long_and_each_says_what_it_is() -> None:
    for name in sorted(modules()):
        source = (ROOT / name).read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 400, name
        assert ast.get_docstring(ast.parse(source)), name


def test_the_top_level_is_the_designed_one() -> None:
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    allowed = {"influencer", "models", "streaming", "configs", "tests", "docs", "deploy"}
    assert {f for f in folders if not f.endswith(".egg-info")} - allowed - {"out", "build"} == set()
