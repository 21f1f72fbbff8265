"""What a show takes back: words that were heard of a line that was cut, and are not so any more."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from influencer.errors import ClaimRejected
from influencer.script.claims import ApprovedLine
from influencer.script.corrections import correction, untrue
from influencer.script.values import Line
from influencer.show.desk import MarketDesk

log = structlog.get_logger(__name__)


class Corrections:
    """The corrections of one show; two in a row have other words."""

    def __init__(self) -> None:
        self._turn = 0

    def of(self, desk: MarketDesk, line: ApprovedLine, text: str, said: Mapping[str, str], heard: str) -> Line | None:
        """What takes back the words of a line that was cut; None when nothing untrue was heard.

        That a product has sold out is no correction: the script says so next.

        Args:
            desk: knows what is true now.
            line: what was cut.
            text: all of it, as it was synthesised.
            said: its slots as they were bound then.
            heard: what went on air of it.
        """
        if line.market != desk.market.id or desk.still_true(line, text):
            return None
        sheet = desk.sheet(line.product_id)
        if sheet.sold_out or not untrue(heard, said, sheet):
            return None
        taken_back = correction(sheet, desk.market.language, self._turn)
        self._turn += 1
        try:
            desk.approve(taken_back)
        except ClaimRejected as refusal:
            log.warning("correction refused", text=taken_back.text, reasons=refusal.reasons)
            return None
        return taken_back
