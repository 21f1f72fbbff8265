"""The operator's pages of market packs and personas. They use the API of `influencer.web.packs`."""

from __future__ import annotations

import re
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.brief import MARKET_IDS, Slug
from influencer.loading import markets, pack_ids
from influencer.packs.catalogue import Kind
from influencer.packs.desk import Opened
from influencer.web.auth import access
from influencer.web.context import Web, WebDep
from influencer.web.packs import pack_out, pack_row
from models.avatar.attributes import HostAttributes
from models.avatar.palette import EYES, HAIR, SKIN, css_colour, is_hex

router = APIRouter(prefix="/operator/packs", include_in_schema=False, dependencies=[access(*STAFF)])
NO_STORE = {"Cache-Control": "no-store"}
_NAMED = {"skin": SKIN, "hair.color": HAIR, "eyes.color": EYES}
_SPANS = {"age": (20, 70, 1), "likeness": (0, 999, 1)}
_GROUPS = (
    ("Person", ("figure", "heritage", "age", "likeness", "skin", "build", "face.shape", "freckles", "beard")),
    ("Hair", ("hair.style", "hair.color")),
    ("Eyes, brows, lips", ("eyes.shape", "eyes.color", "brows.shape", "lips.shape", "lips.color", "makeup", "blush")),
    ("Outfit", ("outfit.style", "outfit.color", "outfit.accent", "outfit.pattern")),
    (
        "Worn with it",
        ("glasses", "glasses.color", "earrings", "earrings.color", "accessory", "accessory.color"),
    ),
    ("Scene", ("backdrop", "backdrop.color", "backdrop.accent")),
)


@router.get("")
async def packs_page(request: Request, web: WebDep) -> Response:
    """All personas and market packs with the version that counts."""
    page = {
        "personas": [pack_row(one) for one in await web.packs.overview("persona")],
        "markets": [pack_row(one) for one in await web.packs.overview("market")],
    }
    return web.templates.TemplateResponse(request, "packs.html", page, headers=NO_STORE)


@router.get("/persona/new")
async def new_persona_page(
    request: Request, web: WebDep, source: Annotated[Slug, Query(alias="from")] = "maya"
) -> Response:
    """A new persona, beginning as another one."""
    return await _editor(request, web, await web.packs.open("persona", source), new=True)


@router.get("/{kind}/{pack_id}")
async def pack_page(kind: Kind, pack_id: str, request: Request, web: WebDep) -> Response:
    """The editor beside a live picture, and the versions."""
    return await _editor(request, web, await web.packs.open(kind, pack_id), new=False)


async def _editor(request: Request, web: Web, opened: Opened, *, new: bool) -> Response:
    out = pack_out(opened).model_dump(mode="json")
    if new:
        synthetic = {name: value for name, value in opened.document.items() if name != "consent"}
        out |= {"id": "", "version": 0, "history": [], "document": synthetic | {"id": "", "synthetic": True}}
    page = {
        "pack": out,
        "kind": opened.kind,
        "new": new,
        "source": opened.id,
        "shows_looks": web.intake.stills is not None,
        "vocabulary": {
            "groups": [(title, [_control(key) for key in keys]) for title, keys in _GROUPS],
            "markets": [{"id": one.id, "name": one.language_name} for one in markets().values()],
            "market_ids": MARKET_IDS,
            "personas": pack_ids("persona"),
            "voices": ["female", "male"],
        },
    }
    return web.templates.TemplateResponse(request, "pack_edit.html", page, headers=NO_STORE)


def _control(key: str) -> dict[str, Any]:
    """How a form asks for an attribute, from the avatar's own vocabulary."""
    info = next(info for name, info in HostAttributes.model_fields.items() if key == (info.alias or name))
    label = re.sub(r"[._]", " ", key).capitalize()
    if key.endswith((".color", ".accent")) or key == "skin":
        names = {name: css_colour(value) or value for name, value in _NAMED.get(key, {}).items()}
        default = info.default if isinstance(info.default, str) and is_hex(info.default) else ""
        return {"key": key, "label": label, "kind": "colour", "names": names, "default": default}
    choices = [str(choice) for choice in get_args(info.annotation)]
    if choices and isinstance(info.default, str):
        return {"key": key, "label": label, "kind": "choice", "choices": choices, "default": info.default}
    low, high, step = _SPANS.get(key, (0, 1, 0.05))
    return {"key": key, "label": label, "kind": "number", "span": (low, high, step), "default": info.default}
