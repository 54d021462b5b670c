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
from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer
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
"""Maximum round trips of `key_at`. Without this limit, concurrent writes could prolong the search without end."""
_GUESSES = 3
"""Maximum round trips of `key_at` near landmarks. Each corrects the position of a landmark for the next one."""
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
        self._spans = Coalescer(self._span_batch, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S)
        self._rows = Coalescer(self._row_batch, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S)

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        rows = await self._rows(_RowsRequest(ladder, user_ids))
        return {user_id: rows[user_id] for user_id in user_ids if user_id in rows}

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
        window = None
        for first, end in (local_range(-before, after, self.partitions), (-before, after)):
            spans = await self._spans(_SpansRequest(ladder, bound, first, end, detailed=True))
            window = merge_spans(spans, bound, before, after, key=_key)
            if window is not None:
                return replace(window, before=listed_rows(window.before), after=listed_rows(window.after))
        raise IndexUnavailable("the partitions of the rank index contradict each other")

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        if rank < 1:
            return None
        landmarks = self._landmarks_of(ladder)
        for _ in range(_GUESSES):
            located = await self._near_landmark(ladder, landmarks, rank - 1)
            if located is None:
                break
            if located.key is not None or located.is_beyond:
                return located.key
        return await self._selected(ladder, landmarks, rank)

    async def _near_landmark(self, ladder: Ladder, landmarks: Landmarks, position: int) -> "_Located | None":
        """Look for the entry at a position (from 0) near the closest landmark. Return None without a close one."""
        bound, above = landmarks.nearest(position)
        first, end = local_range(position - above, position - above + 1, self.partitions)
        if end - first > _MAX_GUESSED // self.partitions:
            return None
        spans = await self._spans(_SpansRequest(ladder, bound, first, end, detailed=False))
        total = sum(span.total for span in spans)
        entries = entries_at(spans, bound, position, 1, key=_key)
        landmarks.observe(bound, sum(span.above for span in spans), total)
        if not entries:
            return _Located(None, is_beyond=position >= total)
        key = _key(entries[0])
        landmarks.observe(key, position, total)
        return _Located(key)

    async def _selected(self, ladder: Ladder, landmarks: Landmarks, rank: int) -> bytes | None:
        """Return the sort key of the entry at a rank by a search in all partitions, without landmarks."""
        sizes = [total for total, *_ in await self._probe(ladder, [[]] * self.partitions)]
        selection = Selection(sizes, rank)
        for _ in range(_SELECTION_ROUNDS):
            if selection.done:
                break
            probes = selection.probes()
            selection.narrow(probes, [keys for _, *keys in await self._probe(ladder, probes)])
        if selection.key is not None:
            landmarks.observe(selection.key, rank - 1, sum(sizes))
        return selection.key

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
            for total, *windows in islice(replies, self.partitions):
                for i, request in enumerate(group):
                    spans[id(request)].append(request.span(total, *windows[4 * i : 4 * i + 4]))
        return [spans[id(request)] for request in requests]

    def _window_calls(self, group: Sequence["_SpansRequest"]) -> Iterable[Call]:
        ladder = group[0].ladder
        args = [part for request in group for part in request.arguments()]
        for p in self._all_partitions:
            keys = self._keys.entries(p, ladder), self._keys.standings(p, ladder), self._keys.names[p]
            yield self._call(p, script("window"), *keys, args=args)

    async def _row_batch(self, requests: Sequence["_RowsRequest"]) -> Sequence[Mapping[int, Row]]:
        """Return rows by player id for each request. Requests on one ladder share the calls, and their result."""
        calls: list[Call] = []
        pieces: list[tuple[Ladder, Sequence[int], Sequence[bytes]]] = []
        for same_ladder in _by_ladder(requests):
            ladder = same_ladder[0].ladder
            value_bytes = record_bytes(ladder.board) - USER_BYTES
            groups = self._by_partition({i for request in same_ladder for i in request.user_ids})
            for p, user_ids in groups.items():
                for piece in chunks(user_ids, _ROWS_A_CALL):
                    users = list(map(user_bytes, piece))
                    keys = self._keys.standings(p, ladder), self._keys.names[p]
                    calls.append(self._call(p, script("rows"), *keys, args=(value_bytes, b"".join(users))))
                    pieces.append((ladder, piece, users))
        rows: defaultdict[LadderIds, dict[int, Row]] = defaultdict(dict)
        for (ladder, piece, packed_ids), reply in zip(pieces, await self._read(calls), strict=True):
            stored = zip(piece, stored_rows(ladder.board, packed_ids, *reply), strict=True)
            rows[_ids(ladder)] |= {user_id: row for user_id, row in stored if row is not None}
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

    def span(self, total: int, above: int, start: int, entries: bytes, names: bytes) -> Span[Any]:
        """Return the span in a reply of window.lua."""
        board = self.ladder.board
        listed = listed_entries(board, entries, names) if self.detailed else listed_keys(board, entries)
        return Span(total, above, start, listed)


class _RowsRequest(NamedTuple):
    ladder: Ladder
    user_ids: Collection[int]


class _Located(NamedTuple):
    """Sort key at a position. It is None beyond the end, and if the landmark was too far from the position."""

    key: bytes | None
    is_beyond: bool = False


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
