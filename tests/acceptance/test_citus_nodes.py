"""Workers of Citus that leave and join by the command, while clients write and read."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from leaderforge.adapters.postgres.worker_nodes import WorkerChangeFailed, worker_nodes
from leaderforge.embedded import PostgresServer
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import Command
from tests.acceptance.scaling_load import Load, prepare
from tests.contract.store_fixtures import emptied_citus


@pytest.fixture
async def api(valkey) -> AsyncIterator[Served]:
    async with served(environment(list(valkey.addresses), await emptied_citus())) as api:
        await api.until_healthy()
        await prepare(api)
        yield api


async def test_plain_postgresql_has_no_workers(postgres: PostgresServer) -> None:
    with pytest.raises(WorkerChangeFailed, match="name the coordinator in LEADERFORGE_POSTGRES_DSN, or move the store"):
        async with worker_nodes(postgres.dsn):
            pass


@pytest.mark.long
async def test_a_worker_leaves_and_joins_under_load(api: Served) -> None:
    """No request fails. The removal of a worker goes on after its command was killed.

    The next command waits for the end of the removal.
    """
    settings = api.services.settings
    command = Command(settings.postgres_dsn.get_secret_value(), settings.redis_nodes, settings.namespace, seconds=600)

    async def citus(*arguments: str, code: int = 0) -> list[str]:
        finished = await asyncio.to_thread(command.run, "citus", *arguments, code=code)
        return finished.output + finished.errors

    before = await citus("workers")
    address = before[-1].partition(": ")[0]
    load = Load(api)
    async with load.running():
        with command.running("citus", "remove-worker", address) as process:
            while process.poll() is None and await citus("workers") == before:
                pass
            assert process.poll() is None
            process.kill()
        await citus("remove-worker", address)
        assert [line.partition(": ")[0] for line in await citus("workers")] == [
            line.partition(": ")[0] for line in before[:-1]
        ]
        [refusal] = await citus("remove-worker", address, code=1)
        assert f"{address} is not a worker" in refusal
        await citus("add-worker", address)
    assert await citus("workers") == before
    assert await citus("rebalance") == ["0 groups of shards moved"]
    await load.require_scores()
    await asyncio.to_thread(command.run, "verify")
