"""In-memory history store, over the in-memory score store."""

from collections.abc import Sequence
from itertools import accumulate

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import HistoryPoint, HistoryPosition, PlayedLadder
from leaderforge.domain.standings import Event, combine, in_range, standing_of


class MemoryHistoryStore:
    """`HistoryStore` over the events, standings and players of the other in-memory stores."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore) -> None:
        self._scores = scores
        self._users = users

    async def points(
        self, board: Board, user_id: int, limit: int, before: HistoryPosition | None = None
    ) -> Sequence[HistoryPoint]:
        events = sorted(await self._scores.events_of(board, user_id), key=_position)
        # Sort by the time of the score, not by reception: a late submission changes all history points after its time.
        sums = accumulate(map(standing_of, events), lambda total, added: combine(board, total, added))
        # The sum of all events is within the range of scores, but the sum of the earlier events may exceed the range.
        standings = [in_range(board, standing) for standing in sums]
        points = [
            HistoryPoint(_position(event), event.score, standing.score, standing.subscore, event.numbers)
            for event, standing in zip(events, standings, strict=True)
            if before is None or _position(event) < before
        ]
        return points[::-1][:limit]

    async def played(self, board: Board, user_id: int, limit: int) -> Sequence[PlayedLadder]:
        ladders = [Ladder(board), *await self._scores.ladders_of(board)]
        by_ladder = [(ladder, await self._scores.standings(ladder, [user_id])) for ladder in ladders]
        played = [(ladder, s.hidden != 0) for ladder, page in by_ladder for s in page if not s.removed]
        players = await self._users.get([user_id])
        external_id = players[user_id].external_id if user_id in players else None
        return [PlayedLadder(ladder, hidden, external_id) for ladder, hidden in played[:limit]]

    async def boards_of(
        self, user_id: int, limit: int, *, after: str = "", private: bool, hidden: bool
    ) -> Sequence[Board]:
        boards = {board.slug: board for board in await self._scores.boards()}
        standings = self._scores.standings_of_player(user_id)
        played = {
            ladder.board.slug
            for ladder, s in standings
            if boards[ladder.board.slug].frozen_at is not None or (not s.removed and (hidden or not s.hidden))
        }
        slugs = [slug for slug in sorted(played) if slug > after and (private or not boards[slug].private)]
        return [boards[slug] for slug in slugs[:limit]]


def _position(event: Event) -> HistoryPosition:
    return HistoryPosition(event.achieved_at, event.received_us, event.submission_id)
