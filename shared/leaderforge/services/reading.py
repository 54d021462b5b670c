"""Reads from the index, or from the store while the index cannot answer. Conversion of rows to entries."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from time import monotonic
from typing import NamedTuple, Protocol, TypeVar

from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.errors import IndexUnavailable, LeaderForgeError, Unavailable
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window, ranked_on
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.order import FIRST, places, rank_bound, start_key, tie_bound, user_id_of
from leaderforge.domain.players import is_compound, label_parts
from leaderforge.domain.ranks import rank_of
from leaderforge.domain.statistics import percentile
from leaderforge.domain.tiers import RankCuts, rank_limits
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.ranking import Ranking
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.entries import (
    CountedNeighbours,
    Entry,
    PlacedPlayer,
    PlacedPlayers,
    PlayerRank,
    RankedEntries,
)
from leaderforge.services.names import NameSync
from leaderforge.services.trust import IndexTrust

T = TypeVar("T")

_ATTEMPTS = 8
"""Maximum attempts to read the same entries. An attempt fails if an entry moves before its rank is counted."""
_FRESH_S = 1.0
"""Maximum time in s from the read of names in the store to the end of their addition to the index. After a longer time,
the names are compared with the store again.

A player may be renamed meanwhile. Reconciliation repairs the name, but at least `SETTLE_MS` after the rename, and
therefore after the addition.
"""

_sort_key = attrgetter("key")


class EntryMoved(IndexUnavailable):
    """An entry moved in every attempt to count its rank in one state."""


class WindowRead(Protocol):
    """Read of a window, which also counts the entries above the given bounds."""

    def __call__(self, *, counted: Sequence[bytes]) -> Awaitable[Window[Row]]: ...


class Reading(NamedTuple):
    """Read of a ranking that began at `as_of` (ms). All changes acknowledged before this time are in the result.

    The time is taken before the first row is read, because a change may be acknowledged while the rows are read.
    """

    ranking: Ranking
    as_of: int


class Reader:
    """Execution of reads on the index or the store."""

    def __init__(
        self,
        index: RankIndex,
        trust: IndexTrust,
        store: ScoreStore,
        users: PlayerStore,
        moments: MomentStore,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._index = index
        self._trust = trust
        self._store = store
        self._users = users
        self._moments = moments
        self._clock = clock
        self._telemetry = telemetry

    async def player_ranks(self, reading: Reading, ladder: Ladder, user_ids: Collection[int]) -> list[PlayerRank]:
        """Return the entries of the players that are ranked, with their percentiles, best first.

        Hidden entries are included. The total of each player counts the player's own entry, also if it is hidden.
        """
        ranked = await self.entries(reading.ranking, ladder, user_ids, segments=True)
        return [
            _player_rank(entry, behind, ranked.total + entry.hidden, reading)
            for entry, behind in zip(ranked.entries, ranked.behind, strict=True)
        ]

    async def read(self, ladder: Ladder, read: Callable[[Reading], Awaitable[T]]) -> T:
        """Return the result of `read` on the index or the store.

        Use the store if the index may lack changes (see `trust`), or if it does not contain the ladder. Raises
        `IndexUnavailable` if neither answers, and `StoreUnavailable` if the store does not answer and the ladder is in
        the store only. Other exceptions of `read`, such as `NotRanked`, propagate. A ladder at a moment is read from
        the store of moments.
        """
        if ladder.at is not None:
            return await read(Reading(self._moments.ranking(ladder.at), ladder.at))
        if not ladder.indexed:
            return await self.read_store(read)
        try:
            return await self._read_index(read)
        except IndexUnavailable as unavailable:
            self._telemetry.count("reads_degraded")
            try:
                return await self.read_store(read)
            except Unavailable as error:
                raise unavailable from error

    async def read_store(self, read: Callable[[Reading], Awaitable[T]]) -> T:
        """Return the result of `read` on the store."""
        return await read(Reading(self._store, self._clock()))

    async def _read_index(self, read: Callable[[Reading], Awaitable[T]]) -> T:
        """Return the result of `read` on the index. Raises `IndexUnavailable` unless the index stays current meanwhile.

        Errors of `read`, such as `NotRanked`, propagate only if the index is known to be current (see `trust`). An
        index that is not current may lack the player's first submission, and `NotRanked` would be wrong.
        """
        belief = await self._trust.enter()
        try:
            answer = await read(Reading(self._index, self._trust.as_of()))
        except LeaderForgeError:
            self._trust.leave(belief)
            raise
        except BaseException:
            self._trust.abandon()
            raise
        self._trust.leave(belief)
        return answer

    async def entries(
        self, ranking: Ranking, ladder: Ladder, user_ids: Collection[int], *, segments: bool = False
    ) -> RankedEntries:
        """Return the entries of the ranked players among these, best first. With `segments`, entries have `rank_in`.

        Hidden entries are included, each with the rank that it would have if it were visible.
        """
        board = ladder.board
        segments = segments and has_ranks_in(ladder)
        rows, counts = await self._counted(ranking, ladder, user_ids, segments=segments)
        above = counts.above[: len(rows)]
        # Without shared ranks, each rank ends after its only entry. A hidden entry is not counted.
        ends = counts.above[len(rows) :] or [n + (not row.hidden) for n, row in zip(above, rows, strict=True)]
        entries = await self._hydrate(ladder, rows, [rank_of(n) for n in above])
        if segments:
            ranks_in = _ranks_in(board, rows, counts.within)
            entries = [entry._replace(rank_in=ranks) for entry, ranks in zip(entries, ranks_in, strict=True)]
        return RankedEntries(entries, [counts.total - end for end in ends], counts.total)

    async def placed(self, ranking: Ranking, ladder: Ladder, user_ids: Collection[int]) -> PlacedPlayers:
        """Return the visible entries of the players, without names. This call loads no names from the store."""
        rows, counts = await self._counted(ranking, ladder, user_ids)
        scores = [score for score, *_ in places(ladder.board, [row.key for row in rows])]
        ranked = zip(rows, scores, counts.above[: len(rows)], strict=True)
        by_id = {
            user_id_of(row.key): PlacedPlayer(row.key, score, rank_of(n)) for row, score, n in ranked if not row.hidden
        }
        return PlacedPlayers(by_id, counts.total)

    async def rank_cuts(self, ranking: Ranking, ladder: Ladder) -> RankCuts:
        """Return the entries at the ranks that limit the tiers of the ladder."""
        counts = await ranking.counts(ladder, [start_key(ladder.board)])
        ranks = rank_limits(ladder.board.tiers, counts.total)
        keys = await asyncio.gather(*(ranking.key_at(ladder, rank) for rank in ranks))
        return RankCuts(counts.total, ranks, [key for key in keys if key is not None])

    async def _counted(
        self, ranking: Ranking, ladder: Ladder, user_ids: Collection[int], *, segments: bool = False
    ) -> tuple[Sequence[Row], Counts]:
        """Return the rows of the ranked players among these, best first, with the numbers of entries above the rows.

        Raises `EntryMoved`.
        """
        for _ in range(_ATTEMPTS):
            stored = (await ranking.rows(ladder, user_ids)).values()
            rows = sorted(ranked_on(ladder.board, stored), key=_sort_key)
            within = _segment_bounds(ladder.board, rows) if segments else ()
            present = [row.key for row in rows if not row.hidden]
            # A player may change segments and keep the entry. A hidden player has no entry. Check the rows of both.
            checked = rows if segments else [row for row in rows if row.hidden]
            counts = await ranking.counts(ladder, _bounds(ladder, rows), present, within, checked)
            if counts.all_present:
                return rows, counts
        raise EntryMoved("an entry moved in every attempt to count its rank; try again")

    async def neighbours(
        self, ranking: Ranking, ladder: Ladder, row: Row, rows: Sequence[Row]
    ) -> CountedNeighbours | None:
        """Return the entries of `rows`, from one state. Return None if they are no longer consecutive, or have moved.

        `rows` are the row of a player, as `Ranking.rows` returned it, and the rows directly above and below.
        """
        board, visible = ladder.board, [neighbour for neighbour in rows if not neighbour.hidden]
        present = [neighbour.key for neighbour in visible]
        best, last = (present[0], present[-1]) if present else (row.key, row.key)
        bounds = [best, last, rank_bound(board, best), rank_bound(board, row.key)]
        within = _segment_bounds(board, [row]) if has_ranks_in(ladder) else ()
        counts = await ranking.counts(ladder, bounds, present, within, [row])
        above_best, above_last, above_tie, above_player = counts.above
        if not counts.all_present or above_last - above_best >= max(1, len(visible)):
            return None
        ranks = _consecutive_ranks(board, visible, rank_of(above_best), rank_of(above_tie))
        if row.hidden:
            ranks.insert(sum(key < row.key for key in present), rank_of(above_player))
        entries = await self._hydrate(ladder, rows, ranks)
        rank_in = _ranks_in(board, [row], counts.within)[0] if has_ranks_in(ladder) else None
        return CountedNeighbours(entries, rank_of(above_best), counts.total, rank_in)

    async def tied_window(
        self, ladder: Ladder, read_window: WindowRead, counted: Sequence[bytes] = ()
    ) -> tuple[Window[Row], int]:
        """Return a window, and the rank of its first entry in the board's rank style, from one state.

        With shared ranks, the tie of the first entry may begin above the window. Read the window again with a count of
        the entries above the tie, until the first entry has the counted tie. Raises `IndexUnavailable`.
        """
        board, tie = ladder.board, FIRST
        for _ in range(_ATTEMPTS):
            window = await read_window(counted=counted if tie == FIRST else [*counted, tie])
            rows = window.before or window.after
            if board.rank_style is RankStyle.ORDINAL or window.first == 1 or not rows:
                return window, window.first
            bound = rank_bound(board, rows[0].key)
            if bound == tie:
                return window, rank_of(window.counted[-1])
            tie = bound
        raise IndexUnavailable("the first entry changed in every attempt to read a page")

    async def page_entries(self, ladder: Ladder, rows: Sequence[Row], first: int, first_rank: int) -> list[Entry]:
        """Return the entries of consecutive rows. The first has the ordinal rank `first` and the rank `first_rank`."""
        return await self._hydrate(ladder, rows, _consecutive_ranks(ladder.board, rows, first, first_rank))

    async def ranked_entries(self, ladder: Ladder, rows: Sequence[Row], ranks: Sequence[int]) -> list[Entry]:
        """Return the entries of rows with known ranks."""
        return await self._hydrate(ladder, rows, ranks)

    async def _hydrate(self, ladder: Ladder, rows: Sequence[Row], ranks: Sequence[int]) -> list[Entry]:
        """Return rows as entries, with names and metadata."""
        placed = places(ladder.board, [row.key for row in rows])
        names = await self._names([user_id_of(row.key) for row in rows if row.label is None])
        metadata = await self._metadata(ladder, [user_id_of(row.key) for row in rows if row.has_metadata])
        has_subscore, tiebreakers = ladder.board.subscore_order is not None, ladder.board.tiebreakers
        entries = []
        for rank, (score, achieved_at, user_id, subscore), row in zip(ranks, placed, rows, strict=True):
            _, submissions, label, has_metadata, hidden, _ = row
            username, external_id = label or names.get(user_id), None
            if username is not None and is_compound(username):
                username, external_id = label_parts(username)
            run_metadata = metadata.get(user_id) if has_metadata else None
            shown_subscore = subscore if has_subscore else None
            members = (
                rank, user_id, username, score, submissions, achieved_at,
                run_metadata, shown_subscore, hidden, external_id, None, tiebreakers,
            )  # fmt: skip
            entries.append(new_record(Entry, members))
        return entries

    async def _names(self, user_ids: Sequence[int]) -> Mapping[int, str]:
        """Return labels from the store, and add them to the index. Return no labels while the store is unavailable."""
        names: Mapping[int, str] = {}
        if user_ids:
            with suppress(Unavailable):
                began = monotonic()
                names = {i: user.label for i, user in (await self._users.get(user_ids)).items()}
                await self._index.add_names(names)
                # A player may have been renamed or erased since the read. The repair of that change replaces the added
                # name only if the addition came before the repair. Therefore compare late additions with the store.
                if monotonic() - began > _FRESH_S:
                    await NameSync(self._index, self._users).refresh(user_ids)
        return names

    async def _metadata(self, ladder: Ladder, user_ids: Sequence[int]) -> Mapping[int, str]:
        """Return metadata from the store, none while the store is unavailable: reads must not fail without metadata."""
        if not user_ids:
            return {}
        try:
            source = self._store if ladder.at is None else self._moments
            return await source.metadata(ladder, user_ids)
        except Unavailable:
            self._telemetry.count("metadata_omitted", len(user_ids))
            return {}


def _bounds(ladder: Ladder, rows: Sequence[Row]) -> list[bytes]:
    """Return the `rank_bound` of each row. On boards with shared ranks, append the `tie_bound` of each row."""
    if ladder.board.rank_style is RankStyle.ORDINAL:
        return [row.key for row in rows]
    bounds = [rank_bound(ladder.board, row.key) for row in rows]
    return bounds + [tie_bound(ladder.board, row.key) for row in rows]


def has_ranks_in(ladder: Ladder) -> bool:
    """Return whether the ladder's entries have `rank_in`. At a moment, the stored states must have segments."""
    board = ladder.board
    if not board.segments or ladder.segment is not None:
        return False
    return ladder.at is None or (board.moments is not None and board.moments.has_segments_at(ladder.at))


