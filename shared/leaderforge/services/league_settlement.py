"""Settlement of leagues: movements of all players at the end of a period, and the groups of the next period."""

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import TypeAlias

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.league import (
    FilledGroup,
    GroupMember,
    Inactivity,
    League,
    LeagueResult,
    group_results,
    inactive_result,
    merged_groups,
)
from leaderforge.domain.players import BEFORE_ALL
from leaderforge.domain.settlement import (
    Position,
    SettledPeriods,
    Settlement,
    SettlementFault,
    SettlementProgress,
    SettlementStep,
)
from leaderforge.ports.clock import Clock
from leaderforge.ports.leagues import LeagueStore
from leaderforge.services.leagues import LEAGUE_PART, SeatService, league_periods

_MEMBERS_A_CHUNK = 3_000
"""Number of seats of the groups that one transaction settles."""
_ABSENT_A_CHUNK = 3_000
"""Number of absent players that one transaction settles."""

_Group: TypeAlias = tuple[int, int]
"""Index of a division, and number of a group."""


class LeagueMovements:
    """Part of settlement that computes the movements of a league.

    The part seats the players who have no seat yet, merges small groups, writes the results of all groups and of absent
    players, and opens the groups of the next period. The merges are stored with the progress. A later chunk therefore
    uses the same merges, even if scores were removed meanwhile.

    JSON members of the position: `phase`; `at`, the time of the merges (ms); `divisions`, for each division the numbers
    of groups and of players with an entry; `merged`, lists of division, merged group and final group; and the last
    settled group (`after`) or absent player (`after_player`).
    """

    name = LEAGUE_PART

    def __init__(self, leagues: LeagueStore, seats: SeatService, clock: Clock) -> None:
        self._leagues = leagues
        self._seats = seats
        self._clock = clock

    def periods(self, board: Board) -> SettledPeriods | None:
        """Return the periods that are played as a league."""
        return league_periods(board)

    async def settle_chunk(self, ladder: Ladder, progress: SettlementProgress) -> Position | None:
        """Write the next chunk: see `SettlementPart`."""
        league = await self._seats.rules(ladder) or await self._seats.open(ladder)
        phase = progress.position.get("phase", "seats")
        if league is None or phase == "settled":
            return None
        if phase == "seats":
            return await self._close(ladder, league, progress)
        if phase == "groups":
            return await self._settle_groups(ladder, league, progress)
        if phase == "absent":
            return await self._settle_absent(ladder, league, progress)
        return await self._open_next(ladder, progress)

    async def faults(self, ladder: Ladder, settlement: Settlement) -> Sequence[SettlementFault]:
        """Return the differences between the stored results and the results that the stored scores yield."""
        from leaderforge.services.league_verification import LeagueVerification

        return await LeagueVerification(self._leagues).faults(ladder, settlement)

    async def _close(self, ladder: Ladder, league: League, progress: SettlementProgress) -> Position:
        """Seat the players who still wait, compute the merges of groups, and store the merges with the progress."""
        await self._seats.seat_waiting(ladder, league)
        groups = await self._leagues.filled_groups(ladder)
        merged = _merges(league, groups)
        counts = {
            str(division): [max(group.number for group in filled), sum(group.players for group in filled)]
            for division, filled in groups.items()
        }
        position = {"phase": "groups", "at": self._clock(), "divisions": counts, "merged": merged}
        return await self._step(ladder, progress, position)

    async def _settle_groups(self, ladder: Ladder, league: League, progress: SettlementProgress) -> Position:
        position = progress.position
        latest_group = tuple(position.get("after", (-1, 0)))
        groups = final_groups(position)
        due = (group for group in groups if group > latest_group)
        chunk = list(islice(due, max(1, _MEMBERS_A_CHUNK // league.group_size)))
        if not chunk:
            following = "next" if league.inactive is Inactivity.STAY else "absent"
            return await self._step(ladder, progress, _later(position, following))
        members = await members_by_group(self._leagues, ladder, position, chunk)
        results = list(chain.from_iterable(_results(league, group, members.get(group, ())) for group in chunk))
        return await self._step(ladder, progress, {**position, "after": list(chunk[-1])}, results)

    async def _settle_absent(self, ladder: Ladder, league: League, progress: SettlementProgress) -> Position:
        """Write the movements of players who have no result in the period yet.

        A player who stays in the same division needs no result.
        """
        after = progress.position.get("after_player", BEFORE_ALL)
        absent = await self._leagues.absent(ladder, after, _ABSENT_A_CHUNK)
        if not absent:
            return await self._step(ladder, progress, _later(progress.position, "next"))
        results = [inactive_result(league, last.user_id, league.index_of(last.next_division)) for last in absent]
        moved = [result for result in results if result.next_division != league.divisions[result.division]]
        return await self._step(ladder, progress, {**progress.position, "after_player": absent[-1].user_id}, moved)

    async def _open_next(self, ladder: Ladder, progress: SettlementProgress) -> Position:
        """Open the groups of the next period, and seat the players who wait for it."""
        board, period = ladder.board, ladder.board.calendar.numbered(ladder.period)
        following = None if period.ends_at is None else board.calendar.of_kind(period.kind, period.ends_at)
        if following is not None:
            next_ladder = Ladder(board, following.number)
            league = await self._seats.open(next_ladder)
            if league is not None:
                await self._seats.seat_waiting(next_ladder, league)
        return await self._step(ladder, progress, _later(progress.position, "settled"))

    async def _step(
        self, ladder: Ladder, progress: SettlementProgress, position: Position, results: Sequence[LeagueResult] = ()
    ) -> Position:
        await self._leagues.write_results(SettlementStep(ladder, progress, position), results)
        return position


def _later(position: Position, phase: str) -> Position:
    """Return the first position of a phase after `groups`, with the JSON members that verification reads."""
    return {"phase": phase} | {name: position[name] for name in ("at", "divisions", "merged")}


def final_groups(position: Position) -> Sequence[_Group]:
    """Return the groups of a period after the merges, in order."""
    sources = {(division, source) for division, source, _ in position["merged"]}
    return sorted(
        (division, number)
        for division, highest in ((int(text), counts[0]) for text, counts in position["divisions"].items())
        for number in range(1, highest + 1)
        if (division, number) not in sources
    )


def _results(league: League, group: _Group, members: Sequence[GroupMember]) -> Sequence[LeagueResult]:
    division, number = group
    return group_results(league, division, number, [member.finisher for member in members])


def _merges(league: League, groups: Mapping[int, Sequence[FilledGroup]]) -> Sequence[Sequence[int]]:
    """Return the merges of all divisions, each as division, source and target."""
    return [
        [division, source, target]
        for division, filled in sorted(groups.items())
        for source, target in sorted(merged_groups(filled, league.group_size).items())
    ]


async def members_by_group(
    leagues: LeagueStore, ladder: Ladder, position: Position, chunk: Sequence[_Group]
) -> Mapping[_Group, Sequence[GroupMember]]:
    """Return the members of final groups, with the members of the groups that are merged into them."""
    finals = {group: group for group in chunk}
    finals |= {(d, source): (d, target) for d, source, target in position["merged"] if (d, target) in finals}
    return grouped(
        [
            (finals[division, member.group], member)
            for division, numbers in grouped(finals).items()
            for member in await leagues.members(ladder, division, numbers)
        ]
    )
