"""A process that sends webhooks until it is killed: `python -m tests.webhook_process DATABASE PORT`."""

from __future__ import annotations

import asyncio
import sys

from influencer.outbound import Outbound
from influencer.store import open_store
from influencer.webhooks.sender import WebhookSender
from streaming.clock import MonotonicClock


async def send(database: str, port: int) -> None:
    """Send what is due to loopback, for ever."""
    outbound = Outbound(timeout_s=10, trusted_hosts=("127.0.0.1",), trusted_ports=(port,))
    async with await open_store(database) as store, outbound:
        await WebhookSender(store, outbound).run(MonotonicClock())


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], int(sys.argv[2])))
