"""Fixtures of the unit tests."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.edge_fixtures import Api, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The HTTP edge over empty twins."""
    async with serving() as running:
        yield running
