"""The past of players, and loading one in bulk."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import HistoryPoint, PlayedLadder
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Standing


class HistoryStore(Protocol):
    """What players did before. Each call reads what is of that player alone."""

    async def points(
        self, board: Board, user_id: int, limit: int, before: tuple[int, UUID] | None = None
    ) -> Sequence[HistoryPoint]:
        """Return the player's latest submissions on a board, or the latest before a time and id, latest first."""
        ...

    async def played(self, board: Board, user_id: int, limit: int) -> Sequence[PlayedLadder]:
        """Return the ladders that the player has a standing on: that of all time, then the latest periods first."""
        ...


EventTuple = tuple[int, UUID, int, int, str | None]
"""User id, submission id, score, time achieved, metadata: an `Event` without the cost of one."""


class HistoryLoader(Protocol):
    """Stores new players with all their events at once, for populating a store."""

    async def __call__(
        self,
        ladder: Ladder,
        users: Sequence[Player],
        events: Iterable[EventTuple],
        standings: Iterable[Standing],
        recorded_at: int,
    ) -> None:
        """Store them together. Events must be distinct, and standings their fold, each with a revision."""
        ...
