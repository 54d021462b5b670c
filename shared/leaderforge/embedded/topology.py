"""Formation of a cluster from single nodes on the loopback address, and checks of its state."""

import contextlib
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from leaderforge.domain.sharding import SLOTS
from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.ports import LOOPBACK
from leaderforge.embedded.waiting import Wait


def form(ports: Sequence[int], primaries: int, replicas: int, wait: Wait) -> None:
    """Form a cluster. Assign equal shares of the slots to the primaries, which use the first ports.

    Attach the replicas.
    """
    for i, port in enumerate(ports):
        if i < primaries:
            first, last = i * SLOTS // primaries, (i + 1) * SLOTS // primaries - 1
            _ask(port, "CLUSTER ADDSLOTSRANGE", first, last)
        _ask(port, "CLUSTER SET-CONFIG-EPOCH", i + 1)
    for port, peer in combinations(ports, 2):  # all pairs: without it, gossip takes seconds to propagate
        _ask(port, "CLUSTER MEET", LOOPBACK, peer)
    wait(lambda: all(is_known(port, len(ports)) for port in ports), "the nodes to connect to each other")
    for i, port in enumerate(ports[primaries:]):
        _ask(port, "CLUSTER REPLICATE", _ask(ports[i // replicas], "CLUSTER MYID"))


def answers(port: int, pid: int | None) -> bool:
    """Return whether the node has loaded its data and accepts commands, and has this process id."""
    with contextlib.suppress(ServerFailed):
        return bool(_ask(port, "INFO", "server")["process_id"] == pid and _ask(port, "PING"))
    return False


def is_known(port: int, size: int) -> bool:
    """Return whether the node is connected to all `size` nodes and has an owner for each slot."""
    info = _ask(port, "CLUSTER INFO")
    lines = _ask(port, "CLUSTER NODES")
    connected = [node for node in lines.values() if node["connected"] and _is_healthy(node["flags"])]
    return int(info["cluster_slots_assigned"]) == SLOTS and len(lines) == len(connected) == size


def is_complete(port: int, size: int, replicas: int) -> bool:
    """Return whether the node reports all nodes up, all slots served and all its replicas in sync."""
    with contextlib.suppress(ServerFailed):
        info = _ask(port, "CLUSTER INFO")
        serves = info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS
        return (
            serves
            and is_known(port, size)
            and (not replicas or _is_in_sync(_ask(port, "INFO", "replication"), replicas))
        )
    return False


def _is_in_sync(replication: dict[str, Any], replicas: int) -> bool:
    if replication["role"] == "slave":
        return bool(replication["master_link_status"] == "up")
    states = [replication.get(f"slave{i}", {}).get("state") for i in range(replicas)]
    return states == ["online"] * replicas


def _is_healthy(flags: str) -> bool:
    return not {"fail", "fail?", "handshake", "noaddr"} & set(flags.split(","))


def _ask(port: int, *command: object) -> Any:
    from redis.exceptions import RedisError

    try:
        with _client(port) as client:
            return client.execute_command(*command)
    except RedisError as error:
        raise ServerFailed(f"the node at port {port} refused {command}: {error}") from error


@contextlib.contextmanager
def _client(port: int) -> Iterator[Any]:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = Redis(host=LOOPBACK, port=port, socket_timeout=2, retry=Retry(NoBackoff(), 0), decode_responses=True)
    try:
        yield client
    finally:
        client.close()
