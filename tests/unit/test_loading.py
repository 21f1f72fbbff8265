"""Files and uploads: what is read, how exactly, and what is refused before it is read."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from influencer.documents import parse
from influencer.errors import InvalidInput, NotFound
from influencer.loading import (
    briefs,
    image_files,
    load_brief,
    load_market,
    load_persona,
    markets,
    parse_brief,
)
from influencer.paths import configs_dir

pytestmark = pytest.mark.unit


@pytest.fixture
def brief_file(tmp_path: Path) -> Path:
    """A copy of the main demo brief with its picture, to be broken."""
    source = briefs()["dew-serum"]
    (tmp_path / "images").mkdir()
    (tmp_path / "images/dew-serum.jpg").write_bytes((source.parent / "images/dew-serum.jpg").read_bytes())
    copy = tmp_path / "brief.yaml"
    copy.write_bytes(source.read_bytes())
    return copy


def _refused(file: Path) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        load_brief(file)
    return [line.removeprefix(f"{file}: ") for line in str(refused.value).splitlines()]


def test_yaml_and_json_give_the_same_brief(brief_file: Path):
    from_yaml = load_brief(brief_file)
    as_json = brief_file.with_suffix(".json")
    as_json.write_text(from_yaml.model_dump_json(), encoding="utf-8")
    assert load_brief(as_json) == from_yaml


def test_the_example_of_the_guide_is_a_good_brief():
    guide = Path(__file__).parents[2] / "docs/guides/briefs.md"
    examples = re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert parse_brief("".join(examples), "guide.yaml").offer is not None


def test_a_brief_is_found_by_its_id_as_by_its_file():
    assert load_brief("dew-serum") == load_brief(briefs()["dew-serum"]) == load_brief(str(briefs()["dew-serum"]))


def test_money_is_exactly_what_was_written():
    document = parse("a: 99.90\nb: '99.90'\nc: 0.1\nd: 12345678901234567.89\ne: 1e2", "x.yaml").data
    assert [str(document[key]) for key in "abcd"] == ["99.90", "99.90", "0.1", "12345678901234567.89"]
    assert document["e"] == 100
    assert parse('{"a": 99.90}', "x.json").data["a"] == Decimal("99.90")


def test_yaml_words_keep_their_meaning():
    text = "country: no\nswitch: on\nday: 2026-01-31\ntime: 12:30\ncode: 010\nyes: true\nnothing: ~\n"
    assert parse(text, "x.yaml").data == {
        "country": "no", "switch": "on", "day": "2026-01-31", "time": "12:30", "code": 10, "yes": True,
        "nothing": None,
    }  # fmt: skip


def test_folded_text_becomes_one_line(brief_file: Path):
    text = brief_file.read_text(encoding="utf-8").replace("en-US: Dew Serum", "en-US: >\n    Dew\n    Serum\n")
    assert parse_brief(text, "x.yaml").name["en-US"] == "Dew Serum"


def test_a_bad_file_is_left_as_it_was(brief_file: Path):
    broken = brief_file.read_text(encoding="utf-8").replace("stock: 480", "stock: -1")
    brief_file.write_text(broken, encoding="utf-8")
    assert _refused(brief_file) == ["stock: got -1; allowed: at least 0"]
    assert brief_file.read_text(encoding="utf-8") == broken


def test_a_huge_file_is_refused_unread(tmp_path: Path):
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(10_000_000_000_000)  # sparse: reading it would never end
    assert _refused(huge) == ["file: got 10000000.0 MB; allowed: a text file of at most 1 MB"]


def test_a_folder_is_no_brief(tmp_path: Path):
    assert _refused(tmp_path) == ["file: got a folder; allowed: a text file of at most 1 MB"]


@pytest.mark.parametrize("name", ["missing.yaml", "no-such-brief", "x" * 5000, "bad\0name", ""])
def test_a_brief_that_is_not_there_says_which_are(name: str):
    with pytest.raises(NotFound, match="dew-serum") as missing:
        load_brief(name)
    assert missing.value.exit_code == 2
    assert len(str(missing.value).splitlines()) == 1


def test_an_unknown_market_lists_the_markets():
    with pytest.raises(NotFound) as missing:
        load_market("kr-KO")
    assert str(missing.value) == (
        "market: got 'kr-KO'; allowed: did you mean ko-KR? "
        "known: en-US, es-MX, fr-FR, hi-IN, id-ID, it-IT, ja-JP, ko-KR, pt-BR, zh-CN"
    )


def test_an_unknown_persona_is_named():
    with pytest.raises(NotFound, match="persona: got 'nobody'"):
        load_persona("nobody")


def test_other_configs_can_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INFLUENCER_CONFIGS", str(tmp_path))
    assert configs_dir() == tmp_path
    assert markets() == {}


def test_a_market_file_must_carry_its_own_id(tmp_path: Path):
    wrong = tmp_path / "ko-KR.yaml"
    wrong.write_text(Path(configs_dir() / "markets/ja-JP.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_market(wrong)
    assert str(refused.value) == f"{wrong}: id: got 'ja-JP'; allowed: the file's own name, ko-KR"


def test_a_bad_market_names_its_fields(tmp_path: Path):
    text = (configs_dir() / "markets/ko-KR.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "ko-KR.yaml"
    wrong.write_text(text.replace("Asia/Seoul", "Asia/Soul").replace("jf_alpha", "Sora"), encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_market(wrong)
    assert [line.removeprefix(f"{wrong}: ") for line in str(refused.value).splitlines()] == [
        "time_zone: got 'Asia/Soul'; allowed: an IANA time zone such as Asia/Seoul",
        "voices.female.id: got 'Sora'; allowed: the name of a Kokoro voice, such as af_heart",
    ]


def test_a_picture_that_is_not_there(brief_file: Path):
    (brief_file.parent / "images/dew-serum.jpg").unlink()
    assert _refused(brief_file) == [
        "images[0]: got 'images/dew-serum.jpg', no such file; allowed: a file inside the brief's own folder"
    ]


def test_a_picture_behind_a_link_out_of_the_folder(brief_file: Path, tmp_path_factory: pytest.TempPathFactory):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    Image.new("RGB", (100, 100)).save(outside)
    picture = brief_file.parent / "images/dew-serum.jpg"
    picture.unlink()
    picture.symlink_to(outside)
    assert _refused(brief_file) == [
        "images[0]: got 'images/dew-serum.jpg', which leads out of the folder; "
        "allowed: a file inside the brief's own folder"
    ]


def test_a_picture_is_known_by_its_content_not_its_name(brief_file: Path):
    picture = brief_file.parent / "images/dew-serum.jpg"
    picture.write_text("<svg onload='alert(1)'/>")
    assert _refused(brief_file) == [
        "images[0]: got 'images/dew-serum.jpg', not a picture; allowed: PNG, JPEG or WebP content"
    ]
    Image.new("RGB", (100, 100)).save(picture, format="GIF")
    assert "not a picture" in _refused(brief_file)[0]
    Image.new("RGB", (100, 100)).save(picture, format="WEBP")
    assert load_brief(brief_file).images == ["images/dew-serum.jpg"]


def test_a_damaged_picture(brief_file: Path):
    picture = brief_file.parent / "images/dew-serum.jpg"
    picture.write_bytes(picture.read_bytes()[:2000])
    assert "a damaged picture" in _refused(brief_file)[0]


@pytest.mark.parametrize(
    ("size", "given"),
    [((20, 20), "20x20 pixels"), ((6000, 5000), "6000x5000 pixels"), ((20000, 20000), "far too many pixels")],
)
def test_a_picture_of_absurd_size(brief_file: Path, size: tuple[int, int], given: str):
    Image.new("1", size).save(brief_file.parent / "images/dew-serum.jpg", format="PNG")
    assert f"images[0]: got 'images/dew-serum.jpg', {given}; allowed: " in _refused(brief_file)[0]


def test_an_upload_is_checked_without_its_pictures():
    text = json.dumps({**load_brief("dew-serum").model_dump(mode="json"), "images": ["not-here.png"]})
    assert parse_brief(text, "upload.json").images == ["not-here.png"]


def test_the_images_of_a_brief_can_be_opened():
    brief = load_brief("dew-serum")
    assert all(file.is_file() for file in image_files("dew-serum", brief))
