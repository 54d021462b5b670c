"""Submissions, and the results of recording them."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import Event, Standing

EventKey: TypeAlias = tuple[int, int, UUID]
"""Identity of an event: player, board and submission id."""


class Submission(NamedTuple):
    """Event with the ladders on which it counts: at least one, all of one board, the main one first.

    `requested_at` is the time (ms) that the request gave, None if it gave none. The event's time is at most the time of
    reception.
    """

    ladders: Sequence[Ladder]
    event: Event
    requested_at: int | None = None

    @property
    def board(self) -> Board:
        """Return the board of the submission."""
        return self.ladders[0].board

    @property
    def event_key(self) -> EventKey:
        """Return the identity of the event. A later submission with the same identity is a duplicate."""
        return self.event.user_id, self.board.id, self.event.submission_id

    @property
    def is_judged(self) -> bool:
        """Return whether a rule of the board depends on the player's standing or previous submission."""
        return self.board.limits.depend_on_standing(self.board.policy)


class Recorded(NamedTuple):
    """Committed submission, with the player's standing on each of its ladders after the commit.

    A `duplicate` was committed earlier: its ladders are the ladders of the first copy. Ladders of retired periods are
    not `indexed`. `improved` is the result of `is_improvement` for the main standing.
    """

    ladders: Sequence[Ladder]
    standings: Sequence[Standing]
    duplicate: bool
    improved: bool

    @property
    def standing(self) -> Standing:
        """Return the standing on the main ladder."""
        return self.standings[0]
