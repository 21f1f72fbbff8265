"""A real aiortc peer at a show's microphone: it sends a known sound and knows when each sample left."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from streaming.media import OPUS_FRAME, SAMPLE_RATE

SYLLABLE_S = 0.2


def babble(seconds: float, seed: int = 7) -> np.ndarray:
    """Voice-like sound, int16: harmonics of 140 Hz under two formants, in syllables that a seed switches on and off."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    formants = [
        np.exp(-(((140 * n - 500) / 220) ** 2)) + 0.5 * np.exp(-(((140 * n - 1500) / 350) ** 2)) for n in range(30)
    ]
    voice = sum(weight * np.sin(2 * np.pi * 140 * n * t + n * n) for n, weight in enumerate(formants) if n)
    on = rng.random(len(t) // round(SYLLABLE_S * SAMPLE_RATE) + 1) < 0.6
    envelope = np.repeat(on.astype(float), round(SYLLABLE_S * SAMPLE_RATE))[: len(t)]
    smooth = np.convolve(envelope, np.hanning(960) / np.hanning(960).sum(), "same")
    return (np.asarray(voice) / np.abs(voice).max() * smooth * 12_000).astype(np.int16)


class KnownSound(MediaStreamTrack):
    """Loops a sound in real time; `began_ns` is when its first sample left."""

    kind = "audio"

    def __init__(self, sound: np.ndarray) -> None:
        super().__init__()
        self._sound = sound
        self._at = 0
        self.began_ns: int | None = None
        self.silent = asyncio.Event()
        """Set: no packet is sent any more, as when a network is gone."""

    async def recv(self) -> av.AudioFrame:
        if self.began_ns is None:
            self.began_ns = time.monotonic_ns()
        await asyncio.sleep(max(0.0, (self.began_ns - time.monotonic_ns()) / 1e9 + self._at / SAMPLE_RATE))
        if self.silent.is_set():
            await asyncio.Event().wait()
        part = np.take(self._sound, range(self._at, self._at + OPUS_FRAME), mode="wrap")
        frame = av.AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._at, Fraction(1, SAMPLE_RATE)
        self._at += OPUS_FRAME
        return frame


class Speaker:
    """An operator's browser, as far as the microphone is concerned."""

    def __init__(self, http: httpx.AsyncClient, show_id: str, sound: np.ndarray) -> None:
        self._http, self._url = http, f"/api/shows/{show_id}/microphone"
        self.track = KnownSound(sound)
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.addTransceiver(self.track, direction="sendonly")
        self.location = self.etag = ""

    async def speak(self) -> httpx.Response:
        """POST the offer; when it is granted, connect."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        headers = {"Content-Type": "application/sdp"}
        answer = await self._http.post(self._url, content=self.pc.localDescription.sdp, headers=headers)
        if answer.status_code == 201:
            self.location, self.etag = answer.headers["location"], answer.headers["etag"]
            await self.pc.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def stop(self) -> httpx.Response:
        return await self._http.delete(self.location)

    async def aclose(self) -> None:
        await self.pc.close()
