"""Reads of the rank index. Concurrent reads share round trips and calls of scripts.

A read is a generator of steps. Each step needs one round trip. All reads in flight run their next steps together.
"""

from collections import defaultdict
from collections.abc import Collection, Generator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias, TypeVar

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.erasures import RedisErasureIndex
from leaderforge.adapters.redis.steps import CountsStep, ProbesStep, ReadStep, RowsStep, Spans, SpansStep, step_calls
from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer, Continued, batch_trace
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.landmarks import Landmarks
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window, keys_at, listed_on, local_range, merge_spans
from leaderforge.domain.order import LAST, USER_BYTES, user_bytes, user_id_of
from leaderforge.domain.segments import Segment
from leaderforge.domain.selection import Selection
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.sources import Source

_SELECTION_ROUNDS = 64
"""Maximum round trips of a selection, which is a search in all partitions.

Without a maximum, concurrent writes could prolong the search endlessly.
"""
_ATTEMPTS = 8
"""Maximum round trips of a search near landmarks. Each trip corrects a landmark's position for the next attempt."""
_MAX_GUESSED = 3000
"""Maximum keys that a round trip near a landmark reads. If more keys are necessary, a selection costs less."""
_SPARE_DETAILS = 40
"""Maximum entries beyond a window whose details are read with the window. For more, another round trip costs less."""
_LADDERS_WITH_LANDMARKS = 256
"""Maximum ladders with landmarks. 1024 landmarks take some 100 kB."""

_ItemT = TypeVar("_ItemT")
ReadT = TypeVar("ReadT")
Read = Generator[ReadStep, Any, ReadT]
"""Read that yields its steps, and gets the reply of each step."""


class _Pending(NamedTuple):
    """Read in progress, and its next step."""

    read: Read[Any]
    step: ReadStep


_ReadIds: TypeAlias = tuple[int, int, Segment | None]
"""Board id, period number and segment of a ladder that is read."""


