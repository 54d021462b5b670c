"""Reads of leagues: a player's group, with ranks and movements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.league import DivisionRank, GroupZones, League, LeagueResult, MemberSeat, Movement
from leaderforge.domain.league_errors import LeagueNotFound
from leaderforge.domain.periods import Period
from leaderforge.domain.presence import required_first
from leaderforge.domain.settlement import ends_at
from leaderforge.ports.clock import Clock
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.services.entries import Entry, Lookup
from leaderforge.services.leagues import SeatService, has_final_results, is_league_period
from leaderforge.services.query import QueryService


class LeagueState(StrEnum):
    """State of a league period.

    `waiting`: the groups open when the previous period is settled. `open`: the period runs. `closing`: the period has
    ended, and is not settled yet. `settled`: the movements are final.
    """

    WAITING = "waiting"
    OPEN = "open"
    CLOSING = "closing"
    SETTLED = "settled"


class LeagueEntry(NamedTuple):
    """Entry of a group, with the rank on the board, and the rank and movement in the group.

    Before the settlement, the movement is the one that the player would get if the period ended now.
    """

    entry: Entry
    rank: int | None
    movement: Movement


NOWHERE = DivisionRank(None, 0)


@dataclass(frozen=True, slots=True)
class LeagueGroup:
    """Group of a player in a period, best entry first. The entries come from the read `lookup`.

    A player who waits for a seat has no group, and neither has an absent player. `next_division` is None for a player
    who left. From `ends_at` on, scores do not count in the period any more. `left_ms` is the time until then.
    """

    ladder: Ladder
    period: Period
    league: League
    state: LeagueState
    ends_at: int | None
    left_ms: int
    user_id: int
    lookup: Lookup
    division: int | None = None
    group: int | None = None
    entries: Sequence[LeagueEntry] = ()
    player_entry: LeagueEntry | None = None
    movement: Movement | None = None
    next_division: str | None = None
    division_rank: DivisionRank = NOWHERE

    @property
    def zones(self) -> GroupZones:
        """Return the numbers of players who are promoted and relegated."""
        ranked = sum(entry.rank is not None for entry in self.entries)
        return GroupZones(0, 0) if self.division is None else self.league.zones(self.division, ranked)


class _Results(NamedTuple):
    """Result of a player in a settled period, and the results of the player's group by player id."""

    player_result: LeagueResult
    group: Mapping[int, LeagueResult]


