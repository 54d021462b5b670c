"""Formation of a cluster from single nodes on the loopback address, and checks of its state."""

import contextlib
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from leaderforge.domain.sharding import SLOTS
from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.ports import LOOPBACK
from leaderforge.embedded.waiting import Wait


class NodeClient:
    """Client of single nodes, by port."""

    def __init__(self, password: str = "") -> None:
        """Set the nodes' password; "" for none."""
        self._password = password

    def form(self, ports: Sequence[int], primaries: int, replicas: int, wait: Wait) -> None:
        """Form a cluster. The first nodes become primaries with equal shares of the slots, the others replicas."""
        for i, port in enumerate(ports):
            if i < primaries:
                first, last = i * SLOTS // primaries, (i + 1) * SLOTS // primaries - 1
                self._ask(port, "CLUSTER ADDSLOTSRANGE", first, last)
            self._ask(port, "CLUSTER SET-CONFIG-EPOCH", i + 1)
        for port, peer in combinations(ports, 2):  # all pairs: with fewer, gossip would take seconds
            self._ask(port, "CLUSTER MEET", LOOPBACK, peer)
        wait(lambda: all(self._is_known(port, len(ports)) for port in ports), "the nodes to connect to each other")
        for i, port in enumerate(ports[primaries:]):
            self._ask(port, "CLUSTER REPLICATE", self._ask(ports[i // replicas], "CLUSTER MYID"))

    def answers(self, port: int, pid: int | None) -> bool:
        """Return whether the node has loaded its data and accepts commands, and has this process id."""
        with contextlib.suppress(ServerFailed):
            return bool(self._ask(port, "INFO", "server")["process_id"] == pid and self._ask(port, "PING"))
        return False

    def is_complete(self, port: int, size: int, replicas: int) -> bool:
        """Return whether the node reports that all nodes are up, all slots served, and the node's replicas in sync."""
        with contextlib.suppress(ServerFailed):
            info = self._ask(port, "CLUSTER INFO")
            serves = info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS
            return (
                serves
                and self._is_known(port, size)
                and (not replicas or _is_in_sync(self._ask(port, "INFO", "replication"), replicas))
            )
        return False

    def _is_known(self, port: int, size: int) -> bool:
        """Return whether the node is connected to all `size` nodes and knows an owner of each slot."""
        info = self._ask(port, "CLUSTER INFO")
        lines = self._ask(port, "CLUSTER NODES")
        connected = [node for node in lines.values() if node["connected"] and _is_healthy(node["flags"])]
        return int(info["cluster_slots_assigned"]) == SLOTS and len(lines) == len(connected) == size

    def _ask(self, port: int, *command: object) -> Any:
        from redis.exceptions import RedisError

        try:
            with self._client(port) as client:
                return client.execute_command(*command)
        except RedisError as error:
            raise ServerFailed(f"the node at port {port} refused {command}: {error}") from error

    @contextlib.contextmanager
    def _client(self, port: int) -> Iterator[Any]:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client = Redis(
            host=LOOPBACK,
            port=port,
            password=self._password or None,
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        try:
            yield client
        finally:
            client.close()


def _is_in_sync(replication: dict[str, Any], replicas: int) -> bool:
    if replication["role"] == "slave":
        return bool(replication["master_link_status"] == "up")
    states = [replication.get(f"slave{i}", {}).get("state") for i in range(replicas)]
    return states == ["online"] * replicas


def _is_healthy(flags: str) -> bool:
    return not {"fail", "fail?", "handshake", "noaddr"} & set(flags.split(","))
