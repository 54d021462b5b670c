"""Places of players in leagues."""

from typing import NamedTuple

from leaderforge.domain.league import Movement


class LeaguePlace(NamedTuple):
    """Place of a player in a period: division (its index), group and, from the settlement on, rank and movement.

    `group` is None for a player who had no entry when the period was settled.
    """

    division: int
    group: int | None
    rank: int | None = None
    movement: Movement | None = None
