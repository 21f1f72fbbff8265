"""Makes a persona's portraits: one master, market variants from it, each a PNG with a sidecar and a ledger entry."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, PngImagePlugin

from influencer.errors import Conflict
from influencer.likeness.consent import StoredConsent
from influencer.likeness.guard import ClearedOrder
from influencer.persona import Persona
from influencer.store.portraits import NewPortrait, PortraitRepository
from models.portrait.arguments import PortraitRequest
from models.portrait.faces import FaceEncoder
from models.portrait.identity import THRESHOLD, Verdict, make_gate, require_gate
from models.portrait.painter import Painter
from models.portrait.variants import TRIES, paint_variant
from models.portrait.wording import NEGATIVE, NEUTRAL, StyleWords, master_prompt, variant_prompt
from models.training.rights import PROHIBITED

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's digital source type of a picture made by a generative model; read by platforms that label such pictures."""
LABEL_NOTE = "AI-generated picture: show it only with the market's AI label on it"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    f'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"'
)
_XMP_NO_TRAINING = f' xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="{PROHIBITED}"'
_XMP_END = '/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'


@dataclass(frozen=True, slots=True)
class PortraitOptions:
    """How portraits are made. Sizes in pixels, multiples of 32."""

    out: Path
    seed: int
    width: int = 832
    height: int = 1216
    tries: int = TRIES
    threshold: float = THRESHOLD
    strength: float = 0.55
    allow_unchecked: bool = False
    replace_master: bool = False


@dataclass(frozen=True, slots=True)
class MadePortrait:
    """One file that is there now. `reused` says that it had been painted before."""

    path: Path
    sidecar: Path
    sha256: str
    similarity: float | None
    reused: bool


def persona_seed(persona: Persona) -> int:
    """The master's seed when none is given: always the same for a persona, another when its `likeness` is changed."""
    text = f"{persona.id}/{float(persona.attributes.get('likeness', 0)):g}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 2**31


