"""The assistant a show answers its viewers with: made where the encoder of meanings is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from influencer.assistant.assistant import Assistant
from influencer.brief import Brief
from influencer.commerce.stock_view import StockView
from influencer.market import Market
from models.language.e5 import ready_encoder


def new_assistant(
    products: Sequence[Brief], market: Market, now: Callable[[], datetime], stock: StockView
) -> Assistant:
    """The assistant of a show in a market, by meaning where the encoder was fetched. Run it in a worker thread.

    Reads files and builds indexes: 0.2 to 0.6 s, and with the encoder about a second a product more.
    """
    return Assistant(products, market, clock_now=now, stock=stock.units, encoder=ready_encoder())