class LeagueQueryService:
    """Reads of a player's group. The store has the members, and the index has their scores and ranks."""

    def __init__(
        self, leagues: LeagueStore, settlements: SettlementStore, seats: SeatService, query: QueryService, clock: Clock
    ) -> None:
        self._leagues = leagues
        self._settlements = settlements
        self._seats = seats
        self._query = query
        self._clock = clock

    async def group(self, ladder: Ladder, user_id: int, viewer: Caller = ANONYMOUS) -> LeagueGroup:
        """Return the group of a player in a league period.

        At the moment of a ladder, results and groups of after the moment do not exist. The state and the time until the
        end of the period are of now, because the ends of periods are public.

        Raises `LeagueNotFound` if the period is not played as a league, and `NotRanked` if the player has neither an
        entry nor a result in the period.
        """
        period = ladder.board.calendar.numbered(ladder.period)
        if not is_league_period(ladder.board, period):
            raise LeagueNotFound.on(ladder.board.slug, period.name)
        if await self._is_settled(ladder, period):
            return await self._settled(ladder, period, user_id, viewer)
        return await self._unsettled(ladder, period, user_id, viewer)

    async def _is_settled(self, ladder: Ladder, period: Period) -> bool:
        if not self._is_over(ladder, period):
            return False
        settlements = await self._settlements.settlements(ladder.board, ladder.period)
        return has_final_results(settlements.get(ladder.period), ladder.at)

    async def _unsettled(self, ladder: Ladder, period: Period, user_id: int, viewer: Caller) -> LeagueGroup:
        league, seat = await self._seat(ladder, user_id, viewer)
        if league is None or seat is None:
            lookup = await self._own_lookup(ladder, user_id, viewer)
            rules = league or ladder.board.league
            assert rules is not None  # noqa: S101 - the caller has checked it
            return self._view(ladder, period, rules, LeagueState.WAITING, user_id, lookup)
        members = await self._leagues.members(ladder, seat.division, [seat.group])
        lookup = await self._query.lookup(ladder, [m.finisher.user_id for m in members], viewer)
        entries = _current_entries(league, seat.division, lookup, viewer)
        player_entry = _entry_of(user_id, entries)
        if player_entry is None:
            raise NotRanked.on(ladder.board.slug, user_id)
        state = LeagueState.CLOSING if self._is_over(ladder, period) else LeagueState.OPEN
        return replace(
            self._view(ladder, period, league, state, user_id, lookup),
            division=seat.division,
            group=seat.group,
            entries=entries,
            player_entry=player_entry,
            movement=player_entry.movement,
            next_division=league.reached(seat.division, player_entry.movement),
            division_rank=await self._leagues.division_rank(ladder, seat.division, user_id),
        )

    async def _settled(self, ladder: Ladder, period: Period, user_id: int, viewer: Caller) -> LeagueGroup:
        league = await self._seats.rules(ladder)
        results = await self._results(ladder, user_id)
        assert league is not None  # noqa: S101 - a settled period has rules
        lookup = await self._query.lookup(ladder, list(results.group), viewer)
        entries = _final_entries(lookup, results.group)
        player_entry = _entry_of(user_id, entries)
        if player_entry is None and results.player_result.group is not None:
            # The entry was hidden or removed since the settlement.
            raise NotRanked.on(ladder.board.slug, user_id)
        return replace(
            self._view(ladder, period, league, LeagueState.SETTLED, user_id, lookup),
            division=results.player_result.division,
            group=results.player_result.group,
            entries=entries if player_entry else (),
            player_entry=player_entry,
            movement=results.player_result.movement,
            next_division=results.player_result.next_division,
            division_rank=await self._leagues.division_rank(ladder, results.player_result.division, user_id),
        )

    async def _results(self, ladder: Ladder, user_id: int) -> _Results:
        results = await self._leagues.results(ladder, [user_id])
        result = required_first(results, NotRanked.on(ladder.board.slug, user_id))
        if result.group is None:
            return _Results(result, {user_id: result})
        group = await self._leagues.group_results(ladder, result.division, result.group)
        return _Results(result, {member.user_id: member for member in group})

    async def _seat(self, ladder: Ladder, user_id: int, viewer: Caller) -> tuple[League | None, MemberSeat | None]:
        """Return the rules and the player's seat. Give a missing seat now: the submission's process may have died.

        A read at a moment gives no seat, because the period may be settled since.
        """
        league = await self._seats.rules(ladder)
        if league is None or not await self._are_groups_open(ladder):
            return None, None
        seat = await self._leagues.seat_of(ladder, user_id)
        if seat is None and ladder.at is None:
            await self._own_lookup(ladder, user_id, viewer)
            await self._seats.seat_by(league, ladder, [user_id])
            seat = await self._leagues.seat_of(ladder, user_id)
        return league, seat

    async def _are_groups_open(self, ladder: Ladder) -> bool:
        """Return whether the groups of a period with rules are open, or were open at the moment of the ladder."""
        if ladder.at is None:
            return True
        opened_at = await self._leagues.opened_at(ladder)
        return opened_at is not None and opened_at <= ladder.at

    async def _own_lookup(self, ladder: Ladder, user_id: int, viewer: Caller) -> Lookup:
        """Return the player's entry. Raises `NotRanked` if there is none."""
        lookup = await self._query.lookup(ladder, [user_id], viewer)
        if not lookup.entries:
            raise NotRanked.on(ladder.board.slug, user_id)
        return lookup

    def _is_over(self, ladder: Ladder, period: Period) -> bool:
        end = ends_at(ladder.board, period)
        return end is not None and end <= self._clock()

    def _view(
        self, ladder: Ladder, period: Period, league: League, state: LeagueState, user_id: int, lookup: Lookup
    ) -> LeagueGroup:
        """Return the view of a player without the values that depend on a group."""
        end = ends_at(ladder.board, period)
        left_ms = 0 if end is None else max(0, end - self._clock())
        return LeagueGroup(ladder, period, league, state, end, left_ms, user_id, lookup)


def _entry_of(user_id: int, entries: Sequence[LeagueEntry]) -> LeagueEntry | None:
    """Return the entry of a player, None if it is not among `entries`."""
    return next((entry for entry in entries if entry.entry.user_id == user_id), None)


def _current_entries(league: League, division: int, lookup: Lookup, viewer: Caller) -> Sequence[LeagueEntry]:
    """Return the entries of a group, with the movements that the players would get if the period ended now.

    Hidden entries have no rank in the console. To their own players, hidden entries look like visible entries.
    """
    entries = [entry for entry, _ in lookup.entries]
    unranked = {entry.user_id for entry in entries if entry.hidden and viewer.views_console}
    ranked = len(entries) - len(unranked)
    zones = league.zones(division, ranked)
    league_entries: list[LeagueEntry] = []
    rank = 0
    for entry in entries:
        if entry.user_id in unranked:
            league_entries.append(LeagueEntry(entry, None, Movement.STAYED))
        else:
            rank += 1
            league_entries.append(LeagueEntry(entry, rank, zones.movement(rank, ranked)))
    return league_entries


def _final_entries(lookup: Lookup, results: Mapping[int, LeagueResult]) -> Sequence[LeagueEntry]:
    """Return the entries of a settled group in the order of the final ranks, hidden entries last."""
    entries = [
        LeagueEntry(entry, results[entry.user_id].rank, results[entry.user_id].movement) for entry, _ in lookup.entries
    ]
    return sorted(entries, key=lambda e: (e.rank is None, e.rank or 0))
