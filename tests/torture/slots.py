"""Migration of a slot between nodes of the index, as `valkey-cli --cluster rebalance` does it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from leaderforge.embedded import ValkeyCluster
from leaderforge.embedded.ports import LOOPBACK

_TIMEOUT_MS = 5000
_ALL_KEYS = 1000
_HELD_S = 1.5
"""Time in s in which the slot is half moved, before and after the first key."""


@contextmanager
def client_of(valkey: ValkeyCluster, node: int) -> Iterator[Any]:
    """Yield a client of one node."""
    with Redis(host=LOOPBACK, port=_port(valkey, node)) as client:
        yield client


def owner_of(valkey: ValkeyCluster, slot: int) -> int:
    """Return the number of the node that has a slot."""
    for node in range(valkey.size):
        with client_of(valkey, node) as client:
            own_id = client.execute_command("CLUSTER MYID").decode()
            for first, last, (_, _, node_id, *_), *_ in client.execute_command("CLUSTER SLOTS"):
                if first <= slot <= last and node_id.decode() == own_id:
                    return node
    raise LookupError(f"no node has slot {slot}")


async def move_slot(
    valkey: ValkeyCluster, slot: int, old: int, new: int, hold: Callable[[float], Awaitable[None]]
) -> None:
    """Move a slot from one node to another one: first one key, then the others, with pauses by `hold`."""
    await asyncio.to_thread(_begin, valkey, slot, old, new)
    await hold(_HELD_S)
    await asyncio.to_thread(_move_keys, valkey, slot, old, new, 1)
    await hold(_HELD_S)
    while await asyncio.to_thread(_move_keys, valkey, slot, old, new, _ALL_KEYS):
        pass
    await asyncio.to_thread(_finish, valkey, slot, old, new)


def _begin(valkey: ValkeyCluster, slot: int, old: int, new: int) -> None:
    with client_of(valkey, old) as source, client_of(valkey, new) as target:
        target.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", _id_of(source))
        source.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", _id_of(target))


def _move_keys(valkey: ValkeyCluster, slot: int, old: int, new: int, count: int) -> bool:
    """Move up to `count` keys of a slot. Return whether there were any."""
    with client_of(valkey, old) as source:
        keys = source.execute_command("CLUSTER GETKEYSINSLOT", slot, count)
        if keys:
            port = _port(valkey, new)
            source.execute_command("MIGRATE", LOOPBACK, port, "", 0, _TIMEOUT_MS, "REPLACE", "KEYS", *keys)
        return bool(keys)


def _finish(valkey: ValkeyCluster, slot: int, old: int, new: int) -> None:
    with client_of(valkey, new) as target:
        node_id = _id_of(target)
    for node in (new, old, *(set(range(valkey.size)) - {old, new})):
        with client_of(valkey, node) as client:
            client.execute_command("CLUSTER SETSLOT", slot, "NODE", node_id)


def _id_of(client: Any) -> str:
    return str(client.execute_command("CLUSTER MYID").decode())


def _port(valkey: ValkeyCluster, node: int) -> int:
    return int(valkey.addresses[node].split(":")[1])
