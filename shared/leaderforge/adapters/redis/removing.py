"""Deletion of large keys in short steps.

DEL would block the node until the key is freed. UNLINK frees the key in a thread, which can block the node too,
depending on the node's allocator. An UNLINK of 3.3 million members stalled writes for 1.9 s. Other nodes may consider a
node failed after a shorter stall.

Updates go on between the steps. A step therefore removes the value and the entry of a player together. If a step left a
value without its entry, no later load would add the entry, because the index would already have this revision.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Sequence

from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.scripts import Script, script
from leaderforge.domain.chunks import chunks

LadderKeys = tuple[bytes, bytes]
"""Keys of a ladder in a partition: entries and standings."""

_MEMBERS_A_TRIP = 8000
"""Maximum members of a round trip. A node runs the steps of a round trip in sequence, in 20 ms."""
_MEMBERS_A_STEP = 400
"""Maximum members of a step. A script can take 8,000 arguments at most, and SCAN returns a few more than asked for."""
_MEMBERS_A_READ_TRIP = 800
"""Maximum members of a round trip to a partition that is being read, because reads wait meanwhile."""
_LADDERS_A_TRIP = 32


async def remove_ladders(cluster: Cluster, slot: int, ladders: Sequence[LadderKeys]) -> None:
    """Delete the entries and standings of ladders in one slot.

    If a standing is updated during the call, its value and its entry may remain. Raises `IndexUnavailable`.
    """
    for piece in chunks(ladders, _LADDERS_A_TRIP):
        await _repeat(cluster, slot, script("cut_standings"), piece)
        await _repeat(cluster, slot, script("cut_orphans"), piece)


async def remove_orphans(cluster: Cluster, slot: int, segments: Sequence[LadderKeys]) -> Collection[bytes]:
    """Delete the entries of segments that contradict the values of their players, and return these entries.

    `segments` are keys of a segment's entries and its ladder's standings. Updates may go on. Raises `IndexUnavailable`.
    """
    return await _orphans(cluster, slot, segments)


async def orphans(cluster: Cluster, slot: int, segments: Sequence[LadderKeys]) -> Collection[bytes]:
    """Return the entries that `remove_orphans` would delete. Raises `IndexUnavailable`."""
    return await _orphans(cluster, slot, segments, "keep")


async def _orphans(cluster: Cluster, slot: int, segments: Sequence[LadderKeys], *options: str) -> Collection[bytes]:
    found: set[bytes] = set()
    for piece in chunks(segments, _LADDERS_A_TRIP):
        async for entries in _steps(cluster, slot, script("cut_orphans"), piece, *options):
            found.update(entries)
    return found


async def sweep(cluster: Cluster, slot: int, ladders: Sequence[LadderKeys]) -> int:
    """Delete the entries of ladders and segments that contradict the values of their players. Return their number.

    Updates and reads may go on: round trips are short. Raises `IndexUnavailable`.
    """
    removed = 0
    for piece in chunks(ladders, _MEMBERS_A_READ_TRIP // _MEMBERS_A_STEP):
        async for entries in _steps(cluster, slot, script("cut_orphans"), piece):
            removed += len(entries)
    return removed


async def remove_hash(cluster: Cluster, slot: int, key: bytes) -> None:
    """Delete a hash. Fields that are added during the call may remain. Raises `IndexUnavailable`."""
    await _repeat(cluster, slot, script("cut_hash"), [(key,)])


async def _repeat(cluster: Cluster, slot: int, code: Script, subjects: Sequence[tuple[bytes, ...]]) -> None:
    async for _ in _steps(cluster, slot, code, subjects):
        pass


async def _steps(
    cluster: Cluster, slot: int, code: Script, subjects: Sequence[tuple[bytes, ...]], *options: str
) -> AsyncGenerator[Sequence[bytes], None]:
    """Run a script on each of these tuples of keys. Repeat the script for a tuple until its reply has the cursor '0'.

    Yield the members in the replies of each round trip, without the cursors.
    """
    cursors = dict.fromkeys(subjects, b"0")
    while cursors:
        members_a_step = min(_MEMBERS_A_STEP, _MEMBERS_A_TRIP // len(cursors))
        calls = [Call(slot, code, keys, (members_a_step, cursor, *options)) for keys, cursor in cursors.items()]
        replies = dict(zip(list(cursors), await cluster.run(calls), strict=True))
        yield [member for reply in replies.values() for member in reply[1:]]
        cursors = {keys: reply[0] for keys, reply in replies.items() if reply[0] != b"0"}


async def remove_index(cluster: Cluster, keys: IndexKeys, on_removed: Callable[[int], object]) -> None:
    """Delete all keys of an index that no process uses. Call `on_removed` with the numbers of deleted keys.

    After an interruption, call the function again. Raises `IndexUnavailable`.
    """
    # Delete the watermarks first: a partition without a watermark is incomplete, and no process reads it. Reads of a
    # partly deleted partition would give wrong answers.
    await cluster.commands([("DEL", meta) for meta in keys.meta])
    for partition, slot in enumerate(keys.slots):
        async for names in cluster.scan(slot, keys.of_partition(partition)):
            await _remove_keys(cluster, keys, partition, names)
            on_removed(len(names))


async def _remove_keys(cluster: Cluster, keys: IndexKeys, partition: int, names: Sequence[bytes]) -> None:
    """Delete keys of a partition. Empty the large ones step by step first."""
    slot = keys.slots[partition]
    ladders = {ids for name in names if (ids := keys.ladder_of(partition, name)) is not None}
    standings = [keys.of_ladder(partition, ids) for ids in ladders]
    await remove_ladders(cluster, slot, [(first, second) for first, second in standings])
    if keys.names[partition] in names:
        await remove_hash(cluster, slot, keys.names[partition])
    # The remaining keys are small now, and DEL frees them at once.
    await cluster.commands([("DEL", name) for name in names])
