"""Structured logs: one JSON object per line."""

import logging
import sys
from typing import Any, TextIO

import structlog

_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
_WITH_THEIR_OWN = ("uvicorn", "uvicorn.error")
"""Loggers that uvicorn configures with text handlers before this module runs."""

_IN_OUR_PLACE = "uvicorn.access"
"""Access log of uvicorn. It would log each request a second time, without its id."""


def configure(level: str, to: TextIO | None = None) -> None:
    """Write all logs as JSON to `to` or standard output, including logs of libraries that use `logging`."""
    stream = sys.stdout if to is None else to
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries log much below the level WARNING: only the project's own logs follow `level`.
    root.setLevel(max(number, logging.WARNING))
    for name in _WITH_THEIR_OWN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    access = logging.getLogger(_IN_OUR_PLACE)
    access.handlers.clear()
    access.propagate = False


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
