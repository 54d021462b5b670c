"""A player's standings on many boards, in their current periods."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import NotRanked, PlayerNotFound
from leaderforge.domain.moment_errors import MomentNotFound
from leaderforge.domain.presence import required
from leaderforge.domain.sources import Source
from leaderforge.ports.clock import Clock
from leaderforge.ports.history import HistoryStore
from leaderforge.ports.players import PlayerStore
from leaderforge.services.entries import PlayerRank
from leaderforge.services.freezing import as_frozen
from leaderforge.services.ladders import CURRENT
from leaderforge.services.query import QueryService

_CONCURRENT = 16
"""Maximum ranks that one call reads concurrently, because other calls need connections too."""


@dataclass(frozen=True, slots=True)
class LadderRank:
    """A player's entry on a ladder."""

    ladder: Ladder
    rank: PlayerRank


@dataclass(frozen=True, slots=True)
class PlayerStandings:
    """Entries of a player by board, in the order of the board's periods.

    `building` lists ladders without exact ranks, because their backfill is pending. `next` is the slug after which to
    continue, None at the end. Each entry contains every change acknowledged before `as_of` (ms). `source` is the index
    if all entries come from the index.
    """

    entries: Sequence[LadderRank]
    building: Sequence[Ladder]
    next: str | None
    as_of: int
    source: Source
    external_id: str | None = None


class StandingService:
    """Reads of one player's standings. The rules for hidden entries are the same as in `QueryService`."""

    def __init__(self, store: HistoryStore, users: PlayerStore, query: QueryService, clock: Clock) -> None:
        self._store = store
        self._users = users
        self._query = query
        self._clock = clock

    async def page(
        self,
        user_id: int,
        limit: int,
        after: str = "",
        *,
        periods: Collection[str] | None = None,
        viewer: Caller = ANONYMOUS,
    ) -> PlayerStandings:
        """Return the player's current standings on up to `limit` boards that the viewer may read, by slug.

        `periods` are period kinds or `CURRENT`, all kinds by default. Raises `PlayerNotFound`, `StoreUnavailable`,
        `IndexUnavailable` or `Overloaded`.
        """
        began_at = self._clock()
        private, hidden = viewer.may_read_private, viewer.sees_hidden(user_id)
        boards = await self._store.boards_of(user_id, limit + 1, after=after, private=private, hidden=hidden)
        next_slug = boards[limit - 1].slug if len(boards) > limit else None
        return await self._read(boards[:limit], user_id, periods, viewer, began_at, next_slug)

    async def on_board(
        self, board: Board, user_id: int, *, periods: Collection[str] | None = None, viewer: Caller = ANONYMOUS
    ) -> PlayerStandings:
        """Return the player's current standings on a board. The parameters and errors are the same as in `page`.

        For a ranked player, the call needs the store only while the index cannot answer.
        """
        return await self._read([board], user_id, periods, viewer, self._clock(), None)

    async def _read(
        self,
        boards: Sequence[Board],
        user_id: int,
        periods: Collection[str] | None,
        viewer: Caller,
        began_at: int,
        next_slug: str | None,
    ) -> PlayerStandings:
        ladders = [ladder for board in boards for ladder in _current_ladders(board, began_at, periods)]
        building = [ladder for ladder in ladders if ladder.incomplete]
        entries: list[LadderRank] = []
        for chunk in chunks([ladder for ladder in ladders if not ladder.incomplete], _CONCURRENT):
            ranks = await asyncio.gather(*(self._rank(ladder, user_id, viewer) for ladder in chunk))
            entries += [rank for rank in ranks if rank is not None]
        external_id = entries[0].rank.entry.external_id if entries else await self._external_id(user_id)
        # The boards were listed at `began_at`. A board to which the player first submitted later may be missing.
        as_of = min([began_at, *(entry.rank.as_of for entry in entries)])
        return PlayerStandings(entries, building, next_slug, as_of, _source_of(entries), external_id)

    async def _external_id(self, user_id: int) -> str | None:
        """Return the external id of a player. Raises `PlayerNotFound`."""
        players = await self._users.get([user_id])
        return required(players.get(user_id), PlayerNotFound.of(user_id)).external_id

    async def _rank(self, ladder: Ladder, user_id: int, viewer: Caller) -> LadderRank | None:
        try:
            seen_ladder = as_frozen(ladder, viewer, self._clock(), user_id)
            return LadderRank(seen_ladder, await self._query.rank(seen_ladder, user_id, viewer))
        except (NotRanked, MomentNotFound):
            # A backfill of the period ended after the moment of the freeze.
            return None


def _current_ladders(board: Board, now: int, periods: Collection[str] | None) -> Sequence[Ladder]:
    """Return the ladders of the requested periods that contain the time `now` (ms), the board's main period first."""
    return [
        Ladder(board, period.number)
        for i, period in enumerate(board.calendar.at(now))
        if periods is None or period.kind in periods or (i == 0 and CURRENT in periods)
    ]


def _source_of(entries: Sequence[LadderRank]) -> Source:
    is_indexed = entries and all(entry.rank.source is Source.INDEX for entry in entries)
    return Source.INDEX if is_indexed else Source.STORE
