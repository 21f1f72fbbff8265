"""WHIP (RFC 9725): the microphone of one speaker comes in by WebRTC and becomes sound that a show can take.

A session ends by DELETE, by the page's DTLS close, by failure, when it does not connect in time, and when no sound has
come for three seconds: a speaker whose connection is gone must not stay "on air".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import av
import numpy as np
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from streaming.clock import Clock, MonotonicClock
from streaming.errors import WhepError
from streaming.media import SAMPLE_RATE
from streaming.rtc_hooks import use_host_addresses
from streaming.voice import VoiceBuffer
from streaming.webrtc import WhepSession, add_candidates, answer_offer, close_connection, prefer_codecs
from streaming.whep_sdp import Offer, read_fragment, read_microphone_offer

logger = logging.getLogger(__name__)

SILENT_S: Final = 3.0
"""Without a packet for this long the speaker is gone. A muted microphone sends silence, so it is not."""
JOIN_S: Final = 15.0
_NEGOTIATION_S: Final = 5.0
_SWEEP_S: Final = 0.25


class MicrophoneSession:
    """One speaker's connection."""

    def __init__(self, pc: RTCPeerConnection, offer: Offer, speaker: str, now_ns: int) -> None:
        self.id = secrets.token_urlsafe(16)
        self.speaker = speaker
        self.sound = VoiceBuffer()
        self.opened = False
        """Sound has come, and whoever runs the show has taken it."""
        self.reason: str | None = None
        self._pc, self._offer = pc, offer
        self._etag = secrets.token_hex(8)
        self._candidates = offer.candidates
        self._began_ns = now_ns
        self._heard_ns: int | None = None
        self._reader: asyncio.Task[None] | None = None