class RedisRanking(RedisErasureIndex):
    """`Ranking` on Redis Cluster or Valkey. Indexes on one cluster need different namespaces."""

    source = Source.INDEX

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str = "leaderforge") -> None:
        super().__init__(cluster, partitions=partitions, namespace=namespace)
        self._landmarks: dict[_ReadIds, Landmarks] = {}
        self._rounds: Coalescer[_Pending, Any] = Coalescer(
            self._run_steps,
            max_batch=BATCH,
            max_in_flight=3,
            stagger_s=STAGGER_S,
            trace=batch_trace(cluster.tracer, "index reads"),
        )

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        users = {user_bytes(user_id): user_id for user_id in user_ids}
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for user, user_id in users.items():
            groups[partition_of(user_id, self.partitions)].append(user)
        rows: Mapping[bytes, Row] = await self._result(_single(RowsStep(ladder, groups)))
        return {user_id: row for user, user_id in users.items() if (row := rows.get(user)) is not None}

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        keys = self._groups_of(present, present)
        checked = self._groups_of(rows, [row.key for row in rows])
        return await self._result(_single(CountsStep(ladder, bounds, keys, within, checked)))

    def _groups_of(self, items: Sequence[_ItemT], keys: Sequence[bytes]) -> Mapping[int, Sequence[_ItemT]]:
        """Return the items by partition of their players. `keys` has the sort key of each item."""
        groups: defaultdict[int, list[_ItemT]] = defaultdict(list)
        for item, key in zip(items, keys, strict=True):
            groups[partition_of(user_id_of(key), self.partitions)].append(item)
        return groups

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        return await self._result(self._window(ladder, bound, before, after, counted))

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        return await self._result(self._window_at(ladder, rank - 1, count, counted))

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        return await self._result(self._key_at(ladder, rank - 1)) if rank >= 1 else None

    async def _result(self, read: Read[ReadT]) -> ReadT:
        """Return the result of a read. Raises `IndexUnavailable` or `Overloaded`."""
        result: ReadT | IndexUnavailable = await self._rounds(_Pending(read, next(read)))
        if isinstance(result, IndexUnavailable):
            raise result
        return result

    async def _run_steps(self, pending: Sequence[_Pending]) -> Sequence[Any]:
        """Run the next step of each read, in one round trip."""
        parts = step_calls(self._keys, [read.step for read in pending])
        replies = iter(await self._cluster.run([call for _, part in parts for call in part.calls]))
        results: list[Any] = [None] * len(pending)
        for positions, part in parts:
            part_replies = list(islice(replies, len(part.calls)))
            if None in part_replies:
                raise IndexUnavailable("a partition of the rank index awaits its rebuild")
            for i, result in zip(positions, part.results(part_replies), strict=True):
                results[i] = _advanced(pending[i].read, result)
        return results

    def _window(
        self, ladder: Ladder, bound: bytes, before: int, after: int, counted: Sequence[bytes]
    ) -> Read[Window[Row]]:
        # Each partition has only a part of the entries. First read only as many entries of each partition as it
        # probably contributes. If these are too few, or a player moves meanwhile, read complete spans with details.
        first, end = local_range(-before, after, self.partitions)
        is_small = (end - first) * self.partitions - (before + after) <= _SPARE_DETAILS
        for span_first, span_end, detailed in (first, end, is_small), (-before, after, True):
            spans = yield SpansStep(ladder, bound, span_first, span_end, detailed, counted)
            window = merge_spans(spans.spans, bound, before, after)
            rows = None if window is None else (yield from self._detailed(ladder, window, spans, detailed=detailed))
            if rows is not None:
                return rows
        raise IndexUnavailable("the entries changed in every attempt to read a window")

    def _window_at(self, ladder: Ladder, position: int, count: int, counted: Sequence[bytes]) -> Read[Window[Row]]:
        for detailed in (self.partitions == 1, True):
            window, spans = yield from self._located(ladder, position, count, counted, detailed=detailed)
            rows = yield from self._detailed(ladder, window, spans, detailed=detailed)
            if rows is not None:
                return rows
        raise IndexUnavailable("the entries changed in every attempt to read a window")

    def _key_at(self, ladder: Ladder, position: int) -> Read[bytes | None]:
        window, _ = yield from self._located(ladder, position, 1, (), detailed=False)
        return window.after[0] if window.after else None

    def _detailed(
        self, ladder: Ladder, window: Window[bytes], spans: Spans, *, detailed: bool
    ) -> Read[Window[Row] | None]:
        """Return a window of the spans with details. Return None if an entry has changed since it was listed."""
        keys = [*window.before, *window.after]
        rows: list[Row] = []
        if keys and detailed:
            by_key = spans.rows(keys[0], keys[-1])
            rows = [by_key[key] for key in keys]
        elif keys:
            stored = yield RowsStep(ladder, spans.users(keys[0], keys[-1]))
            rows = listed_on(ladder.board, [stored.get(key[-USER_BYTES:]) for key in keys])
            if [row.key for row in rows] != keys:
                return None
        split = len(window.before)
        return Window(window.total, window.above, rows[:split], rows[split:], spans.counted)

    def _located(
        self, ladder: Ladder, position: int, count: int, counted: Sequence[bytes], *, detailed: bool
    ) -> Read[tuple[Window[bytes], Spans]]:
        """Return up to `count` keys from `position` (from 0) on, and their spans. Search near the closest landmark."""
        landmarks = self._landmarks_of(ladder)
        for attempt in range(_ATTEMPTS):
            bound, above = landmarks.nearest(position)
            distance = position - above
            # A repeated search is wider, because hashing may have spread the entries unevenly.
            first, end = local_range(distance, distance + count, self.partitions, widening=1 + attempt)
            if end - first > (_MAX_GUESSED + count) // self.partitions:
                if position < (yield from self._select_landmark(ladder, landmarks, position)):
                    continue
                bound, first, end = LAST, 0, 0  # the ladder ends before the position
            spans = yield SpansStep(ladder, bound, first, end, detailed, counted)
            total = sum(span.total for span in spans.spans)
            landmarks.observe(bound, sum(span.above for span in spans.spans), total)
            keys = keys_at(spans.spans, bound, position, count)
            if keys is not None:
                if keys:
                    landmarks.observe(keys[0], position, total)
                return Window(total, min(position, total), [], keys), spans
        raise IndexUnavailable("the board changed in every attempt to find a rank")

    def _select_landmark(self, ladder: Ladder, landmarks: Landmarks, position: int) -> Read[int]:
        """Search all partitions for the entry at a position, and store it as landmark. Return the number of entries."""
        nowhere: Sequence[Sequence[int]] = [[]] * self.partitions
        sizes = [total for total, *_ in (yield ProbesStep(ladder, nowhere))]
        selection = Selection(sizes, position + 1)
        for _ in range(_SELECTION_ROUNDS):
            if selection.done:
                break
            probes = selection.probes()
            selection.narrow(probes, [keys for _, *keys in (yield ProbesStep(ladder, probes))])
        if selection.key is not None:
            landmarks.observe(selection.key, position, sum(sizes))
        return sum(sizes)

    def _landmarks_of(self, ladder: Ladder) -> Landmarks:
        ids = (ladder.board.id, ladder.period, ladder.segment)
        if ids not in self._landmarks:
            if len(self._landmarks) >= _LADDERS_WITH_LANDMARKS:
                # Clear all landmarks of all ladders. This does no harm, because landmarks only save round trips.
                self._landmarks.clear()
            self._landmarks[ids] = Landmarks()
        return self._landmarks[ids]


def _single(step: ReadStep) -> Read[Any]:
    """Return a read with one step. The reply of the step is the result."""
    return (yield step)


def _advanced(read: Read[Any], reply: Any) -> Any:
    """Return the result of a read, or its next step.

    Return the error of a read instead of raising it, because other reads must not fail with it.
    """
    try:
        return Continued(_Pending(read, read.send(reply)))
    except StopIteration as end:
        return end.value
    except IndexUnavailable as error:
        return error
