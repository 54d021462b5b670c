"""Writes and comparisons of the rank index. Scripts change a sorted set and a hash for each ladder and partition."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from leaderforge.adapters.redis.applying import PartitionedUpdate
from leaderforge.adapters.redis.ranking import RedisRanking
from leaderforge.adapters.redis.records import (
    NAME_SEPARATOR,
    is_removed,
    packed_records,
    record_bytes,
    record_of,
    refuses,
    revision_of,
)
from leaderforge.adapters.redis.scripts import script
from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.grouping import grouped
from leaderforge.domain.order import USER_BYTES, user_bytes, user_id_of
from leaderforge.domain.sharding import partitions_of
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import Applied, IndexValue, LadderUpdate, NameSwap

_NO_VALUE = IndexValue(0, removed=False, value=b"")
_RECORDS_A_CALL = 500
"""Maximum records of a call of `load`. A script blocks its node, therefore a call must be short."""
_COMPARED_A_CALL = 200
"""Maximum records of a comparison, which takes half a millisecond. Reads of the same partition wait meanwhile."""
_LADDERS_A_TRIP = 64
"""Maximum ladders of a round trip."""
_KEYS_A_SCAN = 1000
_NAMES_A_CALL = 400
_PLAYERS_AN_OBSERVATION = 50
"""Maximum players of an `observe` call. With 64 ladders, its 3,200 lookups block a node for a few milliseconds."""


class RedisIndex(RedisRanking):
    """`RankIndex` on Redis Cluster or Valkey. Indexes on one cluster need different namespaces."""

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
            self._keys.call(p, script("apply"), *self._ladder_keys(p, part.update.ladder), args=args)
            for part in partitioned
            for p, args in zip(part.partitions, part.arguments(), strict=True)
        ]
        replies = iter(await self._cluster.run(calls))
        return [part.applied(list(islice(replies, len(part.partitions)))) for part in partitioned]

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        """Apply many standings, one per player, in calls that block the nodes only shortly. Return refused players."""
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for piece in chunks(standings, _RECORDS_A_CALL):
            for p, records in self._packed(ladder, piece).items():
                groups[p] += records
            await asyncio.sleep(0)  # a rebuild packs 10,000 standings: let requests run meanwhile
        refused = await asyncio.gather(*(self._load_partition(ladder, p, records) for p, records in groups.items()))
        return list(chain.from_iterable(refused))

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        groups = self._packed(ladder, standings)
        differing = await asyncio.gather(*(self._compare(ladder, p, records) for p, records in groups.items()))
        return list(chain.from_iterable(differing))

    async def _compare(self, ladder: Ladder, partition: int, records: Sequence[bytes]) -> Sequence[int]:
        """Return the players of one partition whose standings differ."""
        differing: list[int] = []
        keys = self._ladder_keys(partition, ladder)
        # One call after the other: a node would run the calls of one round trip without a pause, and reads would wait.
        for chunk in chunks(records, _COMPARED_A_CALL):
            args: list[bytes | int] = [record_bytes(ladder.board), b"".join(chunk), *_segment_count(ladder)]
            [users] = await self._cluster.run(
                [self._keys.call(partition, script("compare"), *keys, args=args, meta=False)]
            )
            differing += map(user_id_of, users)
        return differing

    async def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        for p in self._all_partitions:
            async for members in self._scan("ZSCAN", self._keys.entries(p, ladder)):
                yield [key for key, _ in members]

    async def players(self, ladder: Ladder, partition: int) -> AsyncGenerator[Collection[int], None]:
        async for users in self._scan("HSCAN", self._keys.standings(partition, ladder)):
            yield [user_id_of(user) for user in users]

    async def _scan(self, command: str, key: bytes) -> AsyncGenerator[Collection[Any], None]:
        """Yield the chunks that a command such as ZSCAN returns, in the form in which the client returns them."""
        cursor: int | bytes = b"0"
        while cursor != 0:
            [(cursor, members)] = await self._cluster.commands([(command, key, cursor, "COUNT", _KEYS_A_SCAN)])
            cursor = int(cursor)
            yield members

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        observed: defaultdict[Ladder, dict[int, IndexValue]] = defaultdict(dict)
        for piece in chunks(ladders, _LADDERS_A_TRIP):
            calls = [
                self._keys.call(p, script("observe"), *self._standings_keys(p, piece), args=users, meta=False)
                for p, ids in self._by_partition(user_ids).items()
                for users in chunks(list(map(user_bytes, ids)), _PLAYERS_AN_OBSERVATION)
            ]
            # The script numbers ladders from 1, as Lua does.
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
        values = {s.user_id: record_of(ladder.board, s).value for s in standings}
        calls = []
        for p, ids in self._by_partition(user_ids).items():
            args = [part for i in ids for part in (user_bytes(i), observed.get(i, _NO_VALUE).value, values.get(i, b""))]
            keys = self._ladder_keys(p, ladder)
            calls.append(self._keys.call(p, script("mend"), *keys, args=[*args, *_segment_count(ladder)]))
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
            calls.append(self._keys.call(p, script("swap_names"), self._keys.names[p], args=args, meta=False))
        return [user_id_of(user) for users in await self._cluster.run(calls) for user in users]

    async def add_names(self, names: Mapping[int, str]) -> Collection[int]:
        return await self._compare_names(names, "add")

    async def differing_names(self, names: Mapping[int, str], *, missing: bool) -> Collection[int]:
        return await self._compare_names(names, "report" if missing else "skip")

    async def _compare_names(self, names: Mapping[int, str], of_missing: str) -> Collection[int]:
        """Return the players in the replies of compare_names.lua, which runs in short calls."""
        groups = grouped(zip(partitions_of(names, self.partitions), names.items(), strict=True))
        calls = (self._compare_names_in(p, of_partition, of_missing) for p, of_partition in groups.items())
        return list(chain.from_iterable(await asyncio.gather(*calls)))

    async def _compare_names_in(
        self, partition: int, names: Sequence[tuple[int, str]], of_missing: str
    ) -> Sequence[int]:
        differing: list[int] = []
        for piece in chunks(names, _NAMES_A_CALL):
            # Two long arguments: the client takes longer for thousands of short ones than the node for the names.
            ids, texts = b"".join(user_bytes(i) for i, _ in piece), "".join(text + NAME_SEPARATOR for _, text in piece)
            key, args = self._keys.names[partition], (ids, texts, of_missing)
            call = self._keys.call(partition, script("compare_names"), key, args=args, meta=False)
            [users] = await self._cluster.run([call])
            differing += map(user_id_of, users)
        return differing

    async def drop(self, ladder: Ladder) -> None:
        await self.drop_ladders([(ladder.board.id, ladder.period)])

    async def _load_partition(self, ladder: Ladder, partition: int, records: Sequence[bytes]) -> Sequence[int]:
        refused: list[int] = []
        for chunk in chunks(records, _RECORDS_A_CALL):
            keys = self._ladder_keys(partition, ladder)
            args: list[bytes | int] = [record_bytes(ladder.board), b"".join(chunk), *_segment_count(ladder)]
            [(previous,)] = await self._cluster.run([self._keys.call(partition, script("apply"), *keys, args=args)])
            refused += (
                user_id_of(record[:USER_BYTES])
                for record, value in zip(chunk, previous, strict=True)
                if value is not None and refuses(value, record[USER_BYTES:])
            )
        return refused

    def _packed(self, ladder: Ladder, standings: Sequence[Standing]) -> Mapping[int, Sequence[bytes]]:
        """Return the records of standings by partition."""
        partitions = partitions_of([s.user_id for s in standings], self.partitions)
        return grouped(zip(partitions, packed_records(ladder.board, standings), strict=True))

    def _standings_keys(self, partition: int, ladders: Sequence[Ladder]) -> Sequence[bytes]:
        return [self._keys.standings(partition, ladder) for ladder in ladders]


def _segment_count(ladder: Ladder) -> list[int]:
    """Return the last argument of scripts that write: a list with the number of the board's attributes.

    The list is empty for a board without attributes.
    """
    return [len(ladder.board.segments)] if ladder.board.segments else []
