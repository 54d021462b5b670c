"""Places of players in leagues."""

from typing import NamedTuple

from leaderforge.domain.league import Movement


class LeaguePlace(NamedTuple):
    """Place of a player in a period: division (its index) and group, and after the settlement rank and movement.

    Without an entry in a settled period, there is no group.
    """

    division: int
    group: int | None
    rank: int | None = None
    movement: Movement | None = None
