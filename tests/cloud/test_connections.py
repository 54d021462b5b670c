"""Database connections of functions: few, persistent, and replaced when lost."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from leaderforge.embedded import PostgresServer
from local_cloud.stack import LocalCloud
from tests.cloud.calling import Caller

FUNCTION = "tests-submit"


@pytest.fixture
async def player(call: Caller) -> int:
    created = await call.post("/api/users", {"username": uuid4().hex})
    return int(created.json()["user_id"])


async def submit(call: Caller, player: int) -> int:
    """Submit a score and return the status."""
    return (await call.post("/api/scores", {"user_id": player, "score": 1})).status_code


async def held(server: PostgresServer, function: str = FUNCTION) -> set[tuple[int, object]]:
    """Return the connections of the function to the database: process ids and opening times."""
    connection = await asyncpg.connect(server.dsn)
    try:
        query = "select pid, backend_start from pg_stat_activity where application_name = $1"
        return {(row["pid"], row["backend_start"]) for row in await connection.fetch(query, function)}
    finally:
        await connection.close()


async def test_invocations_one_after_the_other_share_a_connection(
    cloud: LocalCloud, call: Caller, cloud_postgres: PostgresServer, player: int
) -> None:
    assert await submit(call, player) == 200
    before = await held(cloud_postgres)
    for _ in range(5):
        assert await submit(call, player) == 200
    assert await held(cloud_postgres) == before
    assert len(before) == 1


async def test_a_database_that_was_down_is_found_again_without_a_redeployment(
    call: Caller, cloud_postgres: PostgresServer, player: int
) -> None:
    assert await submit(call, player) == 200
    await asyncio.to_thread(cloud_postgres.process.kill)
    try:
        refused = await call.post("/api/scores", {"user_id": player, "score": 1})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
        assert refused.headers["retry-after"]
    finally:
        await asyncio.to_thread(cloud_postgres.restart)
    assert await submit(call, player) == 200
    assert (await call.get(f"/api/leaderboard/rank/{player}")).json()["submissions"] == 2


@pytest.mark.parametrize("concurrency", [5, pytest.param(20, marks=pytest.mark.long)])
async def test_many_at_once_stay_within_the_budget(
    call: Caller, cloud_postgres: PostgresServer, player: int, concurrency: int
) -> None:
    submitting = asyncio.gather(*(submit(call, player) for _ in range(concurrency)))
    most = 0
    while not submitting.done():
        most = max(most, len(await held(cloud_postgres)))
        await asyncio.sleep(0.05)
    assert await submitting == [200] * concurrency
    assert 1 < max(most, len(await held(cloud_postgres))) <= concurrency
    entry = (await call.get(f"/api/leaderboard/rank/{player}")).json()
    assert (entry["score"], entry["submissions"]) == (concurrency, concurrency)
