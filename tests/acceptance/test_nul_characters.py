"""Reads whose parameters have the character NUL. PostgreSQL refuses statements with this character."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from functions.local import create_app
from leaderforge.config import EnvironmentSettings
from leaderforge.embedded import PostgresServer
from leaderforge.wiring import assemble, build
from tests.acceptance.api_fixtures import environment
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.contract.store_fixtures import run
from tests.unit.test_authorization import OPERATIONS, PLAYER, Ask, status_of

LOOKUPS = {"POST /api/boards/{board}/ranks/lookup", "POST /api/users/lookup"}
"""Reads that are no GET."""
READS = [
    (route, parameter["name"])
    for route, operation in OPERATIONS.items()
    if route.startswith("GET ") or route in LOOKUPS
    for parameter in operation.get("parameters", [])
    if parameter["in"] != "header"
]
"""Each read, with each of its parameters."""


@pytest.fixture(scope="module")
async def app(postgres: PostgresServer) -> AsyncIterator[FastAPI]:
    """API without an index, with a player on a board that has segments and moments. The database answers all reads."""
    dsn = await new_database(postgres.dsn)
    await run(
        dsn, "update boards set segments = 'country', moment_days = 30, moments_since = 0, moment_segments_since = 0"
    )
    await run(dsn, "insert into users (user_id, username, created_at) values ($1, 'ada', 0)", PLAYER)
    built = build(EnvironmentSettings.from_environment(environment(["127.0.0.1:1"], dsn)))
    services = assemble(built.settings, built.parts)
    yield create_app(services)
    await services.close()


@pytest.mark.parametrize(("route", "parameter"), READS)
async def test_a_read_with_nul_is_answered(app: FastAPI, route: str, parameter: str) -> None:
    status = await status_of(app, Ask.of(route, parameter, "\0"), ADMIN_KEY)
    assert status in {200, 404, 422}
