"""Requests this house sends to addresses that others chose: feeds, pictures, webhooks. Guarded against SSRF."""

from influencer.outbound.client import Answer, Outbound
from influencer.outbound.destination import Destination, UrlRefused, destination

__all__ = ["Answer", "Destination", "Outbound", "UrlRefused", "destination"]
