"""Players' past submissions, and bulk loading of them."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import HistoryPoint, HistoryPosition, PlayedLadder
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Standing


class HistoryStore(Protocol):
    """Reads of past submissions. Each call reads rows of one player only."""

    async def points(
        self, board: Board, user_id: int, limit: int, before: HistoryPosition | None = None
    ) -> Sequence[HistoryPoint]:
        """Return the player's latest submissions on a board, before a position if there is one, latest first."""
        ...

    async def played(self, board: Board, user_id: int, limit: int) -> Sequence[PlayedLadder]:
        """Return the ladders with a standing of the player: all-time first, then the latest periods first."""
        ...

    async def boards_of(
        self, user_id: int, limit: int, *, after: str = "", private: bool, hidden: bool
    ) -> Sequence[Board]:
        """Return boards with a standing of the player, with slugs after `after`, in order of slug.

        Private boards are included only if `private` is true. Boards on which the player is hidden are included only if
        `hidden` is true, or if they are frozen: they show a moment at which the player may have been visible.
        """
        ...


EventTuple = tuple[int, UUID, int, int, str | None]
"""Event of a bulk load: player id, submission id, score, time (ms), metadata. A tuple costs less than an `Event`."""


class HistoryLoader(Protocol):
    """Bulk loader of new players and their events, to populate a store."""

    async def __call__(
        self,
        ladder: Ladder,
        users: Sequence[Player],
        events: Iterable[EventTuple],
        standings: Iterable[Standing],
        recorded_at: int,
    ) -> None:
        """Store players, events and standings in one transaction.

        Events must be distinct. Standings must be the fold of the events, with revisions.
        """
        ...
