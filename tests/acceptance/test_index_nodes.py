"""Nodes that leave and join the index by the command, while clients write and read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from leaderforge.adapters.redis.scaling.nodes import Access, NodeClients, ScalingFailed
from leaderforge.embedded import ValkeyCluster
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import Command
from tests.acceptance.conftest import new_database
from tests.acceptance.scaling_load import Load, prepare
from tests.waiting import until

PASSWORD = "password-of-the-nodes"
WAYS = {"at once": (), "key by key": ("--key-by-key",)}
REFUSED = {
    ("add-node", "127.0.0.1:1"): "the index node 127.0.0.1:1 did not answer",
}


@pytest.fixture
def nodes(no_process_left: None, tmp_path: Path) -> Iterator[ValkeyCluster]:
    cluster = ValkeyCluster(tmp_path / "valkey", nodes=3)
    cluster.password = PASSWORD
    with cluster:
        yield cluster


@pytest.fixture
async def api(nodes: ValkeyCluster, postgres) -> AsyncIterator[Served]:
    password = {"LEADERFORGE_REDIS_PASSWORD": PASSWORD}
    async with served(environment(nodes.addresses, await new_database(postgres.dsn), **password)) as api:
        await api.until_healthy()
        await prepare(api)
        yield api


@dataclass(frozen=True)
class NodesCommand(Command):
    """The command, with the password of the nodes."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"LEADERFORGE_REDIS_PASSWORD": PASSWORD}

    async def index(self, *arguments: str, code: int = 0) -> list[str]:
        """Run a command of `leaderforge index`, and return its lines."""
        finished = await asyncio.to_thread(self.run, "index", *arguments, code=code)
        return finished.output + finished.errors


@pytest.fixture
def command(api: Served) -> NodesCommand:
    settings = api.services.settings
    return NodesCommand(settings.postgres_dsn.get_secret_value(), settings.redis_nodes, settings.namespace)


async def test_errors_of_nodes_do_not_contain_the_password(valkey: ValkeyCluster) -> None:
    clients = NodeClients(Access())
    with pytest.raises(ScalingFailed, match=r"refused 'MIGRATE': \w+") as failure:
        await clients.ask(valkey.addresses[0], "MIGRATE", "host", 1, "", 0, "no number", "AUTH", PASSWORD, "KEYS", "a")
    await clients.close()
    assert PASSWORD not in str(failure.value)


def slots(nodes: ValkeyCluster) -> dict[str, int]:
    """Ask each node for its number of slots. Return these numbers, without nodes that have no slots."""
    counts = {}
    for address in nodes.addresses:
        host, _, port = address.rpartition(":")
        with redis.Redis(host=host, port=int(port), password=PASSWORD) as client:
            lines = client.execute_command("CLUSTER", "NODES").decode().splitlines()
        [line] = [line for line in lines if "myself" in line]
        ranges = [part.partition("-") for part in line.split()[8:] if not part.startswith("[")]
        counts[address] = sum(int(last or first) - int(first) + 1 for first, _, last in ranges)
    return {address: count for address, count in counts.items() if count}


async def interrupt(command: Command, nodes: ValkeyCluster, *arguments: str) -> None:
    """Start a command of `leaderforge index`, and kill it when the first slots have moved."""
    before = slots(nodes)
    with command.running("index", *arguments) as process:
        await until(lambda: process.poll() is not None or slots(nodes) != before, "the first slots to move")
        assert process.poll() is None
        process.kill()


@pytest.mark.parametrize("way", [pytest.param(way, marks=[pytest.mark.long] if WAYS[way] else []) for way in WAYS])
async def test_a_node_leaves_and_joins_under_load(
    api: Served, command: NodesCommand, nodes: ValkeyCluster, way: str
) -> None:
    """Kill the command of each change early, and complete the change by the same command. No request fails."""
    first, address, last = nodes.addresses
    load = Load(api)
    for arguments, message in REFUSED.items():
        [refusal] = await command.index(*arguments, code=1)
        assert message in refusal
    async with load.running():
        await interrupt(command, nodes, "remove-node", address, *WAYS[way])
        await command.index("remove-node", address, *WAYS[way])
        assert slots(nodes) == {first: 8192, last: 8192}
        [refusal] = await command.index("remove-node", address, code=1)
        assert f"the node {address} does not belong to the index" in refusal
        assert [line.partition(" ")[0] for line in await command.index("nodes")] == [f"{first}:", f"{last}:"]
        await interrupt(command, nodes, "add-node", address, *WAYS[way])
        await command.index("add-node", address, *WAYS[way])
        assert sorted(slots(nodes).values()) == [5461, 5461, 5462]
    assert await command.index("balance") == ["0 slots moved"]
    await load.require_scores()
    await asyncio.to_thread(command.run, "verify")
