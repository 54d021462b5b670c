"""Places of players in leagues."""

from typing import NamedTuple

from leaderforge.domain.league import Movement


class LeaguePlace(NamedTuple):
    """Place of a player in a period: division (its index) and group, and after the settlement rank and movement.

    `group` is None for a player without an entry in a settled period.
    """

    division: int
    group: int | None
    rank: int | None = None
    movement: Movement | None = None
