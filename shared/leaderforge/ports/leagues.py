"""Leagues: seats, groups and results."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.league import (
    Arrival,
    DivisionRank,
    FilledGroup,
    GroupMember,
    LastResult,
    League,
    LeagueResult,
    MemberSeat,
)
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.settlement import SettlementStep


class LeagueStore(Protocol):
    """Store of the seats and results of leagues. All writes are safe to retry."""

    async def rules(self, ladder: Ladder) -> League | None:
        """Return the rules of a period, None until its groups open."""
        ...

    async def open(self, ladder: Ladder, league: League, at: int) -> None:
        """Open the groups of a period at `at` (ms) with these rules, unless the groups are open already."""
        ...

    async def opened_at(self, ladder: Ladder) -> int | None:
        """Return the time (ms) at which the groups of a period opened, None if they have not opened."""
        ...

    async def last_results(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, LastResult]:
        """Return the latest results of these players before the period, by player id."""
        ...

    async def seat(self, ladder: Ladder, league: League, division: int, arrivals: Sequence[Arrival]) -> None:
        """Give each player a seat of the division, in this order, unless the player has a seat in the period."""
        ...

    async def waiting(self, ladder: Ladder, since: int = 0) -> Sequence[int]:
        """Return the players with a standing but without a seat, in the order of the times of their standings.

        With `since` (ms), return only players with a submission recorded at that time or later.
        """
        ...

    async def filled_groups(self, ladder: Ladder) -> Mapping[int, Sequence[FilledGroup]]:
        """Return all groups of a period by division. `players` counts the members with an entry, hidden or not."""
        ...

    async def members(self, ladder: Ladder, division: int, groups: Collection[int]) -> Sequence[GroupMember]:
        """Return the members of these groups of a division, in no order."""
        ...

    async def absent(self, ladder: Ladder, after: int, limit: int) -> Sequence[LastResult]:
        """Return the latest result, before the period, of the players who have no result in the period.

        Return up to `limit` results, for ids above `after`, in the order of ids. Leave out players who left the league.
        """
        ...

    async def write_results(self, step: SettlementStep, results: Sequence[LeagueResult]) -> None:
        """Make a step of the settlement, and write results, in one transaction. Raises `SettlementOvertaken`."""
        ...

    async def results(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[LeagueResult]:
        """Return the results of these players in a period, in no order."""
        ...

    async def first_period(self, board: Board) -> int | None:
        """Return the number of the board's earliest league period that is stored, None if there is none."""
        ...

    async def unsettled(self, ladder: Ladder) -> int:
        """Return the number of members of a period who have no result yet."""
        ...

    async def group_results(self, ladder: Ladder, division: int, group: int) -> Sequence[LeagueResult]:
        """Return the results of a group, in the order of ranks, hidden players last."""
        ...

    async def seat_of(self, ladder: Ladder, user_id: int) -> MemberSeat | None:
        """Return a player's division and group in a period, None if the player has no seat."""
        ...

    async def division_rank(self, ladder: Ladder, division: int, user_id: int) -> DivisionRank:
        """Return the rank of a player in the division, by the standings at `ladder.at`, or by the present standings."""
        ...

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, LeaguePlace]]:
        """Return the places of a player on these boards (by id), in order of board and period."""
        ...
