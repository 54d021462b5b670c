"""Rank index. Scripts read and write a sorted set and a hash for each ladder and partition."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, starmap
from operator import itemgetter
from typing import Any

from leaderforge.adapters.redis.applying import PartitionedUpdate, packed_bounds
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.erasures import RedisErasureIndex
from leaderforge.adapters.redis.records import is_removed, key_of, record_bytes, record_of, refuses, revision_of, row_of
from leaderforge.adapters.redis.scripts import script
from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.merge import Counts, Row, Window, is_conclusive, merge_counts, merge_windows, share
from leaderforge.domain.order import USER_BYTES, key_bytes, user_bytes, user_id_of
from leaderforge.domain.selection import Selection
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import Applied, IndexValue, LadderUpdate, NameSwap

_NO_VALUE = IndexValue(0, removed=False, value=b"")
_RECORDS_A_CALL = 500
"""Maximum records of a call of `load`. A script blocks its node, therefore a call must be short."""
_LADDERS_A_TRIP = 64
"""Maximum ladders of a round trip."""
_KEYS_A_SCAN = 1000
_NAMES_A_CALL = 2000
_PLAYERS_AN_OBSERVATION = 50
"""Maximum players of an `observe` call. With 64 ladders, its 3,200 lookups block a node for a few milliseconds."""
_SELECTION_ROUNDS = 64
"""Maximum round trips of `key_at`. Without this limit, concurrent writes could prolong the search without end."""
_CACHED_SIZES = 1024
"""Maximum ladders whose partition sizes are cached."""

_entry = itemgetter(0)


class RedisIndex(RedisErasureIndex):
    """`RankIndex` on Redis Cluster or Valkey. Indexes on one cluster need different namespaces."""

    source = Source.INDEX

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str = "leaderforge") -> None:
        super().__init__(cluster, partitions=partitions, namespace=namespace)
        self._sizes: dict[Ladder, list[int]] = {}

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        groups = self._by_partition(user_ids)
        replies = await self._read(
            self._call(
                p, script("rows"), self._keys.standings(p, ladder), self._keys.names[p], args=list(map(user_bytes, ids))
            )
            for p, ids in groups.items()
        )
        return {
            user_id: row_of(key_of(user_bytes(user_id), value), value, name)
            for ids, (values, names) in zip(groups.values(), replies, strict=True)
            for user_id, value, name in zip(ids, values, names, strict=True)
            if value is not None and not is_removed(value)
        }

    async def counts(self, ladder: Ladder, bounds: Sequence[bytes], present: Sequence[bytes] = ()) -> Counts:
        width, packed_args = key_bytes(ladder.board), packed_bounds(bounds)
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for key in present:
            groups[partition_of(user_id_of(key), self.partitions)].append(key)
        replies = await self._read(
            self._call(
                p,
                script("counts"),
                self._keys.entries(p, ladder),
                args=(width, b"".join(groups.get(p, ())), *packed_args),
            )
            for p in self._all_partitions
        )
        return merge_counts(Counts(total, above, bool(is_present)) for is_present, total, *above in replies)

    async def window(self, ladder: Ladder, bound: bytes, *, before: int, after: int) -> Window[Row]:
        # Each partition has only a share of the entries. First read a probable share of the window from each one. Read
        # complete windows only if these shares are too small.
        requested = share(before, self.partitions), share(after, self.partitions)
        windows = await self._windows(ladder, bound, *requested)
        merged = merge_windows(windows, before, after, key=_entry)
        if not is_conclusive(windows, merged, requested, (before, after), key=_entry):
            merged = merge_windows(await self._windows(ladder, bound, before, after), before, after, key=_entry)
        return replace(merged, before=list(starmap(row_of, merged.before)), after=list(starmap(row_of, merged.after)))

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        # Cached sizes are close enough for the first probes. The replies contain the current sizes.
        sizes = self._sizes.get(ladder) or [0] * self.partitions
        probes = Selection(sizes, rank).probes()
        selection: Selection | None = None
        for _ in range(_SELECTION_ROUNDS):
            replies = await self._probe(ladder, probes)
            if selection is None:
                selection = Selection(self._cache_sizes(ladder, [total for total, *_ in replies]), rank)
            if not selection.done:
                selection.narrow(probes, [keys for _, *keys in replies])
            if selection.done:
                return selection.key
            probes = selection.probes()
        return None

    def _cache_sizes(self, ladder: Ladder, sizes: list[int]) -> list[int]:
        if len(self._sizes) >= _CACHED_SIZES and ladder not in self._sizes:
            # Clearing all sizes does no harm, because they only improve the first probes.
            self._sizes.clear()
        self._sizes[ladder] = sizes
        return sizes

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        [applied] = await self.apply_all([LadderUpdate(ladder, standings, count)])
        return applied

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        applied: list[Sequence[Applied]] = []
        for piece in chunks(updates, _LADDERS_A_TRIP):
            applied += await self._apply(piece)
        return applied

    async def _apply(self, updates: Sequence[LadderUpdate]) -> list[Sequence[Applied]]:
        """Apply updates in one round trip."""
        partitioned = [PartitionedUpdate.of(update, self._by_partition, self._all_partitions) for update in updates]
        calls = [
            self._call(p, script("apply"), *self._ladder_keys(p, part.update.ladder), args=args)
            for part in partitioned
            for p, args in zip(part.partitions, part.arguments(), strict=True)
        ]
        replies = iter(await self._cluster.run(calls))
        return [part.applied(list(islice(replies, len(part.partitions)))) for part in partitioned]

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        """Apply many standings, one per player, in short calls that do not block the nodes noticeably."""
        groups = self._packed(ladder, standings)
        refused = await asyncio.gather(*(self._load_partition(ladder, p, records) for p, records in groups.items()))
        return list(chain.from_iterable(refused))

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        calls = [
            self._call(
                p,
                script("compare"),
                *self._ladder_keys(p, ladder),
                args=(record_bytes(ladder.board), b"".join(chunk)),
                meta=False,
            )
            for p, records in self._packed(ladder, standings).items()
            for chunk in chunks(records, _RECORDS_A_CALL)
        ]
        return [user_id_of(user) for reply in await self._cluster.run(calls) for user in reply]

    async def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        for p in self._all_partitions:
            cursor = b"0"
            while True:
                [(cursor, members)] = await self._cluster.commands(
                    [("ZSCAN", self._keys.entries(p, ladder), cursor, "COUNT", _KEYS_A_SCAN)]
                )
                yield [key for key, _ in members]
                if int(cursor) == 0:
                    break

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        observed: defaultdict[Ladder, dict[int, IndexValue]] = defaultdict(dict)
        for piece in chunks(ladders, _LADDERS_A_TRIP):
            calls = [
                self._call(p, script("observe"), *self._standings_keys(p, piece), args=users, meta=False)
                for p, ids in self._by_partition(user_ids).items()
                for users in chunks(list(map(user_bytes, ids)), _PLAYERS_AN_OBSERVATION)
            ]
            # Lua counts from 1.
            for number, user, value in chain.from_iterable(await self._cluster.run(calls)):
                index_value = IndexValue(int.from_bytes(revision_of(value), "big"), is_removed(value), value)
                observed[piece[number - 1]][user_id_of(user)] = index_value
        return observed

    async def mend(
        self,
        ladder: Ladder,
        user_ids: Collection[int],
        standings: Sequence[Standing],
        observed: Mapping[int, IndexValue],
    ) -> Collection[int]:
        values = {s.user_id: record_of(ladder.board, s).packed[USER_BYTES:] for s in standings}
        calls = []
        for p, ids in self._by_partition(user_ids).items():
            args = [part for i in ids for part in (user_bytes(i), observed.get(i, _NO_VALUE).value, values.get(i, b""))]
            calls.append(self._call(p, script("mend"), *self._ladder_keys(p, ladder), args=args))
        return [user_id_of(user) for users in await self._cluster.run(calls) for user in users]

    async def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        groups = self._by_partition(user_ids)
        replies = await self._cluster.commands(
            [("HMGET", self._keys.names[p], *map(user_bytes, ids)) for p, ids in groups.items()]
        )
        return {
            user_id: name.decode()
            for ids, names in zip(groups.values(), replies, strict=True)
            for user_id, name in zip(ids, names, strict=True)
            if name is not None
        }

    async def swap_names(self, swaps: Mapping[int, NameSwap]) -> Collection[int]:
        calls = []
        for p, ids in self._by_partition(swaps).items():
            args = [part for i in ids for part in (user_bytes(i), swaps[i].observed or "", swaps[i].name or "")]
            calls.append(self._call(p, script("swap_names"), self._keys.names[p], args=args, meta=False))
        return [user_id_of(user) for users in await self._cluster.run(calls) for user in users]

    async def add_names(self, names: Mapping[int, str]) -> Collection[int]:
        renamed: list[int] = []
        for p, ids in self._by_partition(names).items():
            for piece in chunks(ids, _NAMES_A_CALL):
                args = [part for i in piece for part in (user_bytes(i), names[i])]
                call = self._call(p, script("add_names"), self._keys.names[p], args=args, meta=False)
                [users] = await self._cluster.run([call])
                renamed += map(user_id_of, users)
        return renamed

    async def drop(self, ladder: Ladder) -> None:
        await self._remove({p: self._ladder_keys(p, ladder) for p in self._all_partitions})

    async def _windows(self, ladder: Ladder, bound: bytes, before: int, after: int) -> list[Window[Any]]:
        replies = await self._read(
            self._call(
                p,
                script("window"),
                self._keys.entries(p, ladder),
                self._keys.standings(p, ladder),
                self._keys.names[p],
                args=(bound, before, after),
            )
            for p in self._all_partitions
        )
        return [_window_of(reply) for reply in replies]

    async def _probe(self, ladder: Ladder, positions: Sequence[Sequence[int]]) -> list[Any]:
        return await self._read(
            self._call(p, script("probe"), self._keys.entries(p, ladder), args=(_positions(positions[p]),))
            for p in self._all_partitions
        )

    async def _load_partition(self, ladder: Ladder, partition: int, records: Sequence[bytes]) -> Sequence[int]:
        refused: list[int] = []
        for chunk in chunks(records, _RECORDS_A_CALL):
            keys = self._ladder_keys(partition, ladder)
            args = record_bytes(ladder.board), b"".join(chunk)
            [(previous,)] = await self._cluster.run([self._call(partition, script("apply"), *keys, args=args)])
            refused += (
                user_id_of(record[:USER_BYTES])
                for record, value in zip(chunk, previous, strict=True)
                if value is not None and refuses(value, record[USER_BYTES:])
            )
        return refused

    def _packed(self, ladder: Ladder, standings: Iterable[Standing]) -> Mapping[int, Sequence[bytes]]:
        """Return the records of standings by partition."""
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for standing in standings:
            groups[partition_of(standing.user_id, self.partitions)].append(record_of(ladder.board, standing).packed)
        return groups

    async def _read(self, calls: Iterable[Call]) -> list[Any]:
        """Return the replies. Raises `IndexUnavailable` also if a partition is incomplete."""
        replies = await self._cluster.run(list(calls))
        if any(reply is None for reply in replies):
            raise IndexUnavailable("a partition of the rank index awaits its rebuild")
        return replies

    def _standings_keys(self, partition: int, ladders: Sequence[Ladder]) -> Sequence[bytes]:
        return [self._keys.standings(partition, ladder) for ladder in ladders]


def _positions(ascending: Sequence[int]) -> str:
    """Return ascending positions as one argument of probe.lua. It costs the client less than hundreds of arguments."""
    if len(ascending) > 1 and ascending[-1] - ascending[0] == len(ascending) - 1:
        return f"{ascending[0]}-{ascending[-1]}"
    return " ".join(map(str, ascending))


def _window_of(reply: Any) -> Window[Any]:
    """Return a partition's window of keys, stored values and names.

    Rows are built after merging, because most entries of the partitions are not part of the result.
    """
    total, above, split, keys, values, names = reply
    entries = list(zip(keys, values, names, strict=True))
    return Window(total, above, before=entries[:split], after=entries[split:])
