"""A person's sound before it goes on air: bounded delay, no clipping, a gate, and a mouth that follows it."""

from __future__ import annotations

import numpy as np
import pytest

from influencer.show.relay import LONGEST_PIECE, PIECE, QUIET, OpenMicrophone, Relay
from influencer.show.utterance import PersonSilent, PersonSpoke
from models.avatar.listening import LiveMouth
from models.avatar.performance import Performance
from streaming.errors import WhepError
from streaming.media import FPS, OPUS_FRAME, SAMPLE_RATE, SAMPLES_PER_FRAME
from streaming.voice import AHEAD, CEILING, LOUDNESS, MOST, TARGET, Limiter, VoiceBuffer
from streaming.whep_sdp import read_microphone_offer
from tests.integration.speaker import babble

pytestmark = pytest.mark.unit


def filled(sound: np.ndarray, *, buffer: VoiceBuffer | None = None, at: int = 0) -> VoiceBuffer:
    buffer = buffer or VoiceBuffer()
    for start in range(0, len(sound), OPUS_FRAME):
        buffer.push(sound[start : start + OPUS_FRAME], at + start)
    return buffer


def through(sound: np.ndarray) -> np.ndarray:
    """Sound as it comes out when it is taken at the pace at which it comes."""
    buffer, out = VoiceBuffer(), []
    piece = 2 * SAMPLES_PER_FRAME
    for start in range(0, len(sound) - piece, piece):
        filled(sound[start : start + piece], buffer=buffer, at=start)
        out.append(buffer.take(2).pcm)
    return np.concatenate(out)


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(sound / 32768.0))))


def test_what_has_not_come_is_silence_and_nobody_waits() -> None:
    buffer = VoiceBuffer()
    assert not buffer.take(2).pcm.any()
    filled(babble(0.1), buffer=buffer)
    assert buffer.take(2).pcm.shape == (2 * SAMPLES_PER_FRAME,)


def test_when_sound_stops_coming_the_rest_is_heard_and_then_silence_of_the_right_length() -> None:
    buffer = filled(np.full(2 * SAMPLES_PER_FRAME + TARGET + OPUS_FRAME, 9000, np.int16))
    taken = [buffer.take(2) for _ in range(4)]
    assert {len(one.pcm) for one in taken} == {2 * SAMPLES_PER_FRAME}
    assert taken[1].pcm.any() and buffer.underruns == 1
    assert not taken[3].pcm.any()


def test_the_delay_is_bounded_whatever_has_piled_up() -> None:
    buffer = filled(babble(3.0))
    buffer.take(2)
    assert buffer._have <= TARGET and buffer.dropped > 0
    filled(babble(0.5), buffer=buffer, at=3 * SAMPLE_RATE)
    buffer.take(2)
    assert buffer._have <= MOST


def test_a_lost_packet_is_silence_of_its_length_and_a_late_one_is_left_out() -> None:
    buffer, sound = VoiceBuffer(), np.full(OPUS_FRAME, 9000, np.int16)
    buffer.push(sound, 0)
    buffer.push(sound, 2 * OPUS_FRAME)
    assert buffer._have == 3 * OPUS_FRAME
    buffer.push(sound, OPUS_FRAME)
    assert buffer._have == 3 * OPUS_FRAME


def test_no_sample_leaves_above_the_ceiling_and_nothing_jumps() -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.2, 40 * AHEAD)
    sound[5 * AHEAD + 7 :: 11 * AHEAD] = 3.0  # peaks far above full scale
    out = Limiter().run(sound.copy())
    assert np.abs(out).max() <= CEILING + 1e-9
    quiet = Limiter().run(sound.clip(-0.5, 0.5))
    assert np.allclose(quiet[AHEAD:], sound.clip(-0.5, 0.5)[:-AHEAD])  # what is not too loud is only late


@pytest.mark.parametrize("gain", [0.15, 1.0, 2.6])
def test_loud_and_soft_voices_come_out_about_as_loud(gain: float) -> None:
    sound = (babble(8.0).astype(float) * gain).clip(-32768, 32767).astype(np.int16)
    out = through(sound)[4 * SAMPLE_RATE :]
    voiced = out[np.abs(out) > 200]
    assert 0.5 * LOUDNESS < rms(voiced) < 1.8 * LOUDNESS
    assert np.abs(out).max() <= round(CEILING * 32767)


