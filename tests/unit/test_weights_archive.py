"""Archives are read safely, whatever they hold."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from models.weights import archive
from models.weights.archive import ArchiveError, open_archive

pytestmark = pytest.mark.unit

DATA = b"weights" * 100


def test_a_member_of_a_wheel_and_of_a_tarball_comes_out_whole(tmp_path: Path) -> None:
    for path in (_wheel(tmp_path, {"data/w.bin": DATA}), _tarball(tmp_path, [_file("data/w.bin")])):
        assert _read(path) == DATA


@pytest.mark.parametrize("evil", ["../../evil", "/tmp/evil", "data/../../evil"])
def test_members_that_climb_out_write_nothing(tmp_path: Path, evil: str) -> None:
    inside = tmp_path / "in" / "deep"
    inside.mkdir(parents=True)
    for path in (
        _wheel(inside, {evil: b"x", "data/w.bin": DATA}),
        _tarball(inside, [_file(evil), _file("data/w.bin")]),
    ):
        assert _read(path) == DATA
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"p.whl", "p.tgz"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("data/w.bin")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(ArchiveError, match="no member"):
        _read(_tarball(tmp_path, [info]), size=0)


def test_a_member_of_another_size_is_refused(tmp_path: Path) -> None:
    for path in (_wheel(tmp_path, {"data/w.bin": DATA}), _tarball(tmp_path, [_file("data/w.bin")])):
        with pytest.raises(ArchiveError, match="no member data/w.bin of 3 bytes"):
            _read(path, size=3)


def test_a_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1_000)
    for path in (
        _wheel(tmp_path, {"bomb": bytes(5_000), "data/w.bin": DATA}),
        _tarball(tmp_path, [_file("bomb", bytes(5_000)), _file("data/w.bin")]),
    ):
        with pytest.raises(ArchiveError, match="would unpack"):
            _read(path)


@pytest.mark.parametrize("name", ["p.whl", "p.tgz"])
def test_a_cut_archive_is_an_error_and_not_a_crash(tmp_path: Path, name: str) -> None:
    whole = _wheel(tmp_path, {"data/w.bin": DATA}) if name == "p.whl" else _tarball(tmp_path, [_file("data/w.bin")])
    whole.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(ArchiveError):
        _read(whole)


def _read(path: Path, size: int = len(DATA)) -> bytes:
    with open_archive(path) as opened:
        return b"".join(opened.stream("data/w.bin", size))


def _wheel(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "p.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)
    return path


def _file(name: str, data: bytes = DATA) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info


def _tarball(folder: Path, infos: list[tarfile.TarInfo]) -> Path:
    path = folder / "p.tgz"
    with tarfile.open(path, "w:gz") as tarball:
        for info in infos:
            data = DATA if info.size == len(DATA) else bytes(info.size)
            tarball.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path
