"""Fixtures of the unit tests."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.unit.edge_fixtures import Api, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """HTTP edge over empty in-memory adapters."""
    async with serving() as running:
        yield running


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Restore the configuration of logs after the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
