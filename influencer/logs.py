"""Structured logs: a constant message, data in fields, JSON when nobody watches, and never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_FIELD = re.compile(r"token|secret|password|authorization|cookie|api_?key|stream_?key", re.IGNORECASE)
BEARER = re.compile(r"(?i)(bearer\s+|://[^/\s:@]*:)[^\s@\"',]+")


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of secret-looking fields, bearer tokens and passwords in URLs."""
    for key, value in event.items():
        if SECRET_FIELD.search(key):
            event[key] = "[redacted]"
        elif isinstance(value, str):
            event[key] = BEARER.sub(r"\1[redacted]", value)
    return event


def configure_logs(level: str = "info") -> None:
    """Send structlog and the standard library's loggers to standard error, through the same redaction.

    Raises:
        ValueError: `level` is not one of debug, info, warning, error.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log level: got {level!r}; allowed: debug, info, warning, error")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = sys.stderr.isatty()
    # Plain tracebacks: rich ones print local variables, which may hold secrets.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = console if terminal else structlog.processors.JSONRenderer()
    tail: list[Any] = [] if terminal else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*shared, *tail, redact, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))
