"""Index with ranges beside the partitions. Ranks come from the ranges, all other reads from the partitions."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.ranged.view import GENERATIONS, NONE, Position, RangeView, Snapshot, net_changes
from leaderforge.adapters.redis.applying import packed_bounds
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.records import IndexRecord, key_of, record_bytes, record_of, refuses, revision_of
from leaderforge.adapters.redis.scripts import Script
from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer
from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.merge import Counts, Row, SegmentBound
from leaderforge.domain.order import USER_BYTES
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import Applied, LadderUpdate

_ATTEMPTS = 8
_KEYS_A_CALL = 1000
FOLD_S = 0.25
"""Pause in s between two folds. Moves of a longer time cost each process more memory, and each rank more look-ups."""


class Layout(NamedTuple):
    """Variant of the index. `exact`: ranks contain all moves. `keeps_entries`: entries stay in the partitions too."""

    exact: bool
    keeps_entries: bool


class _Question(NamedTuple):
    """Bounds to count above, and entries that must be there."""

    bounds: Sequence[bytes]
    present: Sequence[bytes]


class _Answer(NamedTuple):
    """Reply of all partitions: previous values by partition, counts by bound, missing entries, and total."""

    previous: Mapping[int, Sequence[bytes | None]]
    above: Mapping[bytes, int]
    missing: set[bytes]
    total: int


class RangedIndex(RedisIndex):
    """Index of one divided ladder of an ordinal board without segments. Until `divide`, the usual index."""

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str, layout: Layout) -> None:
        super().__init__(cluster, partitions=partitions, namespace=namespace)
        self.answers = self.repeats = self.wrong_totals = self.range_bytes = 0
        self._layout = layout
        self._view: RangeView | None = None
        self._generation = 1
        self._players = 0
        self._counting: Coalescer[tuple[Ladder, _Question], Counts] = Coalescer(
            self._count, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S
        )

    async def divide(self, ladder: Ladder, ranges_a_partition: int) -> None:
        """Copy the ladder's entries into ranges of equal sizes. There must be no concurrent updates."""
        keys = sorted([key async for piece in self.keys(ladder) for key in piece])
        number = self.partitions * ranges_a_partition
        boundaries = [keys[i * len(keys) // number] for i in range(1, number)]
        parts = [keys[i * len(keys) // number : (i + 1) * len(keys) // number] for i in range(number)]
        before = await self._memory()
        commands: list[Sequence[bytes | int | str]] = [
            ("HSET", self._ranges_key(p, ladder), "open", 1, "applied", 0) for p in self._all_partitions
        ]
        for i, part in enumerate(parts):
            key = self._ranges_key(i % self.partitions, ladder) + b".range.%d" % i
            pieces = chunks(part, _KEYS_A_CALL)
            commands += [("ZADD", key, *(item for entry in piece for item in (0, entry))) for piece in pieces]
        await self._cluster.commands(commands)
        self.range_bytes = await self._memory() - before
        if not self._layout.keeps_entries:
            await self._cluster.commands([("DEL", self._keys.entries(p, ladder)) for p in self._all_partitions])
        sizes = [[len(part) for part in parts[p :: self.partitions]] for p in self._all_partitions]
        self._view, self._players = RangeView(self.partitions, boundaries, sizes), len(keys)

    @asynccontextmanager
    async def folding(self, ladder: Ladder) -> AsyncIterator[None]:
        """Fold the ladder's moves into its ranges during the block."""
        folds = asyncio.create_task(self._fold_repeatedly(ladder))
        try:
            yield
        finally:
            folds.cancel()
            await asyncio.gather(folds, return_exceptions=True)

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        if self._view is None:
            return await super().apply_all(updates)
        return [await self._apply_ranged(update) for update in updates]

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        if self._view is None:
            return await super().load(ladder, standings)
        for piece in chunks(standings, BATCH):
            await self.apply_all([LadderUpdate(ladder, piece)])
        return []

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        if self._view is None:
            return await super().counts(ladder, bounds, present, within, rows)
        listed = [row.key for row in rows if not row.hidden]
        return await self._counting((ladder, _Question(bounds, [*present, *listed])))

    async def _count(self, questions: Sequence[tuple[Ladder, _Question]]) -> Sequence[Counts]:
        bounds = [bound for _, question in questions for bound in question.bounds]
        present = [key for _, question in questions for key in question.present]
        answer = await self._ask(questions[0][0], {}, _Question(bounds, present))
        return [
            Counts(answer.total, [answer.above[b] for b in q.bounds], answer.missing.isdisjoint(q.present))
            for _, q in questions
        ]

    async def _apply_ranged(self, update: LadderUpdate) -> Sequence[Applied]:
        board = update.ladder.board
        records = {standing.user_id: record_of(board, standing) for standing in update.standings}
        groups = self._by_partition(records)
        packed = {p: b"".join(records[i].packed for i in ids) for p, ids in groups.items()}
        bounds = [record.key for record in records.values()] if update.count else []
        answer = await self._ask(update.ladder, packed, _Question(bounds, []))
        values = {i: value for p, ids in groups.items() for i, value in zip(ids, answer.previous[p], strict=True)}
        return [self._applied(update, record, values[i], answer) for i, record in records.items()]

    def _applied(self, update: LadderUpdate, record: IndexRecord, value: bytes | None, answer: _Answer) -> Applied:
        """Return the result for a player. The player's own entry, of this or of a later standing, does not count."""
        assert self._view is not None
        user = record.key[-USER_BYTES:]
        previous = key_of(update.ladder.board, user, value) if value is not None else None
        is_refused = value is not None and refuses(value, record.value)
        if not update.count:
            return Applied(record.key, previous, None, is_refused)
        is_stale = value is not None and revision_of(value) >= revision_of(record.value)
        entry = self._view.entry(user) or (previous if is_stale else record.key) or NONE
        above = answer.above[record.key] - (self._layout.exact and entry < record.key)
        return Applied(record.key, previous, above, is_refused)

    async def _ask(self, ladder: Ladder, records: Mapping[int, bytes], question: _Question) -> _Answer:
        """Apply records by partition, and answer the question, in one round trip. Repeat only a useless answer."""
        previous: dict[int, Sequence[bytes | None]] = {}
        for _ in range(_ATTEMPTS):
            self.answers += 1
            partitions, calls, positions = self._calls(ladder, records, question)
            replies = dict(zip(partitions, await self._cluster.run(calls), strict=True))
            if None in replies.values():
                raise IndexUnavailable("a partition of the rank index awaits its rebuild")
            previous = previous or {p: reply[0] for p, reply in replies.items()}
            answer = self._answer(question, replies, positions, previous)
            if answer is not None:
                self.wrong_totals += self._layout.exact and bool(question.bounds) and answer.total != self._players
                return answer
            self.repeats += 1
            records = {}
        raise IndexUnavailable("the ranges changed in every attempt to count")

    def _calls(
        self, ladder: Ladder, records: Mapping[int, bytes], question: _Question
    ) -> tuple[Sequence[int], Sequence[Call], Mapping[int, Position]]:
        """Return the partitions to call, the calls, and the known positions in their logs."""
        assert self._view is not None
        parts = self._by_range(question)
        reads_all = self._layout.exact and bool(question.bounds)
        partitions = [p for p in self._all_partitions if reads_all or p in records or p in parts]
        positions = {p: self._view.position(p) for p in partitions} if reads_all else {}
        calls = []
        for p in partitions:
            known = (*positions[p], self._view.generation(p)) if reads_all else ("", "", "")
            args: list[bytes | int | str] = [record_bytes(ladder.board), records.get(p, b"")]
            args += [int(self._layout.keeps_entries), *known, p, self.partitions, self._view.ranges, GENERATIONS]
            args += parts.get(p, ())
            keys = (*self._ladder_keys(p, ladder), self._ranges_key(p, ladder))
            calls.append(self._keys.call(p, _script("call"), *keys, args=args))
        return partitions, calls, positions

    def _by_range(self, question: _Question) -> Mapping[int, Sequence[bytes | int]]:
        """Return the last arguments of call.lua by partition: ranges, entries that must be there, and bounds."""
        assert self._view is not None
        bounds, present = self._ranged(question.bounds), self._ranged(question.present)
        args: defaultdict[int, list[bytes | int]] = defaultdict(list)
        for number in dict.fromkeys([*bounds, *present]):
            packed = packed_bounds(bounds[number])[1:] if number in bounds else (b"",)
            args[number % self.partitions] += [number, b"".join(present.get(number, ())), *packed]
        return args

    def _ranged(self, keys: Sequence[bytes]) -> Mapping[int, Sequence[bytes]]:
        """Return the distinct keys by range, in order."""
        assert self._view is not None
        groups: dict[int, list[bytes]] = {}
        for key in dict.fromkeys(sorted(keys)):
            groups.setdefault(self._view.range_of(key), []).append(key)
        return groups

    def _answer(
        self,
        question: _Question,
        replies: Mapping[int, Any],
        positions: Mapping[int, Position],
        previous: Mapping[int, Sequence[bytes | None]],
    ) -> _Answer | None:
        """Return the answer, None if the ranges and the known logs do not fit together."""
        if not question.bounds:
            return _Answer(previous, {}, set(), 0)
        snapshot = self._snapshot(replies, positions)
        if snapshot is None:
            return None
        within = {p: iter(reply[6]) for p, reply in replies.items()}
        above = {
            bound: snapshot.above(bound, number, next(within[number % self.partitions]))
            for number, bounds in self._ranged(question.bounds).items()
            for bound in bounds
        }
        absent = {entry for reply in replies.values() for entry in chunks(reply[5], len(NONE))}
        missing = [k for k in question.present if not snapshot.has(k, in_range=k not in absent)]
        return _Answer(previous, above, set(missing) if self._layout.exact else set(), snapshot.total)

    def _snapshot(self, replies: Mapping[int, Any], positions: Mapping[int, Position]) -> Snapshot | None:
        """Store the logs and sizes of the replies. Return the numbers at the moment of the replies."""
        assert self._view is not None
        if not self._layout.exact:
            return self._view.latest_sizes()
        for p, (_, open_generation, logs, applied, sizes, *_) in replies.items():
            self._view.add_log(p, positions[p], open_generation, logs)
            if sizes:
                self._view.add_sizes(p, applied, sizes)
        return self._view.snapshot([replies[p][3] for p in self._all_partitions])

    async def _fold_repeatedly(self, ladder: Ladder) -> None:
        while True:
            await asyncio.sleep(FOLD_S)
            await self.fold(ladder)

    async def fold(self, ladder: Ladder) -> None:
        """End the present generation of all logs, and apply its moves to the ranges."""
        assert self._view is not None
        keys = [self._ranges_key(p, ladder) for p in self._all_partitions]
        args: Sequence[bytes | int] = (self._generation, GENERATIONS)
        seals = [self._keys.call(p, _script("seal"), key, args=args, meta=False) for p, key in enumerate(keys)]
        removed, added = map(self._ranged, net_changes(await self._cluster.run(seals)))
        calls = []
        for p, key in enumerate(keys):
            args = [self._generation, p, self.partitions, self._view.ranges]
            for number in range(p, self._view.ranges, self.partitions):
                if number in removed or number in added:
                    args += [number, b"".join(removed.get(number, ())), b"".join(added.get(number, ()))]
            calls.append(self._keys.call(p, _script("fold"), key, args=args, meta=False))
        for p, sizes in enumerate(await self._cluster.run(calls)):
            self._view.add_sizes(p, self._generation, sizes)
        self._generation += 1

    def unevenness(self) -> float:
        """Return the size of the largest range, divided by the mean size."""
        assert self._view is not None
        sizes = self._view.sizes()
        return round(max(sizes) * len(sizes) / sum(sizes), 2)

    async def _memory(self) -> int:
        return sum(node.memory or 0 for node in await self._cluster.nodes())

    def _ranges_key(self, partition: int, ladder: Ladder) -> bytes:
        return self._keys.standings(partition, ladder).removesuffix(b"standings") + b"ranges"


@cache
def _script(name: str) -> Script:
    source = Path(__file__).with_name(f"{name}.lua").read_text()
    return Script(name, source, sha1(source.encode(), usedforsecurity=False).hexdigest())
