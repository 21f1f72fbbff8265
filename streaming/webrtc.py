"""WHEP (draft-ietf-wish-whep): viewers' peer connections, from offer to death.

A session ends by DELETE, by the viewer's DTLS close, by failure, when it does not connect in time (ICE without
usable candidates would wait for ever), or when its receiver reports stop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import OperationError
from aiortc.sdp import candidate_from_sdp

from streaming.broadcast import Broadcast
from streaming.clock import Clock, MonotonicClock
from streaming.errors import WhepError
from streaming.media import Kind
from streaming.rtc_hooks import UnitTrack, carry_units, keep_longer_history, use_host_addresses
from streaming.whep_sdp import MAX_CANDIDATES, Fragment, Offer, read_fragment, read_offer

logger = logging.getLogger(__name__)

_NEGOTIATION_S: Final = 5.0
_CLOSE_S: Final = 5.0
_SWEEP_S: Final = 0.5
_CODECS: Final[dict[Kind, tuple[str, ...]]] = {"video": ("video/H264", "video/rtx"), "audio": ("audio/opus",)}


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server (RFC 7064, RFC 7065)."""

    url: str
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class WhepSession:
    """What POST answers: `id` (128 random bits) ends the Location, `answer` is the body, `etag` for PATCH."""

    id: str
    answer: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Limits:
    max_viewers: int
    max_per_client: int
    joins_per_second: int
    join_deadline_s: float
    report_timeout_s: float


@dataclass(frozen=True, slots=True)
class WhepStats:
    """A snapshot: viewers by state, and totals since the start."""

    viewers: int
    connected: int
    joined: int
    refused: dict[int, int]
    """Requests refused, by status."""
    ended: dict[str, int]
    """Sessions ended, by reason."""


class _Peer:
    """One viewer's connection. `reason` says why it must end."""

    def __init__(self, pc: RTCPeerConnection, offer: Offer, client: str, now_ns: int) -> None:
        self.pc, self.offer, self.client = pc, offer, client
        self.etag = secrets.token_hex(8)
        self.joined_ns = self.alive_ns = now_ns
        self.connected = False
        self.candidates = offer.candidates
        self.tracks: list[UnitTrack] = []
        self.reason: str | None = None

    def overdue(self, now_ns: int, limits: _Limits) -> str | None:
        """Why the session has to end now, if it has."""
        if self.reason is None and not self.connected and now_ns - self.joined_ns > limits.join_deadline_s * 1e9:
            self.reason = "join deadline"
        if self.reason is None and self.connected and now_ns - self.alive_ns > limits.report_timeout_s * 1e9:
            self.reason = "no receiver reports"
        return self.reason


