"""Moves of slots between two nodes, in one piece where the servers can do so, else key by key."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from redis.exceptions import ResponseError

from leaderforge.adapters.redis.scaling.nodes import Member, MemberView, NodeClients, ScalingFailed
from leaderforge.domain.slot_plan import NodeId, SlotMove

OnSlotsMoved = Callable[[int], object]
"""Callback with the number of slots that have moved since the last call."""

_POLL_S = 0.05
_KEYS_A_COMMAND = 16
_MIGRATE_MS = 60_000
"""Time limit in ms of one `MIGRATE` command, which moves up to `_KEYS_A_COMMAND` keys.

The source and the target serve no other command meanwhile.
"""
_SLOTS_A_STEP = 128
"""Number of empty slots that move together."""
_ENDED = frozenset({b"success", b"failed", b"cancelled"})


class AtomicMoves:
    """Moves by `CLUSTER MIGRATESLOTS` of Valkey 9: the target loads a copy, and then takes the slots over at once.

    The servers complete a move whose command was interrupted. A failed move changes nothing.
    """

    def __init__(self, clients: NodeClients, members: MemberView) -> None:
        self._clients = clients
        self._members = members

    async def move(self, move: SlotMove, advance: OnSlotsMoved) -> None:
        """Move the slots. Raises `ScalingFailed`."""
        source = self._members[move.source].address
        slots = move.slots
        await self._clients.ask(
            source, "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slots[0], slots[-1], "NODE", move.target
        )
        name = f"{slots[0]}-{slots[-1]}".encode()
        [latest] = [job for job in await self._jobs(source) if job[b"slot_ranges"] == name][:1]
        _require_success(await self._end_of(source, latest[b"name"]), name, source)
        advance(len(slots))

    async def settle(self) -> None:
        """Return once all moves in flight have ended."""
        for node in self._members.values():
            for job in await self._jobs(node.address):
                await self._end_of(node.address, job[b"name"])

    async def _end_of(self, address: str, name: bytes) -> dict[bytes, Any]:
        while True:
            [job] = [job for job in await self._jobs(address) if job[b"name"] == name]
            if job[b"state"] in _ENDED:
                return job
            await asyncio.sleep(_POLL_S)

    async def _jobs(self, address: str) -> Sequence[dict[bytes, Any]]:
        """Return the moves that a node sends or receives, the newest first."""
        return [_mapping(job) for job in await self._clients.ask(address, "CLUSTER", "GETSLOTMIGRATIONS")]


class KeyMoves:
    """Moves by `CLUSTER SETSLOT` and `MIGRATE`, which Redis 7 and all versions of Valkey have.

    While a slot moves, its nodes redirect clients to the node that has the key. Each step is idempotent. `finish`
    completes interrupted moves.
    """

    def __init__(self, clients: NodeClients, members: MemberView) -> None:
        self._clients = clients
        self._members = members

    async def move(self, move: SlotMove, advance: OnSlotsMoved) -> None:
        """Move the slots. Raises `ScalingFailed`."""
        source, target = self._members[move.source], self._members[move.target]
        for slots in await self._steps(source, move.slots):
            await self._open(slots, source, target)
            await self._transfer(slots, source, target)
            advance(len(slots))

    async def finish(self) -> None:
        """Complete all moves that have begun. Raises `ScalingFailed`."""
        for slot, source_id, target_id in sorted(self._begun()):
            source, target = self._members[source_id], self._members[target_id]
            await self._open([slot], source, target)
            await self._transfer([slot], source, target)

    def _begun(self) -> set[tuple[int, NodeId, NodeId]]:
        """Return the begun moves (slot, source, target). Ask both nodes, because one of them may not know a move."""
        return {
            (slot, source.id, target)
            for source in self._members.values()
            for slot, target in source.migrating.items()
            if target in self._members
        } | {
            (slot, source, target.id)
            for target in self._members.values()
            for slot, source in target.importing.items()
            if source in self._members
        }

    async def _steps(self, source: Member, slots: Sequence[int]) -> Sequence[Sequence[int]]:
        """Return the slots in groups. A slot with keys is a group itself, because clients wait while its keys move."""
        return list(_groups(slots, await self._have_keys(slots, source)))

    async def _have_keys(self, slots: Sequence[int], source: Member) -> Sequence[bool]:
        commands = [("CLUSTER", "COUNTKEYSINSLOT", slot) for slot in slots]
        return [count > 0 for count in await self._clients.ask_all(source.address, commands)]

    async def _open(self, slots: Sequence[int], source: Member, target: Member) -> None:
        """Mark the slots as moving, first at the target, because a marked source redirects clients to the target."""
        await self._set(target, [slot for slot in slots if slot not in target.slots], "IMPORTING", source.id)
        await self._set(source, [slot for slot in slots if slot in source.slots], "MIGRATING", target.id)

    async def _transfer(self, slots: Sequence[int], source: Member, target: Member) -> None:
        for slot in compress(slots, await self._have_keys(slots, source)):
            while keys := await self._clients.ask(source.address, "CLUSTER", "GETKEYSINSLOT", slot, _KEYS_A_COMMAND):
                await self._migrate(keys, source, target)
        # Announce the new owner to the target before all other nodes: the target's new epoch overrides the views of all
        # other nodes. If this command is interrupted afterwards, the slot still has an owner.
        uninvolved = [
            node for node in self._members.values() if not node.is_replica and node.id not in {source.id, target.id}
        ]
        for node in (target, source, *uninvolved):
            await self._set(node, slots, "NODE", target.id)

    async def _set(self, node: Member, slots: Sequence[int], state: str, node_id: str) -> None:
        commands = [("CLUSTER", "SETSLOT", slot, state, node_id) for slot in slots]
        if commands:
            await self._clients.ask_all(node.address, commands)

    async def _migrate(self, keys: Sequence[bytes], source: Member, target: Member) -> None:
        host, _, port = target.address.rpartition(":")
        password = self._clients.access.password
        authentication = ("AUTH", password) if password else ()
        # Use REPLACE, because an interrupted command may have left a copy of a key at the target.
        command = ("MIGRATE", host, int(port), "", 0, _MIGRATE_MS, "REPLACE", *authentication, "KEYS", *keys)
        await self._clients.ask(source.address, *command)


async def supports_atomic_moves(clients: NodeClients, members: MemberView) -> bool:
    """Return whether all primaries know `CLUSTER MIGRATESLOTS`."""
    for node in members.values():
        try:
            await clients.ask(node.address, "CLUSTER", "GETSLOTMIGRATIONS")
        except ScalingFailed as error:
            if isinstance(error.__cause__, ResponseError):
                return False
            raise
    return True


def _require_success(state: Mapping[bytes, Any], name: bytes, source: str) -> None:
    """Raise `ScalingFailed` unless the migration `name` of the node at `source` has ended with success."""
    if state[b"state"] != b"success":
        raise ScalingFailed(
            f"slots {name.decode()} did not move from {source}: {state[b'message'].decode() or 'unknown reason'}; "
            "run the command again"
        )


def _groups(slots: Sequence[int], have_keys: Sequence[bool]) -> Iterator[Sequence[int]]:
    empty: list[int] = []
    for slot, has_keys in zip(slots, have_keys, strict=True):
        if has_keys:
            yield [slot]
        else:
            empty.append(slot)
    for start in range(0, len(empty), _SLOTS_A_STEP):
        yield empty[start : start + _SLOTS_A_STEP]


def _mapping(reply: Any) -> dict[bytes, Any]:
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))
