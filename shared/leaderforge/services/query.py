"""Reads of ladders: tops, pages, ranges, ranks, neighbours."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from leaderforge.domain.boards import Board, Ladder, Order, RankStyle
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.errors import IndexUnavailable, NotRanked
from leaderforge.domain.merge import Row, Window
from leaderforge.domain.order import FIRST, Place, end_key, rank_bound, score_bound, sort_key, start_key
from leaderforge.domain.tiers import RankCuts
from leaderforge.ports.clock import Clock
from leaderforge.ports.telemetry import Telemetry
from leaderforge.ports.tracing import Tracer
from leaderforge.services.entries import CountedNeighbours, Entry, Lookup, Page, PlacedPlayers, PlayerRank
from leaderforge.services.rank_batches import RankBatches
from leaderforge.services.reading import Reader, Reading, WindowRead, has_ranks_in
from leaderforge.services.top import Top, TopCache

_ATTEMPTS = 8
"""Maximum attempts to read a player's neighbours. An attempt fails if the player moves meanwhile."""


class QueryService:
    """Exact reads from the index, or from the store while the index cannot answer.

    The memory of a call is proportional to its result. Callers of the console see hidden entries at their positions,
    but these entries do not count in ranks. Hidden players see their own entries as if they were visible. A response
    that contains their own hidden entry counts this entry in all ranks and totals. Other responses do not count a
    hidden entry.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Clock,
        telemetry: Telemetry,
        *,
        tracer: Tracer | None = None,
        top_ttl_ms: int = 1000,
        time_limit_s: float = 10.0,
    ) -> None:
        self._reader = reader
        self._telemetry = telemetry
        self.tops = TopCache(self._load_top, clock, telemetry, ttl_ms=top_ttl_ms)
        self._ranks = RankBatches(reader, telemetry, tracer, time_limit_s=time_limit_s)

    async def top(self, ladder: Ladder, limit: int) -> Page:
        """Return the first `limit` entries, 1 to 1000, at most `top_ttl_ms` old."""
        page = await self.tops.get(ladder, limit)
        return page if len(page.entries) <= limit else replace(page, entries=page.entries[:limit])

    async def rank(self, ladder: Ladder, user_id: int, viewer: Caller = ANONYMOUS) -> PlayerRank:
        """Return a player's entry and percentile. Raises `NotRanked`."""
        ranked = await self._ranks.rank(ladder, user_id)
        if ranked is None and ladder.board.min_submissions > 1:
            rows = await self._reader.read(ladder, lambda reading: reading.ranking.rows(ladder, [user_id]))
            _require_ranked(ladder, user_id, rows.get(user_id), viewer)
        if ranked is None or (ranked.entry.hidden and not viewer.sees_hidden(user_id)):
            raise _not_ranked(ladder, user_id)
        return ranked

    async def lookup(self, ladder: Ladder, user_ids: Sequence[int], viewer: Caller = ANONYMOUS) -> Lookup:
        """Return the entries of the players, best first, and the players who are not ranked.

        The total includes the hidden entries that are returned.
        """
        requested = list(dict.fromkeys(user_ids))

        async def read(reading: Reading) -> Lookup:
            ranked = await self._reader.entries(reading.ranking, ladder, requested)
            entries = [entry for entry in ranked.entries if not entry.hidden or viewer.sees_hidden(entry.user_id)]
            entries = as_seen(ladder.board, entries, viewer)
            user_ids = {entry.user_id for entry in entries}
            return Lookup(
                entries=list(zip(entries, _ranks_among(entries), strict=True)),
                missing=[user_id for user_id in requested if user_id not in user_ids],
                total=ranked.total + sum(entry.hidden for entry in entries),
                as_of=reading.as_of,
                source=reading.ranking.source,
            )

        return await self._reader.read(ladder, read)

    async def placed(self, ladder: Ladder, user_ids: Sequence[int]) -> PlacedPlayers:
        """Return the visible entries of the players, without names, and the ladder's total."""
        return await self._reader.read(ladder, lambda reading: self._reader.placed(reading.ranking, ladder, user_ids))

    async def rank_cuts(self, ladder: Ladder) -> RankCuts:
        """Return the entries at the ranks that limit the tiers of the ladder."""
        return await self._reader.read(ladder, lambda reading: self._reader.rank_cuts(reading.ranking, ladder))

    async def around(self, ladder: Ladder, user_id: int, radius: int, viewer: Caller = ANONYMOUS) -> Page:
        """Return a player's entry with up to `radius` neighbours on each side. Raises `NotRanked`."""
        return await self._neighbours(ladder, user_id, radius, lambda position, count: slice(0, count), viewer)

    async def around_window(self, ladder: Ladder, user_id: int, size: int, viewer: Caller = ANONYMOUS) -> Page:
        """Return `size` consecutive entries with a player's entry in the middle. Raises `NotRanked`.

        Near an end of the board, the player's entry is not in the middle. Return fewer entries only if the board has
        fewer.
        """

        def centered(position: int, count: int) -> slice:
            start = max(0, min(position - size // 2, count - size))
            return slice(start, start + size)

        return await self._neighbours(ladder, user_id, size - 1, centered, viewer)

    async def _neighbours(
        self, ladder: Ladder, user_id: int, radius: int, cut: Callable[[int, int], slice], viewer: Caller
    ) -> Page:
        """Return some of the entries within `radius` places of a player's entry, as `cut` selects them.

        `cut` receives the position of the player's entry and the number of entries. It returns the slice of entries to
        take.
        """

        async def read(reading: Reading) -> Page:
            for _ in range(_ATTEMPTS):
                row, window = await self._row_within(reading, ladder, user_id, radius, viewer)
                rows, first = _cut_around(row, window, cut)
                if not (row.hidden or has_ranks_in(ladder) or ladder.board.rank_style is RankStyle.SHARED):
                    return await self._page(reading, ladder, window, rows, first, first)
                # The window lacks shared ranks, ranks in segments, and a hidden player's rank. Count all in one state.
                if neighbours := await self._reader.neighbours(reading.ranking, ladder, row, rows):
                    return _page_around(reading, ladder.board, rows, neighbours, viewer)
            raise IndexUnavailable("the entries changed in every attempt to find a player's ranks")

        return await self._reader.read(ladder, read)

    async def _row_within(
        self, reading: Reading, ladder: Ladder, user_id: int, radius: int, viewer: Caller
    ) -> tuple[Row, Window[Row]]:
        """Return a player's row, and the window around it. Unless the row is hidden, `window.after` starts with it.

        Raises `NotRanked`.
        """
        for _ in range(_ATTEMPTS):
            rows = await reading.ranking.rows(ladder, [user_id])
            row = _require_ranked(ladder, user_id, rows.get(user_id), viewer)
            window = await reading.ranking.window(ladder, row.key, before=radius, after=radius + (not row.hidden))
            # Read again if the player moved between the two reads: the window then does not contain the row.
            if row.hidden or (window.after and _is_same(window.after[0], row)):
                return row, window
        raise IndexUnavailable("the player moved in every attempt to read the neighbours")

    async def page(self, ladder: Ladder, rank: int, limit: int) -> Page:
        """Return up to `limit` entries from an ordinal rank on. Return none beyond the end of the board."""

        async def read(reading: Reading) -> Page:
            return await self._page_below(reading, ladder, partial(reading.ranking.window_at, ladder, rank, limit))

        return await self._reader.read(ladder, read)

    async def page_after(self, ladder: Ladder, key: bytes, limit: int) -> Page:
        """Return up to `limit` entries below a sort key. No entry needs to have this key."""

        async def read(reading: Reading) -> Page:
            # The bound directly after the key excludes the entry with this key.
            read_window = partial(reading.ranking.window, ladder, key + b"\0", before=0, after=limit)
            return await self._page_below(reading, ladder, read_window)

        return await self._reader.read(ladder, read)

    async def page_before(self, ladder: Ladder, key: bytes, limit: int) -> Page:
        """Return up to `limit` entries above a sort key. No entry needs to have this key."""

        async def read(reading: Reading) -> Page:
            read_window = partial(reading.ranking.window, ladder, key, before=limit, after=0)
            window, first_rank = await self._reader.tied_window(ladder, read_window)
            page = await self._page(reading, ladder, window, window.before, window.first, first_rank)
            return page if window.before or not window.total else replace(page, next=start_key(ladder.board))

        return await self._reader.read(ladder, read)

    async def range(self, ladder: Ladder, low: int, high: int, limit: int, after: bytes | None = None) -> Page:
        """Return up to `limit` entries with a score from `low` to `high`, inclusive. `total` counts all such entries.

        With `after`, the `next` of the previous page, return only entries below this sort key.
        """
        best, beyond = (high, low - 1) if ladder.board.order is Order.DESC else (low, high + 1)
        start, end = score_bound(ladder.board, best), score_bound(ladder.board, beyond)
        bound = start if after is None else max(start, after + b"\0")

        async def read(reading: Reading) -> Page:
            # Read one more entry to find out whether there is a next page.
            read_window = partial(reading.ranking.window, ladder, bound, before=0, after=limit + 1)
            window, first_rank = await self._reader.tied_window(ladder, read_window, [start, end])
            rows = [row for row in window.after if row.key < end]
            page = await self._page(reading, ladder, window, rows[:limit], window.first, first_rank)
            next_key = rows[limit - 1].key if len(rows) > limit else None
            total = window.counted[1] - window.counted[0]
            return replace(page, total=total, next=next_key, previous=None, population=page.total)

        return await self._reader.read(ladder, read)

    async def _load_top(self, ladder: Ladder, size: int) -> Top:
        async def read(reading: Reading) -> Top:
            window = await reading.ranking.window(ladder, FIRST, before=0, after=size)
            page = await self._page(reading, ladder, window, window.after, 1, 1)
            return Top(page, last=window.after[-1].key if len(window.after) >= size else None)

        with self._telemetry.timed("top_merge_seconds"):
            return await self._reader.read(ladder, read)

    async def _page(
        self, reading: Reading, ladder: Ladder, window: Window[Row], rows: Sequence[Row], first: int, first_rank: int
    ) -> Page:
        """Return the page of consecutive rows of a window.

        The first row has the ordinal rank `first`, and the rank `first_rank` in the board's rank style.
        """
        entries = await self._reader.page_entries(ladder, rows, first, first_rank)
        return _page_of(reading, entries, rows, first, window.total)

    async def _page_below(self, reading: Reading, ladder: Ladder, read_window: WindowRead) -> Page:
        """Return the page of a window's rows below its bound.

        If the page is beyond the end of the ladder, its `previous` leads to the last entries.
        """
        window, first_rank = await self._reader.tied_window(ladder, read_window)
        page = await self._page(reading, ladder, window, window.after, window.first, first_rank)
        return page if window.after or not window.total else replace(page, previous=end_key(ladder.board))


def first_page(ladder: Ladder, page: Page, limit: int) -> Page:
    """Return the first `limit` entries of a page that starts at the first rank."""
    entries = page.entries[:limit]
    has_next = 0 < len(entries) < page.total
    return replace(page, entries=entries, next=_key(ladder.board, entries[-1]) if has_next else None)


def _page_of(reading: Reading, entries: Sequence[Entry], rows: Sequence[Row], first: int, total: int) -> Page:
    """Return the page of entries whose visible rows are `rows`. The first row has the ordinal rank `first`."""
    return Page(
        entries=entries,
        total=total,
        as_of=reading.as_of,
        source=reading.ranking.source,
        next=rows[-1].key if rows and first + len(rows) <= total else None,
        previous=rows[0].key if rows and first > 1 else None,
    )


def _cut_around(row: Row, window: Window[Row], cut: Callable[[int, int], slice]) -> tuple[Sequence[Row], int]:
    """Return the rows around a player's row that `cut` selects, and the ordinal rank of the first row."""
    position = len(window.before)
    part = cut(position, position + len(window.after) + row.hidden)
    rows = [*window.before, *([row] if row.hidden else []), *window.after]
    return rows[part], window.first + part.start


def _page_around(
    reading: Reading, board: Board, rows: Sequence[Row], neighbours: CountedNeighbours, viewer: Caller
) -> Page:
    """Return the page of a player's neighbours. If the player is hidden, the total includes the player's entry."""
    entries, first, total, rank_in = neighbours
    visible = [row for row in rows if not row.hidden]
    page = _page_of(reading, as_seen(board, entries, viewer), visible, first, total)
    return replace(page, total=total + len(rows) - len(visible), rank_in=rank_in)


def _is_same(window_row: Row, row: Row) -> bool:
    """Return whether two rows are equal apart from segments. Rows of a window may lack the segments."""
    return window_row._replace(segments=()) == row._replace(segments=())


def _not_ranked(ladder: Ladder, user_id: int) -> NotRanked:
    part = "" if ladder.segment is None else f" in the segment {ladder.segment}"
    return NotRanked.on(ladder.board.slug, user_id, part)


def _require_ranked(ladder: Ladder, user_id: int, row: Row | None, viewer: Caller) -> Row:
    """Return the row of a player. Raises `NotRanked` if the row is missing, hidden from the viewer or not ranked."""
    if row is None or (row.hidden and not viewer.sees_hidden(user_id)):
        raise _not_ranked(ladder, user_id)
    if missing := ladder.board.missing_submissions(row.submissions):
        raise NotRanked.below(ladder.board.slug, user_id, missing)
    return row


def as_seen(board: Board, entries: Sequence[Entry], viewer: Caller) -> list[Entry]:
    """Return the entries as the viewer sees them.

    The viewer's own hidden entry counts in the ranks of the entries behind it.
    """
    hidden_entry = next((entry for entry in entries if entry.hidden and viewer.is_player(entry.user_id)), None)
    if hidden_entry is None:
        return list(entries)
    bound = rank_bound(board, _key(board, hidden_entry))
    return [
        entry._replace(rank=entry.rank + 1) if bound < rank_bound(board, _key(board, entry)) else entry
        for entry in entries
    ]


def _key(board: Board, entry: Entry) -> bytes:
    return sort_key(board, Place(entry.score, entry.achieved_at, entry.user_id, entry.subscore or 0))


def _ranks_among(entries: Sequence[Entry]) -> list[int]:
    """Return the rank of each entry among these entries, which must be in order. Equal ranks stay equal."""
    ranks: list[int] = []
    rank = last = 0
    for position, entry in enumerate(entries, 1):
        if entry.rank != last:
            rank, last = position, entry.rank
        ranks.append(rank)
    return ranks