def _segment_bounds(board: Board, rows: Sequence[Row]) -> list[SegmentBound]:
    """Return the `rank_bound` of each row, once for each segment of the row's player."""
    return [
        SegmentBound(position, segment, rank_bound(board, row.key))
        for row in rows
        for position, segment in enumerate(row.segments)
        if segment is not None
    ]


def _consecutive_ranks(board: Board, rows: Sequence[Row], first: int, first_rank: int) -> list[int]:
    """Return the ranks of consecutive rows in the board's rank style. `first` is the ordinal rank of the first row."""
    ranks = [first_rank, *range(first + 1, first + len(rows))] if rows else []
    if board.rank_style is RankStyle.SHARED:
        for i in range(1, len(rows)):
            if rank_bound(board, rows[i].key) == rank_bound(board, rows[i - 1].key):
                ranks[i] = ranks[i - 1]
    return ranks


def _ranks_in(board: Board, rows: Sequence[Row], above: Sequence[int]) -> list[Mapping[str, int]]:
    """Return the ranks of each row in its segments, by attribute. `above` has the counts of `_segment_bounds`."""
    counts = iter(above)
    return [
        {
            name: rank_of(next(counts))
            for name, segment in zip(board.segments, row.segments, strict=False)
            if segment is not None
        }
        for row in rows
    ]


def _player_rank(entry: Entry, behind: int, total: int, reading: Reading) -> PlayerRank:
    return PlayerRank(entry, percentile(behind, total), total, reading.as_of, reading.ranking.source)
