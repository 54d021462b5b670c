"""Operators' view of the partitions and nodes of real servers, intact and broken."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from leaderforge.embedded import ValkeyCluster
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.waiting import until

PLAYERS = range(1, 41)


@pytest.fixture
def nodes(own_valkey) -> ValkeyCluster:
    cluster: ValkeyCluster = own_valkey(nodes=3)
    return cluster


@pytest.fixture
async def api(nodes: ValkeyCluster, postgres) -> AsyncIterator[Served]:
    # A request to a frozen node waits until the time limit of the index. Therefore shorten the limit to 1 s.
    more = {"LEADERFORGE_PARTITIONS": "6", "LEADERFORGE_INDEX_TIMEOUT_MS": "1000"}
    settings = environment(nodes.addresses, await new_database(postgres.dsn), **more)
    async with served(settings) as api:
        await api.until_healthy()
        for user_id in PLAYERS:
            await api.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
        await api.post("/api/scores/batch", {"submissions": [{"user_id": i, "score": i} for i in PLAYERS]})
        yield api


async def shown(api: Served) -> Any:
    answer = await api.get("/api/admin/shards", ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_whole_parts_tell_everything(api: Served, nodes: ValkeyCluster) -> None:
    told = await shown(api)
    assert [one["node"] for one in told["nodes"]] == sorted(nodes.addresses)
    assert all(one["up"] and one["memory_bytes"] > 0 for one in told["nodes"])
    assert [one["partition"] for one in told["partitions"]] == list(range(6))
    assert all(one["complete"] and one["lag_ms"] is not None for one in told["partitions"])
    assert sum(one["entries"] for one in told["partitions"]) == len(PLAYERS)
    assert sum(one["players"] for one in told["partitions"]) == len(PLAYERS)
    assert told["verification"] is None or told["verification"]["differing"] == 0
    assert told["database"] == [{"node": "postgres", "up": True}]


async def test_all_processes_see_what_verification_found_and_mended(api: Served) -> None:
    services = api.services
    [(ladder, standings)] = await services.parts.store.standings_of([7, 9])
    observed = (await services.parts.index.observe([ladder], [7]))[ladder]
    assert await services.parts.index.mend(ladder, [7], [], observed) == []
    before = services.clock()
    assert await services.verification.run() == len(PLAYERS)
    found = (await shown(api))["verification"]
    assert (found["checked"], found["differing"]) == (len(PLAYERS), 1)
    assert datetime.fromisoformat(found["verified_at"]).timestamp() * 1000 >= before
    assert await services.parts.index.differences(ladder, standings) == []
    entry = (await api.get("/api/leaderboard/rank/7")).json()
    assert (entry["rank"], entry["username"]) == (len(PLAYERS) - 6, "player 7")


@pytest.mark.parametrize(
    "breaking",
    [
        pytest.param(ValkeyCluster.kill, id="killed"),
        pytest.param(ValkeyCluster.pause, id="frozen", marks=pytest.mark.long),
    ],
)
async def test_a_broken_node_hides_no_other(api: Served, nodes: ValkeyCluster, breaking: Any) -> None:
    broken = nodes.addresses[1]
    breaking(nodes, 1)
    told: Any = None

    async def only_that_one_is_down() -> bool:
        nonlocal told
        told = await shown(api)
        return {one["node"]: one["up"] for one in told["nodes"]} == {one: one != broken for one in nodes.addresses}

    await until(only_that_one_is_down, "the other nodes to answer within the survey's time limit")
    assert len(told["partitions"]) == 6
    for one in told["partitions"]:
        assert one["complete"] == (one["node"] != broken)
        assert (one["entries"] is None) == (one["node"] == broken)
