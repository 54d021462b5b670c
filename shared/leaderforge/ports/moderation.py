"""Hiding, removing and setting standings."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import LadderStanding, Standing
from leaderforge.domain.submissions import Submission


class Moderation(Protocol):
    """Hiding, removing and setting standings. Each change writes its audit entry in the same transaction.

    A concurrent submission counts entirely before or entirely after the change. All changes return the player's changed
    standings, including standings on ladders that are not indexed. All changes raise `PlayerNotFound` if the player
    does not exist.
    """

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        """Hide or show a player's standings in all periods of a board. Raises `NotRanked` if there are no standings."""
        ...

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        """Hide or show a player on all boards, including later ones. Hiding ends the player's sessions."""
        ...

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Void a player's events on a board, and remove the player's standings in all open periods.

        Later submissions start from zero. Raises `NotRanked` if the player has no standing in an open period.
        """
        ...

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Remove a player's standing in one period, and void the player's events in this period only.

        Raises `NotRanked` if the player has no standing in the period.
        """
        ...

    async def set_submission_removed(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        removed: bool,
        act: AuditEntry,
        targets: Sequence[Board] = (),
    ) -> Sequence[LadderStanding]:
        """Void one event of a player on a board, or let it count again, in all open periods.

        If this changes the event, also change the player's events with this id on `targets`: void the counting events,
        or let the events count again that were voided together with this event. A moderator's decision about an event
        of a target stays. The audit entry lists the changed targets.

        The standing becomes the fold of the player's counting events. Without counting events, the standing is removed.
        Nothing changes if the event is already in the requested state. Raises `SubmissionNotFound`, and
        `ScoreOutOfRange` if a sum would leave the range of scores.
        """
        ...

    async def replace_submission(
        self, submission: Submission, act: AuditEntry, *, in_past: bool
    ) -> Sequence[LadderStanding]:
        """Replace a stored event by the event of a submission with the same id.

        The stored event no longer counts in the open periods that contain its time, nor on the ladders of the
        submission, on which the new event counts. With `in_past`, it no longer counts in past periods either. The
        board's score limits do not apply. Raises `SubmissionNotFound`, `ScoreOutOfRange`, and `Conflict` if a moderator
        has removed the event, or if it is not known which events a standing counts.
        """
        ...

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        """Replace the player's score: do the same as `remove` if there is a standing, then count the submission.

        If the submission id is already stored, change nothing. Raises `SubmissionConflict` if the stored submission has
        other content. The board's score limits do not apply.
        """
        ...

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        """Return up to `limit` hidden standings of a ladder with player ids above `after`, in order of player id."""
        ...
