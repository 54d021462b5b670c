"""Change of the number of partitions: first the new index is built, and then the old one is deleted.

Clients submit and read during each command.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.cluster import ClusterNode, RedisCluster

from leaderforge.adapters.redis.keys import IndexKeys
from tests.acceptance.api_fixtures import environment, served
from tests.acceptance.command import Command
from tests.acceptance.scaling_load import Load, prepare
from tests.waiting import until

OLD, NEW = 3, 5


def keys_of(addresses: list[str], namespace: str, partitions: int) -> int:
    """Return the number of keys of an index."""
    nodes = [ClusterNode(host, int(port)) for host, _, port in (address.rpartition(":") for address in addresses)]
    with RedisCluster(startup_nodes=nodes) as cluster:
        return len(list(cluster.scan_iter(f"{namespace}:{partitions}:*", count=1000)))


def age_watermarks(addresses: list[str], keys: IndexKeys) -> None:
    """Set the watermarks back by more than a minute, as if no process had used the index since then."""
    nodes = [ClusterNode(host, int(port)) for host, _, port in (address.rpartition(":") for address in addresses)]
    with RedisCluster(startup_nodes=nodes) as cluster:
        for meta in keys.meta:
            cluster.hset(meta, "watermark", 1)


async def test_another_number_of_partitions(valkey: Any, database: str) -> None:
    addresses = list(valkey.addresses)
    settings: Mapping[str, str] = environment(addresses, database, LEADERFORGE_PARTITIONS=str(OLD))
    namespace = settings["LEADERFORGE_NAMESPACE"]
    command = Command(database, addresses, namespace)

    async def index(*arguments: str, code: int = 0, partitions: int = OLD) -> str:
        variables = {"LEADERFORGE_PARTITIONS": str(partitions)}
        finished = await asyncio.to_thread(command.run, "index", *arguments, code=code, **variables)
        return "".join(finished.output + finished.errors)

    async with served(settings) as api:
        await api.until_healthy()
        await prepare(api)
        load = Load(api)
        async with load.running():
            assert "has 3 partitions" in await index("build-partitions", str(OLD), code=1)
            assert "indexed" in await index("build-partitions", str(NEW))
            assert "a process has used" in await index("drop-partitions", str(OLD), code=1, partitions=NEW)
    async with served({**settings, "LEADERFORGE_PARTITIONS": str(NEW)}) as api:

        async def is_answered_by_the_index() -> bool:
            answer = await api.get("/api/boards/sums/top")
            return bool(answer.headers["X-LeaderForge-Source"] == "index")

        load.api = api
        async with load.running():
            await until(is_answered_by_the_index, "the new index", every=0.1)
            await asyncio.to_thread(age_watermarks, addresses, IndexKeys(namespace, OLD))
            assert keys_of(addresses, namespace, OLD) > 0
            assert "keys deleted" in await index("drop-partitions", str(OLD), partitions=NEW)
            assert keys_of(addresses, namespace, OLD) == 0
            assert await index("drop-partitions", str(OLD), partitions=NEW) == "0 keys deleted"
        await until(is_answered_by_the_index, "the new index after the load", every=0.1)
        await load.require_scores()
