"""In-memory leagues."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.league import (
    Arrival,
    DivisionRank,
    DivisionSeats,
    FilledGroup,
    Finisher,
    GroupMember,
    LastResult,
    League,
    LeagueResult,
    MemberSeat,
    Seat,
    take_seat,
)
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.moments import revision_at
from leaderforge.domain.order import ranked_score
from leaderforge.domain.settlement import SettlementStep
from leaderforge.domain.standings import Standing


class MemoryLeagueStore:
    """`LeagueStore` in dicts, over the in-memory scores and settlements. Erased players have no seat and no result."""

    def __init__(self, scores: MemoryScoreStore, settlements: MemorySettlementStore) -> None:
        self._scores = scores
        self._settlements = settlements
        self._rules: dict[LadderKey, League] = {}
        self._opened_at: dict[LadderKey, int] = {}
        self._divisions: defaultdict[tuple[LadderKey, int], DivisionSeats] = defaultdict(DivisionSeats)
        self._members: defaultdict[LadderKey, dict[int, tuple[int, Seat]]] = defaultdict(dict)
        self._results: defaultdict[LadderKey, dict[int, LeagueResult]] = defaultdict(dict)
        scores.on_period_removal.append(self._forget)

    async def rules(self, ladder: Ladder) -> League | None:
        return self._rules.get(place_of(ladder))

    async def open(self, ladder: Ladder, league: League, at: int) -> None:
        self._rules.setdefault(place_of(ladder), league)
        self._opened_at.setdefault(place_of(ladder), at)

    async def opened_at(self, ladder: Ladder) -> int | None:
        return self._opened_at.get(place_of(ladder))

    async def last_results(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, LastResult]:
        latest = self._latest(ladder)
        return {user_id: latest[user_id] for user_id in user_ids if user_id in latest}

    async def seat(self, ladder: Ladder, league: League, division: int, arrivals: Sequence[Arrival]) -> None:
        key = place_of(ladder), division
        members = self._members[place_of(ladder)]
        for arrival in arrivals:
            if arrival.user_id not in members and self._scores.has_player(arrival.user_id):
                self._divisions[key], seat = take_seat(league, self._divisions[key], arrival.band)
                members[arrival.user_id] = division, seat

    async def waiting(self, ladder: Ladder, since: int = 0) -> Sequence[int]:
        recent = {s.event.user_id for s, _ in self._scores.recorded_between(since, None)}
        members = self._members[place_of(ladder)]
        standings = [s for s in self._standings(ladder).values() if s.submissions and s.user_id not in members]
        standings.sort(key=lambda s: (s.achieved_at, s.user_id))
        return [s.user_id for s in standings if not since or s.user_id in recent]

    async def filled_groups(self, ladder: Ladder) -> Mapping[int, Sequence[FilledGroup]]:
        standings = self._standings(ladder)
        groups: defaultdict[int, dict[int, FilledGroup]] = defaultdict(dict)
        for user_id, (division, seat) in self._seated(ladder):
            group = groups[division].setdefault(seat.group, FilledGroup(seat.group, 0, 0))
            group.players += _has_entry(ladder, standings.get(user_id))
            group.last_seat = max(group.last_seat, seat.number)
        return {division: list(by_number.values()) for division, by_number in groups.items()}

    async def members(self, ladder: Ladder, division: int, groups: Collection[int]) -> Sequence[GroupMember]:
        standings = self._standings(ladder)
        return [
            _member(ladder, seat.group, user_id, standings.get(user_id))
            for user_id, (member_division, seat) in self._seated(ladder)
            if member_division == division and seat.group in groups
        ]

    async def absent(self, ladder: Ladder, after: int, limit: int) -> Sequence[LastResult]:
        results = self._results[place_of(ladder)]
        latest = [result for _, result in sorted(self._latest(ladder).items())]
        return [r for r in latest if r.user_id > after and r.next_division and r.user_id not in results][:limit]

    async def write_results(self, step: SettlementStep, results: Sequence[LeagueResult]) -> None:
        self._settlements.make_step(step)
        self._results[place_of(step.ladder)].update({result.user_id: result for result in results})

    async def results(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[LeagueResult]:
        return [result for result in self._results_of(ladder) if result.user_id in user_ids]

    async def first_period(self, board: Board) -> int | None:
        return min((period for board_id, period in self._rules if board_id == board.id), default=None)

    async def unsettled(self, ladder: Ladder) -> int:
        return sum(user_id not in self._results[place_of(ladder)] for user_id, _ in self._seated(ladder))

    async def group_results(self, ladder: Ladder, division: int, group: int) -> Sequence[LeagueResult]:
        results = [r for r in self._results_of(ladder) if (r.division, r.group) == (division, group)]
        return sorted(results, key=lambda r: (r.rank is None, r.rank or 0, r.user_id))

    async def seat_of(self, ladder: Ladder, user_id: int) -> MemberSeat | None:
        member = self._members[place_of(ladder)].get(user_id)
        return None if member is None else MemberSeat(member[0], member[1].group)

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, LeaguePlace]]:
        if not self._scores.has_player(user_id):
            return []
        places: dict[LadderKey, LeaguePlace] = {}
        for key, members in self._members.items():
            if user_id in members:
                division, seat = members[user_id]
                places[key] = LeaguePlace(division, seat.group)
        for key, results in self._results.items():
            if user_id in results:
                result = results[user_id]
                places[key] = LeaguePlace(result.division, result.group, result.rank, result.movement)
        return [(Ladder(boards[key[0]], key[1]), place) for key, place in sorted(places.items()) if key[0] in boards]

    async def division_rank(self, ladder: Ladder, division: int, user_id: int) -> DivisionRank:
        standings = self._standings(ladder) if ladder.at is None else self._standings_at(ladder, ladder.at)
        keys = [
            member.finisher.key
            for user, (member_division, seat) in self._seated(ladder)
            if member_division == division
            for member in [_member(ladder, seat.group, user, standings.get(user))]
            if member.finisher.key is not None and not member.finisher.is_hidden
        ]
        place = _member(ladder, 0, user_id, standings.get(user_id)).finisher.key
        rank = None if place is None else 1 + sum(key < place for key in keys)
        return DivisionRank(rank, len(keys))

    def _forget(self, ladder: Ladder) -> None:
        for stored in (self._rules, self._opened_at, self._members, self._results):
            stored.pop(place_of(ladder), None)
        for key in [key for key in self._divisions if key[0] == place_of(ladder)]:
            del self._divisions[key]
        self._settlements.forget(ladder)

    def _standings(self, ladder: Ladder) -> Mapping[int, Standing]:
        return self._scores.standings_by_player(ladder)

    def _standings_at(self, ladder: Ladder, moment: int) -> Mapping[int, Standing]:
        return {s.user_id: s for s in self._scores.past_standings(ladder, revision_at(moment))}

    def _seated(self, ladder: Ladder) -> Iterable[tuple[int, tuple[int, Seat]]]:
        members = self._members[place_of(ladder)].items()
        return [(user_id, member) for user_id, member in members if self._scores.has_player(user_id)]

    def _results_of(self, ladder: Ladder) -> Sequence[LeagueResult]:
        results = self._results[place_of(ladder)].values()
        return [result for result in results if self._scores.has_player(result.user_id)]

    def _latest(self, ladder: Ladder) -> Mapping[int, LastResult]:
        latest: dict[int, LastResult] = {}
        for (board_id, period), results in sorted(self._results.items()):
            if board_id == ladder.board.id and period < ladder.period:
                for user_id, r in results.items():
                    if self._scores.has_player(user_id):
                        latest[user_id] = LastResult(user_id, r.rank, r.size, r.movement, r.next_division)
        return latest


def _has_entry(ladder: Ladder, standing: Standing | None) -> bool:
    return standing is not None and standing.submissions >= max(1, ladder.board.min_submissions)


def _member(ladder: Ladder, group: int, user_id: int, standing: Standing | None) -> GroupMember:
    key = None
    if standing is not None and _has_entry(ladder, standing):
        board = ladder.board
        subranked = ranked_score(board.subscore_order or Order.ASC, standing.subscore)
        key = ranked_score(board.order, standing.score), subranked, standing.achieved_at, user_id
    is_hidden = key is not None and standing is not None and standing.hidden != 0
    return GroupMember(group, Finisher(user_id, key, is_hidden), standing.revision if standing else 0)