class MicrophoneService:
    """The microphone of one show: one speaker at a time. Belongs to one event loop; `aclose` ends the session.

    `on_open` is called when the first sound of a session has come; when it raises, the session ends. `on_end` is called
    with the reason after every session that was opened.
    """

    def __init__(
        self,
        *,
        on_open: Callable[[MicrophoneSession], Awaitable[None]],
        on_end: Callable[[MicrophoneSession, str], Awaitable[None]],
        host_addresses: tuple[str, ...] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a service without a speaker; `host_addresses` and `clock` as for `streaming.webrtc.WhepService`."""
        self._on_open, self._on_end = on_open, on_end
        self._clock = clock or MonotonicClock()
        self._config = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._session: MicrophoneSession | None = None
        self._negotiating = self._closing = False
        self._changed = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None
        if host_addresses is not None:
            use_host_addresses(host_addresses)

    @property
    def session(self) -> MicrophoneSession | None:
        """The speaker's session, connected or about to."""
        return self._session

    async def offer(self, sdp: str, speaker: str) -> WhepSession:
        """Answer a speaker's offer (POST -> 201).

        Raises:
            WhepError: 400 not an SDP offer, 406 no Opus, 409 somebody speaks already or the show has ended, 422 not one
                section that sends sound, 503 no local candidates in time.
        """
        if self._closing:
            raise WhepError(409, "The show is not live.")
        if self._session is not None or self._negotiating:
            who = self._session.speaker if self._session is not None else "somebody"
            raise WhepError(
                409, f"The microphone is taken by {who}; one person speaks in a show.", {"Retry-After": "3"}
            )
        offer = read_microphone_offer(sdp)
        self._negotiating = True
        try:
            return await self._negotiate(offer, speaker)
        finally:
            self._negotiating = False

    async def patch(self, session_id: str, fragment: str, if_match: str | None = None) -> None:
        """Take trickled candidates (RFC 9725, 4.3.1; PATCH application/trickle-ice-sdpfrag -> 204).

        Raises:
            WhepError: 404 no such session, 400 no fragment, 412 stale ETag, 422 an ICE restart or too many candidates.
        """
        session = self._named(session_id)
        read = read_fragment(fragment)
        if if_match == "*" or (read.ufrag is not None and read.ufrag != session._offer.ufrag):
            raise WhepError(422, "ICE restart is not supported; make a new session.")
        if if_match is not None and if_match.strip('"') != session._etag:
            raise WhepError(412, "The ETag is not that of this ICE session.")
        session._candidates += read.total
        await add_candidates(session._pc, session._offer, read, session._candidates)

    async def delete(self, session_id: str) -> None:
        """End a session (DELETE -> 200).

        Raises:
            WhepError: 404 no such session.
        """
        self._named(session_id)
        await self.end("the speaker has stopped")

    async def end(self, reason: str) -> None:
        """End the session there is, if any."""
        session, self._session = self._session, None
        if session is None:
            return
        session.reason = session.reason or reason
        logger.info("a speaker left: %s", session.reason)
        try:
            if session.opened:
                await self._on_end(session, session.reason)
        finally:
            await _close(session)

    async def aclose(self) -> None:
        """End the session and wait. Idempotent."""
        self._closing = True
        sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.wait([sweeper])
        await self.end("the show has ended")

    def _named(self, session_id: str) -> MicrophoneSession:
        if self._session is None or not secrets.compare_digest(self._session.id.encode(), session_id.encode()):
            raise WhepError(404, "There is no such session.")
        return self._session

    async def _negotiate(self, offer: Offer, speaker: str) -> WhepSession:
        pc = RTCPeerConnection(self._config)
        session = MicrophoneSession(pc, offer, speaker, self._clock.now_ns())
        try:
            async with asyncio.timeout(_NEGOTIATION_S):
                answer = await self._answer(session)
        except TimeoutError as error:
            await _close(session)
            raise WhepError(503, "No local candidates in time.", {"Retry-After": "5"}) from error
        except BaseException:
            await _close(session)
            raise
        if self._closing:
            await _close(session)
            raise WhepError(409, "The show is not live.")
        self._session = session
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="microphone sweeper")
        return WhepSession(session.id, answer, session._etag)

    async def _answer(self, session: MicrophoneSession) -> str:
        pc = session._pc
        transceiver = pc.addTransceiver("audio", direction="recvonly")
        prefer_codecs(transceiver, "audio")  # before setRemoteDescription, which fixes the codecs
        pc.on("connectionstatechange", lambda: self._on_state(session))
        pc.on("track", lambda track: self._on_track(session, track))
        return await answer_offer(pc, session._offer, "No common codec: a microphone sends Opus.")

    def _on_state(self, session: MicrophoneSession) -> None:
        if session._pc.connectionState in ("failed", "closed"):
            self._lose(session, "the connection was lost")

    def _on_track(self, session: MicrophoneSession, track: MediaStreamTrack) -> None:
        session._reader = asyncio.get_running_loop().create_task(self._listen(session, track), name="microphone")

    def _lose(self, session: MicrophoneSession, reason: str) -> None:
        session.reason = session.reason or reason
        self._changed.set()

    async def _listen(self, session: MicrophoneSession, track: MediaStreamTrack) -> None:
        """Fill the session's buffer. The resampler only mixes to mono: aiortc decodes Opus at 48 kHz (RFC 7587)."""
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        try:
            with contextlib.suppress(MediaStreamError):
                while True:
                    frame: Any = await track.recv()
                    session._heard_ns = self._clock.now_ns()
                    for mono in resampler.resample(frame):
                        session.sound.push(mono.to_ndarray().reshape(-1).astype(np.int16), int(frame.pts))
                    if not session.opened and self._session is session:
                        session.opened = True
                        await self._on_open(session)
        except Exception as error:
            if session.opened:  # whoever runs the show has not taken it; what went wrong is told by `on_end`
                self._lose(session, str(error)[:200])
                return
            raise
        self._lose(session, "the connection was lost")

    async def _sweep(self) -> None:
        """Ends what is dead or overdue, at once when told and four times a second anyway."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_S):
                    await self._changed.wait()
            self._changed.clear()
            session = self._session
            if session is not None and (reason := self._overdue(session)) is not None:
                try:
                    await self.end(reason)
                except Exception:
                    logger.exception("what follows the end of a microphone went wrong")

    def _overdue(self, session: MicrophoneSession) -> str | None:
        now, heard = self._clock.now_ns(), session._heard_ns
        if session.reason is None and heard is None and now - session._began_ns > JOIN_S * 1e9:
            session.reason = "the microphone did not connect"
        if session.reason is None and heard is not None and now - heard > SILENT_S * 1e9:
            session.reason = "no sound came for three seconds"
        return session.reason


async def _close(session: MicrophoneSession) -> None:
    reader, session._reader = session._reader, None
    if reader is not None and reader is not asyncio.current_task():
        reader.cancel()
        await asyncio.wait([reader])
    await close_connection(session._pc, "a speaker's connection")
