"""What a viewer or a speaker may send: the SDP offer and the trickle-ICE fragment, checked before aiortc sees them.

Everything here comes from the network. Only candidates with a public address are kept: a private, loopback or
mDNS candidate would make the server send packets to an address the viewer chose inside our network. Nothing is
lost by that, since a viewer who can reach us at all is learnt as a peer-reflexive candidate from its own,
authenticated check (RFC 8445, 7.3.1.3).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from aiortc.sdp import MediaDescription, SessionDescription

from streaming.errors import WhepError
from streaming.media import Kind

MAX_SDP: Final = 64 * 1024
"""Characters."""
MAX_FRAGMENT: Final = 16 * 1024
MAX_CANDIDATES: Final = 32
_KINDS: Final = ("audio", "video")
VIEWER: Final = ("recvonly", "sendrecv", None)
SPEAKER: Final = ("sendonly", "sendrecv", None)
"""Directions that an offer may have."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that may be given to aiortc: at most one audio and one video section, bundled."""

    sdp: str
    kinds: tuple[Kind, ...]
    """In the order of the offer's sections."""
    first_mid: str
    """Candidates of a bundle belong to it."""
    ufrag: str
    candidates: int
    """How many candidates the viewer sent, unusable ones included."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A trickle-ice-sdpfrag (RFC 8840) reduced to what is used: usable candidates, without `a=candidate:`."""

    ufrag: str | None
    candidates: tuple[str, ...]
    total: int


def read_offer(sdp: str) -> Offer:
    """Check a viewer's offer and take out what must not reach the network.

    Raises:
        WhepError: 400 when it is not SDP or no offer to receive, 422 when it asks for something else than one
            bundled audio and one video section.
    """
    cleaned, total = _usable(sdp)
    media = _parse(cleaned)
    for section in media:
        _check_section(section, VIEWER)
    return _offer(cleaned, media, total)


def read_microphone_offer(sdp: str) -> Offer:
    """Check a speaker's offer (WHIP, RFC 9725, 4.2): one audio section that sends.

    Raises:
        WhepError: 400 when it is not SDP or no offer, 422 when it is anything else than one section that sends sound.
    """
    cleaned, total = _usable(sdp)
    media = _parse(cleaned)
    if len(media) != 1 or media[0].kind != "audio":
        raise WhepError(422, "A microphone's offer has one media section, of audio.")
    _check_section(media[0], SPEAKER)
    return _offer(cleaned, media, total)


def _offer(cleaned: str, media: list[MediaDescription], total: int) -> Offer:
    kinds = [section.kind for section in media]
    if len(set(kinds)) != len(kinds):
        raise WhepError(422, "The offer has two sections of one kind; one audio and one video are allowed.")
    return Offer(
        sdp=cleaned,
        kinds=tuple("audio" if kind == "audio" else "video" for kind in kinds),
        first_mid=str(media[0].rtp.muxId),
        ufrag=str(media[0].ice.usernameFragment if media[0].ice else ""),
        candidates=total,
    )


def read_fragment(fragment: str) -> Fragment:
    """Check a trickle-ICE fragment.

    Raises:
        WhepError: 400 when it is no fragment, 422 when it has too many candidates.
    """
    if len(fragment) > MAX_FRAGMENT:
        raise WhepError(400, f"The fragment has {len(fragment)} characters; at most {MAX_FRAGMENT} are allowed.")
    lines = fragment.splitlines()
    if not lines or any(not re.match(r"[a-z]=", line) for line in lines if line):
        raise WhepError(400, "The body is not a trickle-ICE SDP fragment (RFC 8840).")
    values = [line.removeprefix("a=candidate:") for line in lines if line.startswith("a=candidate:")]
    if len(values) > MAX_CANDIDATES:
        raise WhepError(422, f"The fragment has {len(values)} candidates; at most {MAX_CANDIDATES} are allowed.")
    ufrag = next((line.removeprefix("a=ice-ufrag:") for line in lines if line.startswith("a=ice-ufrag:")), None)
    return Fragment(ufrag, tuple(value for value in values if is_usable(value)), len(values))


def is_usable(candidate: str) -> bool:
    """Whether a candidate (RFC 8839, after `a=candidate:`) is UDP at a public IP address and a real port."""
    bits = candidate.split()
    if len(bits) < 8 or bits[2].lower() != "udp" or bits[1] != "1" or not all(x.isdecimal() for x in bits[3:6:2]):
        return False
    try:
        address = ipaddress.ip_address(bits[4])
    except ValueError:  # an mDNS or host name: looking it up would be a scan primitive
        return False
    return address.is_global and not address.is_multicast and 0 < int(bits[5]) < 65536


def _usable(sdp: str) -> tuple[str, int]:
    if len(sdp) > MAX_SDP:
        raise WhepError(400, f"The offer has {len(sdp)} characters; at most {MAX_SDP} are allowed.")
    cleaned, total = _keep_usable_candidates(sdp)
    if total > MAX_CANDIDATES:
        raise WhepError(422, f"The offer has {total} candidates; at most {MAX_CANDIDATES} are allowed.")
    return cleaned, total


def _keep_usable_candidates(sdp: str) -> tuple[str, int]:
    kept, total = [], 0
    for line in sdp.splitlines():
        if line.startswith("a=candidate:"):
            total += 1
            if not is_usable(line.removeprefix("a=candidate:")):
                continue
        # Without "end" the agent keeps listening for the viewer's own checks; the join deadline ends it.
        if line.strip() != "a=end-of-candidates":
            kept.append(line)
    return "\r\n".join(kept) + "\r\n", total


def _parse(sdp: str) -> list[MediaDescription]:
    if not sdp.startswith("v=0"):
        raise WhepError(400, "The body is not SDP: the first line must be v=0 (RFC 8866).")
    try:
        description = SessionDescription.parse(sdp)
    except Exception as error:  # aiortc's parser asserts, indexes and converts: anything can come out
        raise WhepError(400, "The offer cannot be parsed as SDP (RFC 8866).") from error
    media: list[MediaDescription] = description.media
    if not media:
        raise WhepError(400, "The offer has no media section.")
    if len(media) > len(_KINDS):
        raise WhepError(422, f"The offer has {len(media)} media sections; one audio and one video are allowed.")
    bundled = {item for group in description.group if group.semantic == "BUNDLE" for item in group.items}
    mids = [section.rtp.muxId for section in media]
    if not all(mids) or len(set(mids)) != len(mids) or (len(mids) > 1 and not bundled.issuperset(mids)):
        raise WhepError(422, "All sections must have different a=mid values and be in one BUNDLE group.")
    return media


def _check_section(section: MediaDescription, directions: tuple[str | None, ...]) -> None:
    if section.kind not in _KINDS:
        raise WhepError(422, f"The offer has a section of kind {section.kind[:20]!r}; allowed: audio, video.")
    if section.direction not in directions:
        who = "a viewer" if directions is VIEWER else "a microphone"
        raise WhepError(422, f"The {section.kind} section is {section.direction}; {who} offers {directions[0]}.")
    ice, dtls = section.ice, section.dtls
    if ice is None or not ice.usernameFragment or not ice.password:
        raise WhepError(400, f"The {section.kind} section has no ICE credentials.")
    if dtls is None or not dtls.fingerprints or dtls.role is None:
        raise WhepError(400, f"The {section.kind} section has no DTLS fingerprint or no a=setup.")
