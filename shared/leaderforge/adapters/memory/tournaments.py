"""In-memory entrants of tournaments."""

from collections.abc import Mapping, Sequence

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.domain.attempts import attempted, joined
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.submissions import Submission
from leaderforge.domain.tournaments import Entrant


class MemoryTournaments:
    """`TournamentStore` in dicts."""

    def __init__(self, users: MemoryPlayerStore) -> None:
        self._users = users
        self._entrants: dict[tuple[int, int, int], Entrant] = {}
        self._counts: dict[tuple[int, int], int] = {}

    async def join(self, board: Board, period: int, user_id: int, at: int) -> Entrant:
        entrant = await self.entrant(board, period, user_id)
        if entrant is None:
            if user_id not in self._users.by_id:
                raise PlayerNotFound.of(user_id)
            entrant = joined(board, user_id, await self.count(board, period), at)
            self._store(board, period, entrant)
        return entrant

    async def entrant(self, board: Board, period: int, user_id: int) -> Entrant | None:
        return self._entrants.get((user_id, board.id, period))

    async def count(self, board: Board, period: int) -> int:
        return self._counts.get((board.id, period), 0)

    async def numbered(self, board: Board, period: int, numbers: range) -> Sequence[Entrant]:
        entrants = (entrant for key, entrant in self._entrants.items() if key[1:] == (board.id, period))
        return sorted((e for e in entrants if e.number in numbers), key=lambda entrant: entrant.number)

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, Entrant]]:
        joined_by = {key[1:]: entrant for key, entrant in sorted(self._entrants.items()) if key[0] == user_id}
        return [
            (Ladder(boards[board_id], period), entrant)
            for (board_id, period), entrant in joined_by.items()
            if board_id in boards
        ]

    def attempted(self, submission: Submission, now: int) -> Entrant | None:
        """Return the entrant after a submission at `now` (ms), None on a board without a tournament.

        Raises `TournamentFull`, and the errors of `Entrant.after_attempt`.
        """
        if submission.board.tournament is None:
            return None
        entrants = self._counts.get((submission.board.id, submission.ladders[0].period), 0)
        return attempted(submission, self.entrant_of(submission), entrants, now)

    def entrant_of(self, submission: Submission) -> Entrant | None:
        """Return the player of a submission as an entrant, None if the player has not joined."""
        return self._entrants.get((submission.event.user_id, submission.board.id, submission.ladders[0].period))

    def count_attempt(self, submission: Submission, entrant: Entrant | None) -> None:
        """Store an entrant after a submission."""
        if entrant is not None:
            self._store(submission.board, submission.ladders[0].period, entrant)

    def erase(self, user_id: int) -> None:
        """Delete the player from all occurrences. The numbers of entrants stay."""
        self._entrants = {key: entrant for key, entrant in self._entrants.items() if key[0] != user_id}

    def _store(self, board: Board, period: int, entrant: Entrant) -> None:
        self._entrants[entrant.user_id, board.id, period] = entrant
        self._counts[board.id, period] = max(entrant.number, self._counts.get((board.id, period), 0))