class PortraitMaker:
    """Paints cleared orders. One at a time: the pipeline fills the device.

    Args:
        painter: the pipeline.
        encoder: who is who; None when no weights are there, and then variants are refused unless the options allow
            unchecked ones.
        ledger: where every finished file is entered.
        now: the wall clock for sidecars.
    """

    def __init__(
        self, painter: Painter, encoder: FaceEncoder | None, ledger: PortraitRepository, now: Callable[[], datetime]
    ) -> None:
        self._painter = painter
        self._encoder = encoder
        self._ledger = ledger
        self._now = now

    async def make(self, order: ClearedOrder, options: PortraitOptions) -> list[MadePortrait]:
        """The master (painted, or found as it was painted before), then the market's variant if there is a market.

        Raises:
            Conflict: another master is there already, and replacing it was not allowed.
            IdentityDrift: no variant is the same person, or nobody can say so.
            ModelError: the pipeline cannot be used.
        """
        if order.market is not None or order.reference is not None:
            require_gate(self._encoder, allow_unchecked=options.allow_unchecked)
        options.out.mkdir(parents=True, exist_ok=True)
        master = await self._master(order, options)
        if order.market is None:
            return [master]
        return [master, await self._variant(order, options, master)]

    async def _master(self, order: ClearedOrder, options: PortraitOptions) -> MadePortrait:
        file = options.out / f"{order.persona.id}-master.png"
        who = (order.persona.id, order.persona.attributes)
        consented = order.consent is not None
        prompt = master_prompt(*who) if order.reference is None else variant_prompt(*who, NEUTRAL, consented=consented)
        request = self._request(prompt, options.seed, options)
        wanted = self._identity(order, request)
        found = await self._found(file, wanted)
        if found is not None:
            return found
        if file.exists() and not options.replace_master:
            raise Conflict(
                f"master portrait: {file} was made with other settings, and another one is another face; "
                "allowed: the settings in its sidecar, another --out, or --replace-master"
            )
        if order.reference is None:
            image = await asyncio.to_thread(self._painter.paint, request)
            return await self._save(file, image, order, request, wanted, ())
        start = _opened(order.reference.data)
        return await self._from(start, file, order, request, wanted, options)

    async def _variant(self, order: ClearedOrder, options: PortraitOptions, master: MadePortrait) -> MadePortrait:
        assert order.market is not None
        card = order.market.style_card
        prompt = variant_prompt(
            order.persona.id,
            order.persona.attributes_for(order.market.id),
            StyleWords(card.light, card.mood) if card else NEUTRAL,
            order.extra,
            consented=order.consent is not None,
        )
        request = self._request(prompt, options.seed, options)
        wanted = {**self._identity(order, request), "market": order.market.id, "reference_sha256": master.sha256}
        file = options.out / f"{order.persona.id}-{order.market.id}.png"
        start = _opened(await asyncio.to_thread(master.path.read_bytes))
        return await self._from(start, file, order, request, wanted, options)

    async def _from(
        self,
        reference: Image.Image,
        file: Path,
        order: ClearedOrder,
        request: PortraitRequest,
        wanted: dict[str, Any],
        options: PortraitOptions,
    ) -> MadePortrait:
        """Paint from a reference until the gate takes one, and save it."""
        gate = await asyncio.to_thread(
            make_gate, self._encoder, reference, threshold=options.threshold, allow_unchecked=options.allow_unchecked
        )
        fitted = replace(request, reference=_fitted(reference, request.width, request.height))
        variant = await asyncio.to_thread(paint_variant, self._painter, fitted, gate, options.tries)
        painted = replace(request, seed=variant.seed)
        return await self._save(file, variant.image, order, painted, wanted, variant.verdicts)

    def _request(self, prompt: str, seed: int, options: PortraitOptions) -> PortraitRequest:
        recipe = self._painter.recipe
        return PortraitRequest(
            prompt=prompt,
            negative=NEGATIVE,
            seed=seed,
            width=options.width,
            height=options.height,
            steps=recipe.steps,
            guidance=recipe.guidance,
            strength=options.strength,
        )

    def _identity(self, order: ClearedOrder, request: PortraitRequest) -> dict[str, Any]:
        """What makes a master that master: the same values give the same face."""
        return {
            "persona": order.persona.id,
            "market": None,
            "prompt": request.prompt,
            "requested_seed": request.seed,
            "pipeline": self._painter.recipe.repository or self._painter.recipe.name,
            "width": request.width,
            "height": request.height,
            "reference_sha256": order.reference.sha256 if order.reference else None,
        }

    async def _found(self, file: Path, wanted: dict[str, Any]) -> MadePortrait | None:
        """The file, when it is the very one that we painted with these settings."""
        kept, sha256 = await asyncio.to_thread(_on_disk, file)
        same = all(kept.get(name) == value for name, value in wanted.items())
        if not same or await self._ledger.find(sha256) is None:
            return None
        return MadePortrait(file, file.with_suffix(".json"), sha256, None, reused=True)

    async def _save(
        self,
        file: Path,
        image: Image.Image,
        order: ClearedOrder,
        request: PortraitRequest,
        wanted: dict[str, Any],
        verdicts: tuple[Verdict, ...],
    ) -> MadePortrait:
        no_training = order.consent is not None and order.consent.record.no_training
        data = png_bytes(image, no_training=no_training)
        sha256 = hashlib.sha256(data).hexdigest()
        info = await asyncio.to_thread(self._painter.info)
        await self._ledger.add(
            NewPortrait(
                sha256=sha256,
                persona=order.persona.id,
                market=wanted["market"],
                pipeline=info.pipeline,
                licence=info.licence,
                seed=request.seed,
                prompt=request.prompt,
                consent_id=order.consent.id if order.consent else None,
            )
        )
        sidecar = file.with_suffix(".json")
        described = {
            **wanted,
            "file": file.name,
            "sha256": sha256,
            "seed": request.seed,
            "steps": info.steps,
            "guidance": info.guidance,
            "pipeline_source": info.source,
            "pipeline_class": info.pipeline_class,
            "licence": info.licence,
            "licence_url": info.licence_url,
            "device": info.device,
            "dtype": info.dtype,
            "diffusers": info.diffusers,
            "synthetic": True,
            "digital_source_type": SOURCE_TYPE,
            "ai_label": order.market.label if order.market and wanted["market"] else None,
            "ai_label_note": LABEL_NOTE,
            "likeness": terms_of(order.consent) if order.consent else None,
            "identity": _identity_report(verdicts),
            "made_at": self._now().isoformat(),
        }
        await asyncio.to_thread(file.write_bytes, data)
        text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
        await asyncio.to_thread(sidecar.write_text, text, "utf-8")
        similarity = verdicts[-1].similarity if verdicts else None
        return MadePortrait(file, sidecar, sha256, similarity, reused=False)


def png_bytes(image: Image.Image, *, no_training: bool = False) -> bytes:
    """The picture as a PNG that says of itself, in XMP and in plain text, that a model made it, and that no model may
    be trained on it where its person's licence says so."""
    about = PngImagePlugin.PngInfo()
    about.add_itxt("XML:com.adobe.xmp", _XMP + (_XMP_NO_TRAINING if no_training else "") + _XMP_END)
    about.add_text("Comment", LABEL_NOTE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=about)
    return buffer.getvalue()


def terms_of(consent: StoredConsent) -> dict[str, Any]:
    """The clauses that go wherever a picture or a recording of the person goes."""
    record = consent.record
    return {
        "consent": consent.id,
        "purposes": list(record.purposes),
        "markets": list(record.markets),
        "valid_until": record.valid_until.isoformat(),
        "no_copy": record.no_copy,
        "no_training": record.no_training,
    }


def _identity_report(verdicts: tuple[Verdict, ...]) -> dict[str, Any] | None:
    """What the gate said; None for a master painted from words alone, which has nobody to be compared with."""
    if not verdicts:
        return None
    last = verdicts[-1]
    return {
        "checked": last.encoder is not None,
        "encoder": last.encoder,
        "threshold": last.threshold,
        "similarity": last.similarity,
        "tries": len(verdicts),
    }


def _on_disk(file: Path) -> tuple[dict[str, Any], str]:
    """(sidecar, SHA-256) of a portrait that is there; an empty sidecar when it is not, or cannot be read."""
    try:
        kept = json.loads(file.with_suffix(".json").read_text("utf-8"))
        return (kept if isinstance(kept, dict) else {}), hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return {}, ""


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")


def _fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Cropped to the wanted shape around the middle, nearer the top (where heads are), and resized."""
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS, centering=(0.5, 0.3))
