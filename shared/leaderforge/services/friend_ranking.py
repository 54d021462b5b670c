"""Ranks of a player and its friends among themselves, with their ranks on the board."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.merge import Counts, Row, ranked_on
from leaderforge.domain.order import rank_bound, user_id_of
from leaderforge.domain.ranks import rank_of
from leaderforge.domain.sources import Source
from leaderforge.ports.ranking import Ranking
from leaderforge.services.entries import Entry
from leaderforge.services.friends import FriendService
from leaderforge.services.query import as_seen
from leaderforge.services.reading import Reader, Reading

_ATTEMPTS = 8
"""Maximum reads of the same friends. If a friend moves before the ranks are counted, all friends are read again."""

_sort_key = attrgetter("key")


class FriendEntry(NamedTuple):
    """Entry of a player or a friend, with the rank among the player and the friends."""

    entry: Entry
    rank_among: int


@dataclass(frozen=True, slots=True)
class FriendRanking:
    """Ranks of a player and its friends, from one state of the ladder. `source` and `as_of` (ms) belong to this state.

    `entries` are consecutive, best first. `around` are the player's entry and its neighbours, empty if the player is
    not ranked. `ahead` is the nearest entry with a better rank than the player, None if there is none. `friends` is the
    number of friends, and `ranked` the number of entries of friends and the player. `total` is the number of entries of
    the ladder.
    """

    entries: Sequence[FriendEntry]
    around: Sequence[FriendEntry]
    ahead: FriendEntry | None
    gap: int | None
    friends: int
    ranked: int
    total: int
    as_of: int
    source: Source


class FriendView(NamedTuple):
    """Requested parts: up to `limit` entries from a position on (from 1), and `radius` neighbours on each side."""

    position: int
    limit: int
    radius: int


class _Parts(NamedTuple):
    """Positions of the requested parts among the sorted rows. `ahead` is None without an entry ahead."""

    page: range
    around: range
    ahead: int | None

    @property
    def positions(self) -> Sequence[int]:
        ahead = [] if self.ahead is None else [self.ahead]
        return sorted({*self.page, *self.around, *ahead})


class _State(NamedTuple):
    """Sorted rows of the player and its friends, the requested parts of them, and their counts on the ladder."""

    rows: Sequence[Row]
    parts: _Parts
    counts: Counts


class FriendRankingService:
    """Reads of ranks among friends. Lists of friends come from the store, scores and ranks from the index.

    Ranks on the board are counted for the requested entries only. The other friends cost only the read of their rows.
    """

    def __init__(self, friends: FriendService, reader: Reader) -> None:
        self._friends = friends
        self._reader = reader

    async def ranking(
        self, ladder: Ladder, user_id: int, view: FriendView, viewer: Caller = ANONYMOUS
    ) -> FriendRanking:
        """Return the ranks of a player and its friends. Hidden friends are left out.

        Raises `StoreUnavailable` if the list cannot be read.
        """
        friend_ids = await self._friends.friend_ids(user_id)

        async def read(reading: Reading) -> FriendRanking:
            return await self._read(reading, ladder, user_id, friend_ids, view, viewer)

        return await self._reader.read(ladder, read)

    async def _read(
        self,
        reading: Reading,
        ladder: Ladder,
        user_id: int,
        friend_ids: Sequence[int],
        view: FriendView,
        viewer: Caller,
    ) -> FriendRanking:
        board = ladder.board
        state = await _state(reading.ranking, ladder, user_id, friend_ids, view, viewer)
        rows, parts, counts = state.rows, state.parts, state.counts
        selected = [rows[i] for i in parts.positions]
        entries = await self._reader.ranked_entries(ladder, selected, [rank_of(n) for n in counts.above])
        among = [1 + bisect_left(rows, rank_bound(board, row.key), key=_sort_key) for row in selected]
        by_position = dict(zip(parts.positions, map(FriendEntry, as_seen(board, entries, viewer), among), strict=True))
        around = [by_position[i] for i in parts.around]
        ahead = None if parts.ahead is None else by_position[parts.ahead]
        player_entry = next((item.entry for item in around if item.entry.user_id == user_id), None)
        return FriendRanking(
            entries=[by_position[i] for i in parts.page],
            around=around,
            ahead=ahead,
            gap=None if ahead is None or player_entry is None else _gap(board, ahead.entry, player_entry),
            friends=len(friend_ids),
            ranked=len(rows),
            total=counts.total + sum(row.hidden for row in rows),
            as_of=reading.as_of,
            source=reading.ranking.source,
        )


async def _state(
    ranking: Ranking, ladder: Ladder, user_id: int, friend_ids: Sequence[int], view: FriendView, viewer: Caller
) -> _State:
    """Return a state of the ladder in which the player and its friends did not move.

    Raises `IndexUnavailable` if the player or a friend moved in every attempt.
    """
    for _ in range(_ATTEMPTS):
        stored = await ranking.rows(ladder, [user_id, *friend_ids])
        rows = [row for i, row in stored.items() if not row.hidden or (i == user_id and viewer.sees_hidden(i))]
        rows = sorted(ranked_on(ladder.board, rows), key=_sort_key)
        parts = _parts(ladder.board, rows, user_id, view)
        bounds = [rank_bound(ladder.board, rows[i].key) for i in parts.positions]
        present = [row.key for row in rows if not row.hidden]
        counts = await ranking.counts(ladder, bounds, present, rows=[row for row in rows if row.hidden])
        if counts.all_present:
            return _State(rows, parts, counts)
    raise IndexUnavailable("friends moved in every attempt to rank them")


def _gap(board: Board, ahead: Entry, player_entry: Entry) -> int:
    """Return the difference of two scores, in the type of the board's scores."""
    return board.score_type.typed(abs(ahead.score - player_entry.score))


def _parts(board: Board, rows: Sequence[Row], user_id: int, view: FriendView) -> _Parts:
    """Return the requested parts of the ranking, as positions in `rows`, which are in the order of ranks."""
    count = len(rows)
    page = range(min(view.position - 1, count), min(view.position - 1 + view.limit, count))
    position = next((i for i, row in enumerate(rows) if user_id_of(row.key) == user_id), None)
    if position is None:
        return _Parts(page, range(0), None)
    around = range(max(0, position - view.radius), min(count, position + view.radius + 1))
    better = bisect_left(rows, rank_bound(board, rows[position].key), key=_sort_key)
    return _Parts(page, around, better - 1 if better else None)
