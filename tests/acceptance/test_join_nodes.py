"""join-nodes.sh: nodes form a cluster, and form it again after all their addresses have changed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from leaderforge.embedded.ports import free_node_ports
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import valkey_server
from tests.acceptance.composed import ROOT, running
from tests.acceptance.test_compose import pings
from tests.waiting import PATIENCE_S

SCRIPT = ROOT / "shared" / "leaderforge" / "production" / "join-nodes.sh"
CLIENT = shutil.which("valkey-cli") or shutil.which("redis-cli")
NODES = 3

pytestmark = pytest.mark.skipif(CLIENT is None, reason="needs valkey-cli or redis-cli, such as Debian's redis-tools")


@contextmanager
def nodes(directory: Path) -> Iterator[list[int]]:
    """Run nodes on new ports, on the data that previous nodes left in the directory. Yield the ports."""
    ports = free_node_ports(NODES)
    with ExitStack() as stack:
        for number, port in enumerate(ports):
            data = directory / f"node-{number}"
            data.mkdir(exist_ok=True)
            options = ["--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--save", ""]
            options += ["--dir", str(data), "--cluster-node-timeout", "1000"]
            stack.enter_context(running([str(valkey_server()), *options], {}, data))
        for port in ports:
            with redis.Redis(port=port) as client:
                wait_until(lambda client=client: pings(client), PATIENCE_S, "the node")
        yield ports


def join(ports: list[int]) -> str:
    """Run the script, and return its last line. Fails on a nonzero exit code."""
    command = ["sh", str(SCRIPT), "0", *(f"127.0.0.1:{port}" for port in ports)]
    environment = {**os.environ, "VALKEY_CLI": str(CLIENT)}
    joined = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert joined.returncode == 0, joined.stdout + joined.stderr
    return joined.stdout.splitlines()[-1]


def members(port: int) -> set[str]:
    """Return the ids of the nodes that this node knows."""
    with redis.Redis(port=port) as client:
        return {node["node_id"] for node in client.cluster("nodes").values()}


def test_a_cluster_comes_back_at_other_addresses(tmp_path: Path) -> None:
    with nodes(tmp_path) as ports:
        with redis.Redis(port=ports[0]) as client:
            client.execute_command("cluster", "addslotsrange", 0, 99)  # as an interrupted creation would leave the node
        assert "the index's cluster is complete" in join(ports)
        before = members(ports[0])
        assert len(before) == NODES
    with nodes(tmp_path) as ports:
        join(ports)
        join(ports)
        # Wait, because at first the cluster lists a second, random id for a node that joins again.
        wait_until(lambda: members(ports[0]) == before, PATIENCE_S, "the same nodes")
        with redis.RedisCluster("127.0.0.1", ports[0]) as cluster:
            assert cluster.set("player", 1)