def test_a_quiet_room_is_held_back_and_a_voice_above_it_is_not() -> None:
    room = np.random.default_rng(2).normal(0, 40, 4 * SAMPLE_RATE).astype(np.int16)  # -58 dBFS
    assert not through(room)[SAMPLE_RATE:].any()
    assert rms(through(np.concatenate([room, babble(2.0)]))[4 * SAMPLE_RATE :]) > 0.02


def test_the_mouth_follows_the_sound_and_rests_in_silence() -> None:
    sound = through(babble(10.0))
    sound = sound[: len(sound) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME]
    mouths = LiveMouth().follow(sound)
    loud = np.array([rms(frame) for frame in sound.reshape(-1, SAMPLES_PER_FRAME)])
    jaws = np.array([mouth.jaw_open for mouth in mouths])
    assert np.corrcoef(loud, jaws)[0, 1] > 0.7
    assert jaws[loud == 0].max() == 0.0
    assert all(abs(sum(weight for _, weight in mouth.visemes) - 1) < 1e-9 for mouth in mouths)
    controls = Performance(3, FPS).follow(mouths)
    assert len(controls) == len(mouths) and max(control.jaw_open for control in controls) > 0.3


def test_hisses_and_vowels_give_other_mouths() -> None:
    t = np.arange(10 * SAMPLES_PER_FRAME) / SAMPLE_RATE
    hiss = np.random.default_rng(4).normal(0, 1, len(t))
    spectrum = np.fft.rfft(hiss)
    spectrum[np.fft.rfftfreq(len(t), 1 / SAMPLE_RATE) < 2600] = 0
    hiss = np.fft.irfft(spectrum, len(t))
    vowel = sum(np.sin(2 * np.pi * 120 * n * t) for n in range(1, 12))
    last = [
        LiveMouth().follow((sound / np.abs(sound).max() * 20_000).astype(np.int16))[-1]
        for sound in (hiss, np.array(vowel))
    ]
    assert dict(last[0].visemes).get("SS", 0.0) > 0.5
    assert last[1].jaw_open > 2 * last[0].jaw_open


def test_a_stretch_begins_with_the_first_sound_and_ends_after_a_long_breath() -> None:
    buffer = VoiceBuffer()
    microphone = OpenMicrophone("ann", buffer, "en")
    at, cues = 0, []
    sound = np.concatenate([np.zeros(SAMPLE_RATE, np.int16), babble(2.0), np.zeros(3 * SAMPLE_RATE, np.int16)])
    piece = PIECE * SAMPLES_PER_FRAME
    for start in range(0, len(sound) - piece, piece):
        filled(sound[start : start + piece], buffer=buffer, at=start)
        cues += [(at, cue) for cue in microphone.take().cues]
        at += PIECE
    assert [cue for _, cue in cues] == [PersonSpoke("ann"), PersonSilent("ann")]
    assert cues[0][0] >= FPS and cues[1][0] - cues[0][0] > QUIET


def test_what_takes_the_floor_ends_the_stretch() -> None:
    relay, microphone = Relay(), OpenMicrophone("ann", filled(babble(1.0)), "en")
    relay.open(microphone)
    assert relay.voice(free=False) == (None, [])
    assert relay.voice(free=True) == (microphone, [])
    assert microphone.take().cues == [PersonSpoke("ann")]
    assert relay.voice(free=False) == (None, [PersonSilent("ann")])
    assert not microphone.on_air


def test_a_slow_host_is_drawn_less_often_so_that_sound_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("influencer.show.relay.time.monotonic", lambda: now[0])
    microphone = OpenMicrophone("ann", VoiceBuffer(), "en")
    for _ in range(40):
        with microphone.drawing():
            now[0] += 0.16 * microphone.frames / microphone.stride  # 160 ms a picture
    assert microphone.stride == microphone.frames == LONGEST_PIECE
    assert microphone.ahead * 0.04 > 0.16
    for _ in range(60):
        with microphone.drawing():
            now[0] += 0.005 * microphone.frames / microphone.stride
    assert (microphone.frames, microphone.stride) == (PIECE, 1)


@pytest.mark.parametrize(("sdp", "status"), [("", 400), ("v=0\r\n", 400), ("x" * 70_000, 400)])
def test_no_offer_is_told(sdp: str, status: int) -> None:
    with pytest.raises(WhepError) as refused:
        read_microphone_offer(sdp)
    assert refused.value.status == status
