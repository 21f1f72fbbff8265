"""The MP4 recording, decoded."""

from pathlib import Path

import av
import pytest

from streaming.media import EncodedPacket
from streaming.recorder import Mp4Recorder
from tests.integration.clapper import SIZE, flashes_and_beeps, record

pytestmark = pytest.mark.integration


def test_the_file_has_every_picture_and_all_sound_in_sync(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    record([Mp4Recorder(path)], 6 * 25)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", *SIZE)
        assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
        assert container.duration == pytest.approx(6_000_000, abs=30_000)
        assert sum(1 for _ in container.decode(video=0)) == 150
    flashes, beeps = flashes_and_beeps(path)
    skew = [abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)]
    assert len(skew) == 6
    print(f"MP4 skew: max {max(skew) * 1e3:.2f} ms")
    assert max(skew) < 0.040


def test_a_player_can_start_before_the_file_has_arrived(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    record([Mp4Recorder(path)], 50)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    recorder = Mp4Recorder(path)

    class Open(Mp4Recorder):
        def close(self) -> None:
            """The show goes on."""

    recorder = Open(path)
    record([recorder], 50)
    assert [file.name for file in tmp_path.iterdir()] == [".show.mp4.part"]
    Mp4Recorder.close(recorder)
    assert [file.name for file in tmp_path.iterdir()] == ["show.mp4"]
    Mp4Recorder.close(recorder)


def test_a_recording_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"

    class Open(Mp4Recorder):
        def close(self) -> None:
            """The show goes on."""

    recorder = Open(path)
    record([recorder], 50)
    recorder.discard()
    assert not list(tmp_path.iterdir())


def test_without_a_picture_there_is_no_file(tmp_path: Path) -> None:
    recorder = Mp4Recorder(tmp_path / "show.mp4")
    recorder.push([EncodedPacket("audio", "aac", b"\x00", 0, 1024)])
    recorder.close()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="allowed: a file in an existing folder"):
        Mp4Recorder(tmp_path / "missing" / "show.mp4")
