"""Structured logs: one JSON object per line."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import structlog

from leaderforge.log_budget import LogBudget

_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
_WITH_THEIR_OWN = ("uvicorn", "uvicorn.error")
"""Loggers that uvicorn has configured with text handlers before this module runs."""

_IN_OUR_PLACE = "uvicorn.access"
"""Access log of uvicorn, which is discarded. It would log each request a second time, without the request id."""


class _LossyStream:
    """Stream of logs. It drops lines that it cannot write, because a full disk must not fail requests."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream is closed already
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _LibraryBudget(logging.Filter):
    """Filter that limits the number of lines from each log statement of a library.

    A web server, for example, logs each malformed request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._budget = LogBudget()

    def filter(self, record: logging.LogRecord) -> bool:
        return self._budget.admit((record.pathname, record.lineno)) is not None


def configure(level: str, to: TextIO | None = None) -> None:
    """Write all logs as JSON to `to` or standard output, including logs of libraries that use `logging`."""
    stream: Any = _LossyStream(sys.stdout if to is None else to)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(stream, number)


def _configure_libraries(stream: Any, level: int) -> None:
    """Write the logs of libraries that use `logging` to the stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter())
    handler.addFilter(_LibraryBudget())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries log too much below WARNING. A lower level therefore applies to the project's own logs only.
    root.setLevel(max(level, logging.WARNING))
    _remove_handlers()


def _remove_handlers() -> None:
    """Remove the handlers of libraries, so that their logs reach the root. Discard the access log of uvicorn."""
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
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
