"""How uvicorn serves the application."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp


def server_config(app: ASGIApp, host: str, port: int, *, proxies: str = "127.0.0.1") -> uvicorn.Config:
    """Settings for `uvicorn.Server`; `proxies` are the peers whose X-Forwarded-For is believed.

    Chat batches are small and already shared between viewers, so compression would only cost; frames of viewers are
    bounded before they are read.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=8192,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32 * 1024,
        forwarded_allow_ips=proxies,
    )
