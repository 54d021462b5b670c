"""Entrants of tournaments."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.tournaments import Entrant


class TournamentStore(Protocol):
    """Entrants of occurrences. An occurrence is identified by its board and the number of its period.

    `ScoreStore.record` counts attempts.
    """

    async def join(self, board: Board, period: int, user_id: int, at: int) -> Entrant:
        """Let a player join at `at` (ms), and return the entrant, also if the player joined before.

        Raises `TournamentFull` or `PlayerNotFound`.
        """
        ...

    async def entrant(self, board: Board, period: int, user_id: int) -> Entrant | None:
        """Return a player as an entrant, None if the player has not joined."""
        ...

    async def count(self, board: Board, period: int) -> int:
        """Return the number of players who have joined, including erased players."""
        ...

    async def numbered(self, board: Board, period: int, numbers: range) -> Sequence[Entrant]:
        """Return the entrants with these consecutive numbers, in order. Erased players are missing."""
        ...

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, Entrant]]:
        """Return the occurrences on these boards (by id) that a player joined, in order of board and period."""
        ...
