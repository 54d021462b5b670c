"""Responses while parts of the product are down, and after their recovery."""

import asyncio

import pytest

from leaderforge.adapters.postgres.migrate import migrate
from tests.acceptance.api_fixtures import environment, served
from tests.conftest import OwnPostgres, OwnValkey

SCORE = {"user_id": 1, "score": 5}


async def test_it_starts_while_everything_is_down_and_heals(own_valkey: OwnValkey, own_postgres: OwnPostgres) -> None:
    cluster, server = own_valkey(), own_postgres()
    await migrate(server.dsn)
    settings = environment(cluster.addresses, server.dsn)
    await asyncio.to_thread(server.stop)
    for node in range(cluster.size):
        cluster.kill(node)
    async with served(settings) as api:
        health = await api.get("/api/health")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        for answer in (await api.get("/api/leaderboard/top"), await api.post("/api/scores", SCORE)):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        await asyncio.to_thread(server.start)
        await api.until_healthy("degraded")
        assert (await api.post("/api/users", {"username": "ada", "user_id": 1})).status_code == 201
        taken = await api.post("/api/scores", SCORE)
        assert (taken.status_code, taken.json()["rank"]) == (200, None)
        shown = await api.get("/api/leaderboard/top")
        assert (shown.headers["x-leaderforge-source"], shown.json()["total"]) == ("postgres", 1)
        await asyncio.to_thread(lambda: [cluster.restart(node, wait=False) for node in range(cluster.size)])
        await asyncio.to_thread(cluster.wait_ready)
        await api.until_healthy()
        assert (await api.get("/api/leaderboard/rank/1")).headers["x-leaderforge-source"] == "index"


@pytest.mark.long
async def test_a_frozen_database_holds_nobody_up(own_valkey: OwnValkey, own_postgres: OwnPostgres) -> None:
    cluster, server = own_valkey(), own_postgres()
    await migrate(server.dsn)
    settings = environment(cluster.addresses, server.dsn, LEADERFORGE_STORE_TIMEOUT_MS="1500")
    async with served(settings) as api:
        await api.until_healthy()
        await api.post("/api/users", {"username": "ada", "user_id": 1})
        await api.post("/api/scores", SCORE)
        server.pause()
        try:
            health = await api.get("/api/health")
            assert (health.status_code, health.json()["status"]) == (200, "degraded")
            ranked = await api.get("/api/leaderboard/rank/1")
            assert (ranked.status_code, ranked.headers["x-leaderforge-source"]) == (200, "index")
            refused = await api.post("/api/scores", SCORE)
            assert refused.status_code == 503
        finally:
            server.resume()
        await api.until_healthy()
        assert (await api.post("/api/scores", SCORE)).json()["score"] in {10, 15}
