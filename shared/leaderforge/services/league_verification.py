"""Verification of the results of leagues against the stored scores."""

from collections.abc import Collection, Mapping, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.league import (
    Finisher,
    GroupMember,
    League,
    LeagueResult,
    group_results,
    merged_groups,
)
from leaderforge.domain.settlement import Position, Settlement, SettlementFault
from leaderforge.domain.timing import CLOCK_DIFFERENCE_MS
from leaderforge.ports.leagues import LeagueStore
from leaderforge.services.league_settlement import final_groups, members_by_group

_GROUPS_A_CHUNK = 100


class LeagueVerification:
    """Comparison of the results of a settled period with the results that the stored scores yield.

    Groups in which a player was hidden, removed or erased after the settlement are not compared: their results depend
    on the scores at the time of the settlement. If earlier periods were removed, the division of a player is compared
    only if a stored earlier period has a result of the player.
    """

    def __init__(self, leagues: LeagueStore) -> None:
        self._leagues = leagues

    async def faults(self, ladder: Ladder, settlement: Settlement) -> Sequence[SettlementFault]:
        """Return all differences between the stored results of a settled period and its stored scores."""
        league = await self._leagues.rules(ladder)
        position = settlement.progress.position
        if league is None or "divisions" not in position:
            return [_fault(ladder, "the league has no rules or no groups")]
        faults: list[SettlementFault] = []
        if count := await self._leagues.unsettled(ladder):
            faults.append(_fault(ladder, f"{count:,} members have no result"))
        settled_us = (position["at"] - CLOCK_DIFFERENCE_MS) * 1000
        changed: set[int] = set()
        for chunk in chunks(final_groups(position), _GROUPS_A_CHUNK):
            members = await members_by_group(self._leagues, ladder, position, chunk)
            user_ids = [member.finisher.user_id for group in members.values() for member in group]
            stored = {result.user_id: result for result in await self._leagues.results(ladder, user_ids)}
            for division, number in chunk:
                group = members.get((division, number), ())
                if _is_unchanged(group, stored, settled_us):
                    faults += _differences(ladder, league, (division, number), group, stored)
                else:
                    changed.add(division)
            faults += await self._wrong_divisions(ladder, league, stored)
        return [*faults, *await self._wrong_merges(ladder, league, position, changed)]

    async def _wrong_divisions(
        self, ladder: Ladder, league: League, stored: Mapping[int, LeagueResult]
    ) -> Sequence[SettlementFault]:
        last = await self._leagues.last_results(ladder, stored)
        compared = stored if await self._has_first_period(ladder) else last
        divisions = {i: league.index_of(last[i].next_division if i in last else None) for i in compared}
        return [
            _fault(ladder, f"player {result.user_id} was not in the division of the player's last result")
            for result in stored.values()
            if result.division != divisions.get(result.user_id, result.division)
        ]

    async def _has_first_period(self, ladder: Ladder) -> bool:
        """Return whether the period in which the league began is stored.

        Retention removes the earliest period first.
        """
        board, first = ladder.board, await self._leagues.first_period(ladder.board)
        if first is None or board.league is None:
            return False
        return (board.calendar.numbered(first).starts_at or 0) <= board.league.since

    async def _wrong_merges(
        self, ladder: Ladder, league: League, position: Position, changed: Collection[int]
    ) -> Sequence[SettlementFault]:
        """Return a fault for each division with wrong merges, except divisions with changed or erased players."""
        faults = []
        for division, filled in (await self._leagues.filled_groups(ladder)).items():
            players = position["divisions"].get(str(division), [0, 0])[1]
            if division in changed or players != sum(group.players for group in filled):
                continue
            merged = {source: target for d, source, target in position["merged"] if d == division}
            if merged != merged_groups(filled, league.group_size):
                faults.append(_fault(ladder, f"the groups of {league.divisions[division]} were merged wrongly"))
        return faults


def _is_unchanged(group: Sequence[GroupMember], stored: Mapping[int, LeagueResult], settled_us: int) -> bool:
    """Return whether no member of the group changed or was erased after the settlement (us since 1970)."""
    if any(member.revision > settled_us for member in group):
        return False
    results = [stored[m.finisher.user_id] for m in group if m.finisher.user_id in stored]
    ranked = [result for result in results if result.rank is not None]
    return all(result.size == len(ranked) for result in ranked)


def _differences(
    ladder: Ladder,
    league: League,
    place: tuple[int, int],
    group: Sequence[GroupMember],
    stored: Mapping[int, LeagueResult],
) -> Sequence[SettlementFault]:
    division, number = place
    finishers: Sequence[Finisher] = [member.finisher for member in group]
    return [
        _fault(ladder, f"player {result.user_id} has another result than the scores of the group yield")
        for result in group_results(league, division, number, finishers)
        if stored.get(result.user_id, result) != result
    ]


def _fault(ladder: Ladder, text: str) -> SettlementFault:
    return SettlementFault(ladder.board.slug, ladder.period_name, text)
