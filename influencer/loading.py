"""Reading briefs, markets and personas from files and uploads. Every mistake found is reported, each on one line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from influencer.alerts.rules import AlertRules
from influencer.brief import Brief
from influencer.completeness import gaps
from influencer.documents import Document, parse, read_bytes, shortened
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.fields import SLUG, refusal
from influencer.intake.rates import Rates
from influencer.market import Market
from influencer.packs.catalogue import CATALOGUE, Kind, Pack
from influencer.paths import configs_dir
from influencer.persona import Persona
from influencer.pictures import image_mistakes
from influencer.script.run_of_show import RunOfShow
from influencer.wording import merged, plain_mistakes, suggestion

MAX_MISTAKES = 100
"""More than this many are counted, not listed: nobody reads them, and a form must stay small."""

_SUFFIXES = (".yaml", ".yml", ".json")
_FOLDERS: dict[Kind, str] = {"market": "markets", "persona": "personas"}
_MODELS: dict[Kind, type[Market | Persona]] = {"market": Market, "persona": Persona}
_Model = TypeVar("_Model", bound=BaseModel)


def load_brief(path: Path | str) -> Brief:
    """The brief in a YAML or JSON file, or the demo brief of that id; its images are checked too.

    Raises:
        InvalidInput: with every mistake found.
        NotFound: there is no such file, nor a demo brief of that name.
    """
    file = _located(path, briefs(), "brief")
    brief = parse_brief(read_bytes(file), str(file))
    mistakes = image_mistakes(file.parent, brief.images)
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    return brief


def parse_brief(text: bytes | str, source: str) -> Brief:
    """The brief in `text`, which `source` names in messages. Images are checked by their names only.

    Raises:
        InvalidInput: with every mistake found.
    """
    return _validated(parse(text, source), Brief, source)


def brief_of(data: dict[str, Any], source: str) -> Brief:
    """The brief in a document that was read already: a form, a row of a spreadsheet, a stored version.

    Raises:
        InvalidInput: with every mistake found.
    """
    return _validated(Document(data), Brief, source)


def load_value(path: Path, model: type[_Model]) -> _Model:
    """Any value that people write, from a YAML or JSON file.

    Raises:
        InvalidInput: with every mistake found.
    """
    return _validated(parse(read_bytes(path), str(path)), model, str(path))


def load_run(path: Path | str) -> RunOfShow:
    """The run-of-show in a YAML or JSON file.

    Raises:
        InvalidInput: with every mistake found.
        NotFound: there is no such file.
    """
    file = _located(Path(path), {}, "run-of-show")
    return _validated(parse(read_bytes(file), str(file)), RunOfShow, str(file))


def load_market(id_or_path: Path | str) -> Market:
    """The market pack of an id such as ko-KR, as it was last approved, or in a file.

    Raises:
        InvalidInput: with every mistake found.
        NotFound: no such market; the message lists those there are.
    """
    pack = _catalogued("market", id_or_path) or _read_pack("market", id_or_path)
    assert isinstance(pack, Market)
    return pack


def load_persona(id_or_path: Path | str) -> Persona:
    """The persona of an id such as maya, as it was last approved, or in a file.

    Raises:
        InvalidInput: with every mistake found.
        NotFound: no such persona; the message lists those there are.
    """
    pack = _catalogued("persona", id_or_path) or _read_pack("persona", id_or_path)
    assert isinstance(pack, Persona)
    return pack


def pack_ids(kind: Kind) -> list[str]:
    """The ids of all packs of a kind: files, and what lies over them."""
    return sorted({*_files(_FOLDERS[kind]), *CATALOGUE.ids(kind)})


def filed_pack(kind: Kind, pack_id: str) -> Pack | None:
    """A pack as its file under configs/ has it; None when there is no such file.

    Raises:
        InvalidInput: with every mistake found.
    """
    file = _files(_FOLDERS[kind]).get(pack_id)
    return None if file is None else _pack(file, _MODELS[kind])


def pack_of(kind: Kind, text: bytes | str, source: str) -> Pack:
    """The market pack or persona in a YAML text, which `source` names in messages.

    Raises:
        InvalidInput: with every mistake found.
    """
    return _validated(parse(text, source), _MODELS[kind], source)


def pack_from(kind: Kind, data: dict[str, Any], source: str) -> Pack:
    """The market pack or persona in a document that was read already.

    Raises:
        InvalidInput: with every mistake found.
    """
    return _validated(Document(data), _MODELS[kind], source)


def load_alert_rules(path: Path | None = None) -> AlertRules:
    """The rules of alerts in a file, or the house's own in configs/alerts.yaml; without that nobody is alerted.

    Raises:
        InvalidInput: with every mistake found.
    """
    file = configs_dir() / "alerts.yaml" if path is None else path
    if path is None and not file.exists():
        return AlertRules()
    return load_value(file, AlertRules)


def load_rates() -> Rates:
    """The house's rate card, configs/rates.yaml; without one nothing is charged.

    Raises:
        InvalidInput: with every mistake found.
    """
    file = configs_dir() / "rates.yaml"
    return _validated(parse(read_bytes(file), str(file)), Rates, str(file)) if file.exists() else Rates()


def markets() -> dict[str, Market]:
    """Every market pack there is, by id."""
    return {name: load_market(name) for name in pack_ids("market")}


def personas() -> dict[str, Persona]:
    """Every persona there is, by id."""
    return {name: load_persona(name) for name in pack_ids("persona")}


def briefs() -> dict[str, Path]:
    """The files of the demo briefs, by id."""
    return _files("briefs")


def image_files(brief_file: Path | str, brief: Brief) -> tuple[Path, ...]:
    """Where the images of a brief that was loaded from `brief_file` lie."""
    folder = _located(brief_file, briefs(), "brief").parent
    return tuple(folder / image for image in brief.images)


def _files(kind: str) -> dict[str, Path]:
    folder = configs_dir() / kind
    found = [file for file in folder.iterdir() if file.suffix in _SUFFIXES] if folder.is_dir() else []
    return {file.stem: file for file in sorted(found)}


def _located(name: Path | str, known: Mapping[str, Path], kind: str) -> Path:
    if isinstance(name, str) and name in known:
        return known[name]
    if os.path.exists(name):  # noqa: PTH110 - unlike Path.exists it is False, not an error, for absurd names
        return Path(name)
    given = shortened(str(name))
    if Path(name).suffix in _SUFFIXES:
        raise NotFound(f"{kind}: got {given}, no such file; allowed: an existing file, or {', '.join(known)}")
    raise NotFound(f"{kind}: got {given}; allowed: {suggestion(str(name), known)}")


def _catalogued(kind: Kind, name: Path | str) -> Pack | None:
    return CATALOGUE.find(kind, name) if isinstance(name, str) else None


def _read_pack(kind: Kind, name: Path | str) -> Pack:
    try:
        files = _files(_FOLDERS[kind])
        known = dict.fromkeys(CATALOGUE.ids(kind), configs_dir()) | files
        pack: Pack = _pack(_located(name, known, kind), _MODELS[kind])
    except (InvalidInput, NotFound) as error:
        kept = CATALOGUE.last_read(kind, str(name), error)
        if kept is None:
            raise
        return kept
    if name in files:
        CATALOGUE.was_read(kind, pack.id, pack)
    return pack


def _pack(file: Path, model: type[_Model]) -> _Model:
    return _cached_pack(file.resolve(), file.stat().st_mtime_ns, model)  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _cached_pack(file: Path, _changed: int, model: type[BaseModel]) -> BaseModel:
    pack = _validated(parse(read_bytes(file), str(file)), model, str(file))
    name = getattr(pack, "id", file.stem)
    if name != file.stem and re.fullmatch(SLUG, file.stem.lower()):
        raise InvalidInput(str(file), [Mistake("id", shortened(name), f"the file's own name, {file.stem}")])
    return pack


def _validated(document: Document, model: type[_Model], source: str) -> _Model:
    mistakes = list(document.mistakes)
    try:
        value = model.model_validate(document.data)
    except ValidationError as error:
        mistakes += plain_mistakes(error, model, document.data)
        if model is Brief:  # rules across fields are not reached by pydantic while a field is wrong
            mistakes += plain_mistakes(refusal(gaps(document.data)), model, document.data)
        raise InvalidInput(source, _listed(mistakes)) from None
    if mistakes:
        raise InvalidInput(source, _listed(mistakes))
    return value


def _listed(mistakes: list[Mistake]) -> list[Mistake]:
    listed = merged(mistakes)
    if len(listed) <= MAX_MISTAKES:
        return listed
    rest = Mistake("…", f"{len(listed) - MAX_MISTAKES} more mistakes", "none")
    return [*listed[:MAX_MISTAKES], rest]
