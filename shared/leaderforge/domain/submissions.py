"""Submissions, and what recording them came to."""

from collections.abc import Sequence
from typing import NamedTuple

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import Event, Standing


class Submission(NamedTuple):
    """An event and the ladders it counts in, at least one and all of one board, of which the first is the main one."""

    ladders: Sequence[Ladder]
    event: Event

    @property
    def board(self) -> Board:
        """The board it is for."""
        return self.ladders[0].board


class Recorded(NamedTuple):
    """A submission that is committed: the ladders it counts in, and the player's standing on each with it.

    A duplicate had been recorded before: then the ladders are those it counted in. Those that the index does not hold
    any more are not `indexed`.
    """

    ladders: Sequence[Ladder]
    standings: Sequence[Standing]
    duplicate: bool
    improved: bool

    @property
    def standing(self) -> Standing:
        """The standing on the main ladder."""
        return self.standings[0]
