"""Hiding, removing and setting standings."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import LadderStanding, Standing
from leaderforge.domain.submissions import Submission


class Moderation(Protocol):
    """Hiding, removing and setting standings, each written to the audit log in the same transaction.

    Submissions that are under way count before or after it as a whole. All changes return the player's standings as
    they are then, also those on ladders that are not indexed, and raise `PlayerNotFound`.
    """

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        """Hide or show a player's standings in all periods of a board. Raises `NotRanked` where there is none."""
        ...

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        """Hide or show a player on all boards, also on those it enters later."""
        ...

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Void a player's events on a board, and remove its standings in the periods that are not over by then.

        What is submitted later counts from nothing. Raises `NotRanked` where there is no such standing.
        """
        ...

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Remove a player's standing in one period and nothing else. Raises `NotRanked` where there is none."""
        ...

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        """Remove what `remove` does, if anything, and count this submission, whose id must be new, by no rule."""
        ...

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        """Return hidden standings of a ladder by their players' ids, of those after a player."""
        ...
