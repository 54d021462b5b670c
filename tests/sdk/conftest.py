"""A service for the SDKs, behind a hostile proxy."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.sdk.hostile import HostileProxy, hostile_proxy
from tests.tokens import SIGNING, TOKENS

OPEN = {"LEADERFORGE_SIGN_IN_LIMIT": "10000:10000", "LEADERFORGE_SEGMENTS": "country"}


@pytest.fixture(scope="module")
async def service(valkey, postgres) -> AsyncIterator[Served]:
    """Service that issues and accepts tokens."""
    settings = environment(valkey.addresses, await new_database(postgres.dsn), **TOKENS, **SIGNING, **OPEN)
    async with served(settings) as api:
        await api.until_healthy()
        yield api


@pytest.fixture(scope="module")
async def proxy(service: Served) -> AsyncIterator[HostileProxy]:
    """Proxy in front of the service. It is fair until a test gives it a plan."""
    async with hostile_proxy(httpx.URL(service.url).port or 0) as hostile:
        yield hostile
