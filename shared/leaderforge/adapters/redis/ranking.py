"""Reads of the rank index. Concurrent reads share round trips and calls of scripts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from leaderforge.adapters.redis.applying import packed_bounds
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.erasures import RedisErasureIndex
from leaderforge.adapters.redis.records import listed_entries, listed_keys, listed_rows, record_bytes, stored_rows
from leaderforge.adapters.redis.scripts import script
from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer, batch_trace
from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.landmarks import Landmarks
from leaderforge.domain.merge import Counts, Row, Span, Window, entries_at, local_range, merge_counts, merge_spans
from leaderforge.domain.order import USER_BYTES, key_bytes, user_bytes, user_id_of
from leaderforge.domain.selection import Selection
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.sources import Source
from leaderforge.ports.index_maintenance import LadderIds

_SELECTION_ROUNDS = 64
"""Maximum round trips of a selection. Without this limit, concurrent writes could prolong it without end."""
_ATTEMPTS = 8
"""Maximum round trips near landmarks. Each corrects the position of a landmark for the next one."""
_MAX_GUESSED = 3000
"""Maximum keys that a round trip near a landmark reads. If more are necessary, a selection costs less."""
_LADDERS_WITH_LANDMARKS = 256
"""Maximum ladders with landmarks. 512 landmarks take some 50 kB."""
_ENTRIES_A_CALL = 2000
"""Maximum entries of a `window` call. It blocks its node for some 2 ms."""
_ROWS_A_CALL = 1000
"""Maximum players of a `rows` call."""

_key = itemgetter(0)


class RedisRanking(RedisErasureIndex):
    """`Ranking` on Redis Cluster or Valkey. Indexes on one cluster need different namespaces."""

    source = Source.INDEX

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str = "leaderforge") -> None:
        super().__init__(cluster, partitions=partitions, namespace=namespace)
        self._landmarks: dict[LadderIds, Landmarks] = {}
        options: dict[str, Any] = {"max_batch": BATCH, "max_in_flight": 3, "stagger_s": STAGGER_S}
        self._spans = Coalescer(self._span_batch, **options, trace=batch_trace(cluster.tracer, "index counts"))
        self._rows = Coalescer(self._row_batch, **options, trace=batch_trace(cluster.tracer, "index rows"))

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        groups = {p: list(map(user_bytes, ids)) for p, ids in self._by_partition(user_ids).items()}
        rows = await self._rows(_RowsRequest(ladder, groups))
        return {user_id: rows[user] for user_id in user_ids if (user := user_bytes(user_id)) in rows}

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
        # Each partition has only a share of the entries. First read the keys of a probable share, and the details of
        # the merged window. If a share is too small, or a player moves meanwhile, read complete spans with details.
        for first, end, detailed in (*local_range(-before, after, self.partitions), False), (-before, after, True):
            spans = await self._spans(_SpansRequest(ladder, bound, first, end, detailed))
            window = merge_spans(spans, bound, before, after, key=_key)
            rows = None if window is None else await self._detailed(ladder, window, detailed=detailed)
            if rows is not None:
                return rows
        raise IndexUnavailable("the partitions of the rank index contradict each other")

    async def window_at(self, ladder: Ladder, rank: int, count: int) -> Window[Row]:
        for detailed in (False, True):
            window = await self._located(ladder, rank - 1, count, detailed=detailed)
            rows = await self._detailed(ladder, window, detailed=detailed)
            if rows is not None:
                return rows
        raise IndexUnavailable("the partitions of the rank index contradict each other")

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        if rank < 1:
            return None
        window = await self._located(ladder, rank - 1, 1, detailed=False)
        return _key(window.after[0]) if window.after else None

    async def _detailed(self, ladder: Ladder, window: Window[Any], *, detailed: bool) -> Window[Row] | None:
        """Return a window of entries with their details. Return None if an entry has changed since it was listed.

        If the entries are `detailed`, they have their details already.
        """
        if detailed:
            return replace(window, before=listed_rows(window.before), after=listed_rows(window.after))
        entries = [*window.before, *window.after]
        if not entries:
            return window
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for key, partition in entries:
            groups[partition].append(key[-USER_BYTES:])
        stored = await self._rows(_RowsRequest(ladder, groups))
        rows = [stored.get(key[-USER_BYTES:]) for key, _ in entries]
        listed = [row for row in rows if row is not None and row.is_listed_on(ladder.board)]
        if [row.key for row in listed] != list(map(_key, entries)):
            return None
        split = len(window.before)
        return replace(window, before=listed[:split], after=listed[split:])

    async def _located(self, ladder: Ladder, position: int, count: int, *, detailed: bool) -> Window[Any]:
        """Return up to `count` entries from a position on (from 0). Search them near the closest landmark."""
        landmarks = self._landmarks_of(ladder)
        for attempt in range(_ATTEMPTS):
            bound, above = landmarks.nearest(position)
            distance = position - above
            # A repeated search is wider, because hashing may have spread the entries unevenly.
            first, end = local_range(distance, distance + count, self.partitions, widening=1 + attempt)
            if end - first > (_MAX_GUESSED + count) // self.partitions:
                total = await self._select_landmark(ladder, landmarks, position)
                if position >= total:
                    return Window(total, total, [], [])
                continue
            spans = await self._spans(_SpansRequest(ladder, bound, first, end, detailed))
            total = sum(span.total for span in spans)
            landmarks.observe(bound, sum(span.above for span in spans), total)
            entries = entries_at(spans, bound, position, count, key=_key)
            if entries is not None:
                if entries:
                    landmarks.observe(_key(entries[0]), position, total)
                return Window(total, min(position, total), [], entries)
        raise IndexUnavailable("the board changed in every attempt to find a rank")

    async def _select_landmark(self, ladder: Ladder, landmarks: Landmarks, position: int) -> int:
        """Find the entry at a position by a search in all partitions, as a landmark. Return the number of entries."""
        sizes = [total for total, *_ in await self._probe(ladder, [[]] * self.partitions)]
        selection = Selection(sizes, position + 1)
        for _ in range(_SELECTION_ROUNDS):
            if selection.done:
                break
            probes = selection.probes()
            selection.narrow(probes, [keys for _, *keys in await self._probe(ladder, probes)])
        if selection.key is not None:
            landmarks.observe(selection.key, position, sum(sizes))
        return sum(sizes)

    def _landmarks_of(self, ladder: Ladder) -> Landmarks:
        ids = (ladder.board.id, ladder.period)
        if ids not in self._landmarks:
            if len(self._landmarks) >= _LADDERS_WITH_LANDMARKS:
                # Clearing all landmarks does no harm, because they only save rounds.
                self._landmarks.clear()
            self._landmarks[ids] = Landmarks()
        return self._landmarks[ids]

    async def _span_batch(self, requests: Sequence["_SpansRequest"]) -> Sequence[Sequence[Span[Any]]]:
        """Return the spans of all partitions for each request. Requests on one ladder share the calls of scripts."""
        groups = [group for same_ladder in _by_ladder(requests) for group in _short_groups(same_ladder)]
        replies = iter(await self._read(call for group in groups for call in self._window_calls(group)))
        spans: dict[int, list[Span[Any]]] = {id(request): [] for request in requests}
        for group in groups:
            for p, (total, *windows) in enumerate(islice(replies, self.partitions)):
                for i, request in enumerate(group):
                    spans[id(request)].append(request.span(p, total, *windows[4 * i : 4 * i + 4]))
        return [spans[id(request)] for request in requests]

    def _window_calls(self, group: Sequence["_SpansRequest"]) -> Iterable[Call]:
        ladder = group[0].ladder
        args = [part for request in group for part in request.arguments()]
        for p in self._all_partitions:
            keys = self._keys.entries(p, ladder), self._keys.standings(p, ladder), self._keys.names[p]
            yield self._call(p, script("window"), *keys, args=args)

    async def _row_batch(self, requests: Sequence["_RowsRequest"]) -> Sequence[Mapping[bytes, Row]]:
        """Return rows by player for each request. Requests on one ladder share the calls, and their result."""
        calls: list[Call] = []
        pieces: list[tuple[Ladder, Sequence[bytes]]] = []
        for same_ladder in _by_ladder(requests):
            ladder = same_ladder[0].ladder
            value_bytes = record_bytes(ladder.board) - USER_BYTES
            for p in self._all_partitions:
                users = [user for request in same_ladder for user in request.groups.get(p, ())]
                for piece in chunks(users, _ROWS_A_CALL):
                    keys = self._keys.standings(p, ladder), self._keys.names[p]
                    calls.append(self._call(p, script("rows"), *keys, args=(value_bytes, b"".join(piece))))
                    pieces.append((ladder, piece))
        rows: defaultdict[LadderIds, dict[bytes, Row]] = defaultdict(dict)
        for (ladder, piece), reply in zip(pieces, await self._read(calls), strict=True):
            rows[_ids(ladder)] |= stored_rows(ladder.board, piece, *reply)
        return [rows[_ids(request.ladder)] for request in requests]

    async def _probe(self, ladder: Ladder, positions: Sequence[Sequence[int]]) -> list[Any]:
        return await self._read(
            self._call(p, script("probe"), self._keys.entries(p, ladder), args=(_positions(positions[p]),))
            for p in self._all_partitions
        )

    async def _read(self, calls: Iterable[Call]) -> list[Any]:
        """Return the replies. Raises `IndexUnavailable` also if a partition is incomplete."""
        replies = await self._cluster.run(list(calls))
        if any(reply is None for reply in replies):
            raise IndexUnavailable("a partition of the rank index awaits its rebuild")
        return replies


def _positions(ascending: Sequence[int]) -> str:
    """Return ascending positions as one argument of probe.lua. It costs the client less than hundreds of arguments."""
    if len(ascending) > 1 and ascending[-1] - ascending[0] == len(ascending) - 1:
        return f"{ascending[0]}-{ascending[-1]}"
    return " ".join(map(str, ascending))


class _SpansRequest(NamedTuple):
    """Positions `first` to `end` - 1 of each partition to read, relative to a bound."""

    ladder: Ladder
    bound: bytes
    first: int
    end: int
    detailed: bool

    def arguments(self) -> Sequence[bytes | int]:
        """Return the arguments of window.lua."""
        return self.bound, self.first, self.end, int(self.detailed)

    def span(self, partition: int, total: int, above: int, start: int, entries: bytes, names: bytes) -> Span[Any]:
        """Return the span in a reply of window.lua."""
        board = self.ladder.board
        listed: list[Any] = (
            listed_entries(board, entries, names) if self.detailed else listed_keys(board, partition, entries)
        )
        return Span(total, above, start, listed)


class _RowsRequest(NamedTuple):
    """Players as in `user_bytes`, by partition."""

    ladder: Ladder
    groups: Mapping[int, Sequence[bytes]]


RequestT = TypeVar("RequestT", _SpansRequest, _RowsRequest)


def _by_ladder(requests: Sequence[RequestT]) -> Iterable[list[RequestT]]:
    groups: defaultdict[LadderIds, list[RequestT]] = defaultdict(list)
    for request in requests:
        groups[_ids(request.ladder)].append(request)
    return groups.values()


def _ids(ladder: Ladder) -> LadderIds:
    return ladder.board.id, ladder.period


def _short_groups(requests: Sequence[_SpansRequest]) -> Iterable[Sequence[_SpansRequest]]:
    """Yield groups of requests for one call each, which reads about `_ENTRIES_A_CALL` entries at most."""
    group: list[_SpansRequest] = []
    size = 0
    for request in requests:
        size += request.end - request.first
        if group and size > _ENTRIES_A_CALL:
            yield group
            group, size = [], request.end - request.first
        group.append(request)
    yield group
