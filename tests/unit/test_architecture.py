from __future__ import annotations

import ast
import re
from collections import Counter
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
    named = re.findall(r"^\| `((?:influencer|models|streaming)/[\w/]+\.py)` \| \S", text, flags=re.MULTILINE)
    assert set(named) == modules()
    assert doubled(named) == [], "union merges leave doubled lines: keep the one that is true"


def test_the_changelog_says_nothing_twice() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert doubled(lines) == []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert doubled(re.findall(r"^### .+$", section, flags=re.MULTILINE)) == [], section.splitlines()[0]


def doubled(lines: list[str]) -> list[str]:
    return [line for line, times in Counter(lines).items() if times > 1]


def test_no_module_is_long_and_each_says_what_it_is() -> None:
    for name in sorted(modules()):
        source = (ROOT / name).read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 400, name
        assert ast.get_docstring(ast.parse(source)), name


def test_the_top_level_is_the_designed_one() -> None:
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    allowed = {"influencer", "models", "streaming", "configs", "tests", "docs", "deploy"}
    assert {f for f in folders if not f.endswith(".egg-info")} - allowed - {"out", "build"} == set()
