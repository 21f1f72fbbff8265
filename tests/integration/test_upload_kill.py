"""Kill -9 in the middle of a brief's upload: what was acknowledged is there, whole and once, and nothing by half."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from influencer.accounts.roles import Role
from influencer.store import open_store
from influencer.store.briefs import BriefVersion
from tests.people import key_of, person
from tests.unit.test_intake import ROW, csv_of
from tests.upload_process import POINTS
from tests.web_house import BRIEF

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
TENANT = "halvenne"
SHEET = csv_of(*(ROW | {"id": name} for name in ("cup", "bowl", "dish")))


def _picture() -> bytes:
    buffer = BytesIO()
    Image.effect_noise((900, 700), 80).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = _picture()


def _document(images: list[str], summary: str) -> dict[str, Any]:
    document: dict[str, Any] = BRIEF.model_dump(mode="json", exclude_none=True)
    return document | {"id": "serum", "images": images, "summary": {"en-US": summary}, "notes": "x" * 20_000}


class Upload:
    """What an advertiser sends, and what of it was acknowledged."""

    def __init__(self, port: int, headers: dict[str, str], point: str, kill: Callable[[], None]) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)
        self.port, self.headers, self.point, self.kill = port, headers, point, kill
        self.told: dict[str, Any] = {}

    def run(self) -> None:
        """Upload a picture, a brief with it, a change of the brief, and a sheet of three more."""
        with self.client:
            self._upload()

    def _upload(self) -> None:
        picture = self.client.build_request("POST", "/api/images", files={"image": ("serum.png", PICTURE, "image/png")})
        self._send("picture", picture, 201)
        images = [self.told["picture"]["name"]]
        self._send("brief", self._json("POST", "/api/briefs", {"document": _document(images, "a serum")}), 201, 409)
        brief = self.client.get("/api/briefs/halvenne-serum").json()
        based_on = {"version": brief["version"], "revision": brief["revision"]}
        body = {"document": _document(images, "a light serum"), **based_on}
        self._send("change", self._json("PUT", "/api/briefs/halvenne-serum", body), 200)
        sheet = self.client.build_request(
            "POST", "/api/imports", files={"file": ("more.csv", SHEET, "text/csv")}, data={"kind": "sheet"}
        )
        self._send("sheet", sheet, 201)

    def _json(self, method: str, url: str, body: Any) -> httpx.Request:
        return self.client.build_request(method, url, json=body)

    def _send(self, what: str, request: httpx.Request, *expected: int) -> None:
        if self.point == f"in the middle of the {what}'s bytes":
            self._half(request)
        answer = self.client.send(request)
        assert answer.status_code in expected, (what, answer.text)
        self.told[what] = answer.json()

    def _half(self, request: httpx.Request) -> None:
        """Send the head and half of the body, and kill the server while it waits for the rest."""
        body = request.read()
        head = f"{request.method} {request.url.path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection(("127.0.0.1", self.port)) as connected:
            connected.sendall(head.encode() + b"\r\n" + body[: len(body) // 2])
            connected.settimeout(0.5)
            with pytest.raises(TimeoutError):  # it has read what there is, and answers nothing yet
                connected.recv(1)
            self.kill()
        raise httpx.RemoteProtocolError("killed")


@contextmanager
def _server(database: Path, point: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.upload_process", str(database), point]
    log = database.with_suffix(".log")
    with (
        log.open("a") as errors,
        subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()[-3000:]
            yield int(line), process
        finally:
            process.kill()


async def _key(database: Path) -> dict[str, str]:
    async with await open_store(f"sqlite:///{database}") as store:
        found = await store.users.by_login("carla")
        user = found[0].id if found else await person(store, Role.ADVERTISER, TENANT, login="carla")
        return await key_of(store, user)


@pytest.mark.parametrize("point", POINTS)
async def test_an_upload_that_is_killed_anywhere_leaves_nothing_by_half(tmp_path: Path, point: str) -> None:
    database = tmp_path / "briefs.db"
    headers = await _key(database)
    with _server(database, point) as (port, process):
        upload = Upload(port, headers, point, process.kill)
        if point == "never":
            upload.run()
        else:
            with pytest.raises(httpx.TransportError):
                upload.run()
            assert process.wait(30) == -9
    told = upload.told
    assert ("sheet" in told) == (point == "never"), "it was killed where it should be"
    await _all_whole(database, told)

    with _server(database, "never") as (port, _):  # the advertiser sends everything again
        again = Upload(port, headers, "never", lambda: None)
        again.run()
    assert again.told["picture"]["name"] == told.get("picture", again.told["picture"])["name"]
    briefs = await _all_whole(database, again.told)
    assert sorted(briefs) == ["bowl", "cup", "dish", "serum"]
    assert briefs["serum"].document["summary"]["en-US"] == "a light serum"


async def _all_whole(database: Path, told: dict[str, Any]) -> dict[str, BriefVersion]:
    """Look at what is there: what was told is, and whatever else is there is whole and there once."""
    with sqlite3.connect(database) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
        without = "SELECT id FROM briefs WHERE id NOT IN (SELECT brief_id FROM brief_versions)"
        assert plain.execute(without).fetchall() == [], "a brief without a version"
        pictures = plain.execute("SELECT sha256, width, height, jpeg FROM brief_images").fetchall()
    for name, width, height, jpeg in pictures:
        assert hashlib.sha256(jpeg).hexdigest() == name
        with Image.open(BytesIO(jpeg)) as image:
            image.load()
            assert image.size == (width, height)
    names = {f"{name}.jpg" for name, *_ in pictures}
    assert len(names) <= 1, "one picture was sent"
    async with await open_store(f"sqlite:///{database}") as store:
        briefs = {one.name: one for one in await store.briefs.page(advertiser_id=TENANT, limit=50)}
        assert len(briefs) == len(await store.briefs.page(advertiser_id=None, limit=50))
        for brief in briefs.values():
            history = await store.briefs.history(brief.brief_id)
            assert [one.version for one in history] == [1]
    if "picture" in told:
        assert names == {told["picture"]["name"]}
    serum = briefs.get("serum")
    if serum is not None:
        summary = serum.document["summary"]["en-US"]
        assert summary in {"a serum", "a light serum"}
        assert serum.document == _document(sorted(names), summary), "whole, and its picture is there"
    if "brief" in told:
        assert serum is not None
    if "change" in told:
        assert serum is not None
        assert serum.document["summary"]["en-US"] == "a light serum"
    if "sheet" in told:
        assert {"bowl", "cup", "dish"} <= briefs.keys()
    return briefs