class WhepService:
    """All viewers of one broadcast. Belongs to one event loop; `aclose` ends every session."""

    def __init__(
        self,
        broadcast: Broadcast,
        *,
        max_viewers: int = 100,
        max_per_client: int = 16,
        joins_per_second: int = 10,
        join_deadline_s: float = 15.0,
        report_timeout_s: float = 10.0,
        host_addresses: tuple[str, ...] | None = None,
        ice_servers: Sequence[IceServer] = (),
        clock: Clock | None = None,
    ) -> None:
        """Prepare a service without viewers.

        Args:
            broadcast: What every viewer gets.
            max_viewers: Sessions at once; one process and core carries about a hundred at 2.5 Mbit/s.
            max_per_client: Sessions of one `client` at once.
            joins_per_second: A handshake costs 10 to 20 ms of CPU, which a running show does not have to spare.
            join_deadline_s: A session not connected by then is given up.
            report_timeout_s: A connected session without RTCP receiver reports for this long is given up
                (ICE consent would take half a minute).
            host_addresses: Local addresses to offer, for the whole process (see `use_host_addresses`); None
                leaves aioice's choice: all but loopback.
            ice_servers: None by default: a server with a public address needs no STUN, and aiortc would
                otherwise ask one that is not ours.
            clock: For deadlines.
        """
        self._broadcast = broadcast
        self._limits = _Limits(max_viewers, max_per_client, joins_per_second, join_deadline_s, report_timeout_s)
        self._clock = clock or MonotonicClock()
        servers = [RTCIceServer(server.url, server.username, server.credential) for server in ice_servers]
        self._config = RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._peers: dict[str, _Peer] = {}
        self._joins: deque[int] = deque()
        self._negotiating = 0
        self._joined = 0
        self._refused: Counter[int] = Counter()
        self._ended: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None
        self._closing = False
        keep_longer_history()
        if host_addresses is not None:
            use_host_addresses(host_addresses)

    @property
    def viewers(self) -> int:
        """Sessions that exist, connected or about to."""
        return len(self._peers)

    @property
    def broadcast(self) -> Broadcast:
        """What is sent to the viewers."""
        return self._broadcast

    @property
    def stats(self) -> WhepStats:
        """Numbers for metrics."""
        connected = sum(peer.connected for peer in self._peers.values())
        return WhepStats(len(self._peers), connected, self._joined, dict(self._refused), dict(self._ended))

    async def offer(self, sdp: str, client: str) -> WhepSession:
        """Answer a viewer's offer (POST -> 201).

        Args:
            sdp: The request's body.
            client: Who asks (an address), for the limit a client.

        Raises:
            WhepError: 400 not an SDP offer, 406 no common codec, 409 no live show, 422 more or other than one
                bundled audio and video, 429 too many sessions of this client, 503 full or joining too fast.
        """
        try:
            self._admit(client)
            offer = read_offer(sdp)
            self._negotiating += 1
            try:
                return await self._negotiate(offer, client)
            finally:
                self._negotiating -= 1
        except WhepError as error:
            self._refused[error.status] += 1
            raise

    async def patch(self, session_id: str, fragment: str, if_match: str | None = None) -> None:
        """Take trickled candidates (PATCH application/trickle-ice-sdpfrag -> 204).

        Raises:
            WhepError: 404 no such session, 400 no fragment, 412 stale ETag, 422 an ICE restart (aiortc cannot:
                the viewer makes a new session) or too many candidates.
        """
        peer = self._peer(session_id)
        if if_match == "*":
            raise WhepError(422, "ICE restart is not supported; make a new session.")
        if if_match is not None and if_match.strip('"') != peer.etag:
            raise WhepError(412, "The ETag is not that of this ICE session.")
        read = read_fragment(fragment)
        if read.ufrag is not None and read.ufrag != peer.offer.ufrag:
            raise WhepError(422, "ICE restart is not supported; make a new session.")
        peer.candidates += read.total
        await add_candidates(peer.pc, peer.offer, read, peer.candidates)

    async def delete(self, session_id: str) -> None:
        """End a session (DELETE -> 200).

        Raises:
            WhepError: 404 no such session.
        """
        self._peer(session_id)
        await self._end(session_id, "deleted")

    async def aclose(self) -> None:
        """End every session and wait. Idempotent."""
        self._closing = True
        sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.wait([sweeper])
        await asyncio.gather(*(self._end(session_id, "service closed") for session_id in list(self._peers)))

    def _peer(self, session_id: str) -> _Peer:
        try:
            return self._peers[session_id]
        except KeyError:
            raise WhepError(404, "There is no such session.") from None

    def _admit(self, client: str) -> None:
        if self._closing or self._broadcast.closed:
            raise WhepError(409, "The show is not live.", {"Retry-After": "5"})
        limits, now = self._limits, self._clock.now_ns()
        if len(self._peers) + self._negotiating >= limits.max_viewers:
            raise WhepError(503, "The show is full.", {"Retry-After": "10"})
        if sum(peer.client == client for peer in self._peers.values()) >= limits.max_per_client:
            raise WhepError(429, "Too many sessions of one client.", {"Retry-After": "10"})
        while self._joins and now - self._joins[0] >= 1_000_000_000:
            self._joins.popleft()
        if len(self._joins) >= limits.joins_per_second:
            raise WhepError(503, "Too many viewers are joining.", {"Retry-After": "1"})
        self._joins.append(now)

    async def _negotiate(self, offer: Offer, client: str) -> WhepSession:
        pc = RTCPeerConnection(self._config)
        peer = _Peer(pc, offer, client, self._clock.now_ns())
        session_id = secrets.token_urlsafe(16)
        try:
            async with asyncio.timeout(_NEGOTIATION_S):
                answer = await self._answer(peer)
        except TimeoutError as error:
            await _close(peer)
            raise WhepError(503, "No local candidates in time.", {"Retry-After": "5"}) from error
        except BaseException:
            await _close(peer)
            raise
        if self._closing:
            await _close(peer)
            raise WhepError(409, "The show is not live.", {"Retry-After": "5"})
        self._peers[session_id] = peer
        self._joined += 1
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="whep sweeper")
        return WhepSession(session_id, answer, peer.etag)

    async def _answer(self, peer: _Peer) -> str:
        pc = peer.pc
        # In the offer's order: aiortc stops the shared transport when the bundle's first section is not ours.
        for kind in peer.offer.kinds:
            self._send(peer, kind)
        pc.on("connectionstatechange", lambda: self._on_state(peer))
        return await answer_offer(
            pc, peer.offer, "No common codec: this show is H.264 (packetization-mode=1) and Opus."
        )

    def _send(self, peer: _Peer, kind: Kind) -> None:
        track = UnitTrack(self._broadcast.subscribe(kind), lambda: self._on_sender_end(peer))
        peer.tracks.append(track)
        transceiver = peer.pc.addTransceiver(track, direction="sendonly")
        # Before setRemoteDescription, which fixes the codecs: VP8 would be picked, and H.264 packed as VP8.
        prefer_codecs(transceiver, kind)
        carry_units(transceiver.sender, track, self._broadcast, lambda: self._on_report(peer))

    def _on_report(self, peer: _Peer) -> None:
        peer.alive_ns = self._clock.now_ns()

    def _on_state(self, peer: _Peer) -> None:
        state = peer.pc.connectionState
        if state == "connected":
            peer.connected = True
            peer.alive_ns = self._clock.now_ns()
        elif state in ("failed", "closed"):
            peer.reason = peer.reason or f"connection {state}"
            self._changed.set()

    def _on_sender_end(self, peer: _Peer) -> None:
        # aiortc only logs when a sender crashes, and stays "connected".
        peer.reason = peer.reason or "sender ended"
        self._changed.set()

    async def _sweep(self) -> None:
        """Ends what is dead or overdue, at once when told and twice a second anyway."""
        while True:
            try:
                async with asyncio.timeout(_SWEEP_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            now = self._clock.now_ns()
            overdue = [
                (session_id, reason)
                for session_id, peer in self._peers.items()
                if (reason := peer.overdue(now, self._limits))
            ]
            await asyncio.gather(*(self._end(session_id, reason) for session_id, reason in overdue))

    async def _end(self, session_id: str, reason: str) -> None:
        peer = self._peers.pop(session_id, None)
        if peer is not None:
            peer.reason = peer.reason or reason
            self._ended[reason] += 1
            logger.info("a viewer left: %s", reason)
            await _close(peer)


def prefer_codecs(transceiver: RTCRtpTransceiver, kind: Kind) -> None:
    """Allow only what the show is made of. To be called before `setRemoteDescription`, which fixes the codecs."""
    capabilities = RTCRtpSender.getCapabilities(kind).codecs
    chosen = [codec for codec in capabilities if codec.mimeType in _CODECS[kind]]
    # Constrained Baseline (42e01f) first: it is what the encoder makes.
    chosen.sort(key=lambda codec: codec.parameters.get("profile-level-id") != "42e01f")
    transceiver.setCodecPreferences(chosen)


async def answer_offer(pc: RTCPeerConnection, offer: Offer, no_codec: str) -> str:
    """Negotiate with an offer; the SDP of the answer, with the local candidates.

    Raises:
        WhepError: 400 the offer cannot be answered, 406 with the words of `no_codec`.
    """
    try:
        await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
    except OperationError as error:
        raise WhepError(406, no_codec) from error
    except (ValueError, AssertionError, KeyError, AttributeError) as error:
        raise WhepError(400, "The offer cannot be answered.") from error
    return str(pc.localDescription.sdp)


async def add_candidates(pc: RTCPeerConnection, offer: Offer, read: Fragment, so_far: int) -> None:
    """Take a fragment's candidates; `so_far` counts those of the session, these among them.

    Raises:
        WhepError: 422 too many candidates.
    """
    if so_far > MAX_CANDIDATES:
        raise WhepError(422, f"At most {MAX_CANDIDATES} candidates a session are allowed.")
    for value in read.candidates:
        candidate = candidate_from_sdp(value)
        candidate.sdpMid = offer.first_mid
        await pc.addIceCandidate(candidate)


async def close_connection(pc: RTCPeerConnection, whose: str) -> None:
    """Close within five seconds or give up; what goes wrong is logged, with `whose` connection it was."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await pc.close()
    except TimeoutError:
        logger.warning("%s did not close within %s s", whose, _CLOSE_S)
    except Exception:
        logger.exception("%s could not be closed", whose)


async def _close(peer: _Peer) -> None:
    for track in peer.tracks:
        track.stop()
    await close_connection(peer.pc, "a peer connection")
