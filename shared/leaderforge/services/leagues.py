"""Seats of players in the groups of leagues."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from uuid import uuid4

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.grouping import grouped
from leaderforge.domain.league import MIDDLE_BAND, Arrival, LastResult, League
from leaderforge.domain.periods import Period, number_of_start
from leaderforge.domain.settlement import SettledPeriods, Settlement, settles_at
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.services.cadence import Cadence

LEAGUE_PART = "league"
"""Name of the part of settlement that computes the movements of a league. It is the first part."""

_SEATS_A_BATCH = 500
"""Maximum number of players that one transaction seats. The limit keeps the lock on their division short."""
_CLOSED_S = 1.0
"""Time in s for which a process does not ask again whether the groups of a period may open."""
_SWEEP_EVERY_S = 60.0
"""Time between two searches for players without a seat, over all processes, in s."""
_OVERLAP_MS = 60_000 + 2 * SETTLE_MS
"""Overlap of consecutive searches in ms: an event may be committed some seconds after its recording time."""
_MAX_CACHED = 10_000
"""Size at which the caches of rules and of closed periods are emptied."""
_EARLIER_PERIODS = 100
"""Number of a board's latest earlier periods that must be settled before the groups of a period open."""


def league_periods(board: Board) -> SettledPeriods | None:
    """Return the periods of the board that are played as a league, None if it has none."""
    return None if board.league is None else SettledPeriods(board.league.period, board.league.since)


def has_final_results(settlement: Settlement | None, moment: int | None = None) -> bool:
    """Return whether the league's part of a settlement is done. It stays done while a later part is in progress.

    With a moment (ms), return whether the settlement was finished by then: the store has no times of the parts. A
    period that was settled again since the moment therefore counts as not settled.
    """
    if settlement is None or moment is None:
        return settlement is not None and (settlement.settled_at is not None or settlement.progress.part != LEAGUE_PART)
    return settlement.settled_at is not None and settlement.settled_at <= moment


def is_league_period(board: Board, period: Period) -> bool:
    """Return whether a period of the board is played as a league."""
    periods = league_periods(board)
    return periods is not None and periods.includes(board, period)


class SeatService:
    """Seats of players in groups, at their first counted submission in a period.

    A player takes a seat after the commit of the submission. If the process dies before this, or if the groups are not
    open yet, a later search or the settlement gives the seat. The groups of a period open when all earlier periods of
    the league are settled, because the division of a player depends on the player's last result.
    """

    def __init__(
        self,
        store: ScoreStore,
        periods: PeriodStore,
        settlements: SettlementStore,
        leagues: LeagueStore,
        leases: LeaseStore,
        clock: Clock,
        *,
        grace_ms: int,
    ) -> None:
        self._store = store
        self._periods = periods
        self._settlements = settlements
        self._leagues = leagues
        self._leases = leases
        self._clock = clock
        self._grace_ms = grace_ms
        self._rules: dict[tuple[int, int], League] = {}
        self._closed: dict[tuple[int, int], float] = {}
        self._cadence = Cadence(_SWEEP_EVERY_S)
        self._searched: dict[tuple[int, int], int] = {}

    async def take(self, submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]) -> None:
        """Seat the players with their first submissions in a period of a league. Never raises.

        A failure only delays the seats, until the next search for players without a seat.
        """
        for ladder, user_ids in _newcomers(submissions, outcomes).items():
            try:
                await self.seat(ladder, user_ids)
            except LeaderForgeError:
                continue

    async def take_changed(self, changed: Sequence[LadderStanding]) -> None:
        """Seat the teams whose standings in a period of a league have changed. Never raises. See `take`."""
        for ladder, standing in changed:
            board, calendar = ladder.board, ladder.board.calendar
            if standing.removed or not calendar.knows(ladder.period):
                continue
            if not is_league_period(board, calendar.numbered(ladder.period)):
                continue
            with suppress(LeaderForgeError):
                await self.seat(ladder, [standing.user_id])

    async def seat(self, ladder: Ladder, user_ids: Sequence[int]) -> League | None:
        """Seat these players in this order, except those with a seat. Return the rules, None if no groups are open yet.

        No player gets a seat after the settlement time of the period. The caller must know that the players have
        standings on the ladder. Raises `StoreUnavailable`.
        """
        league = await self.rules(ladder)
        if league is not None and not self._is_final(ladder):
            await self.seat_by(league, ladder, user_ids)
        return league

    async def seat_by(self, league: League, ladder: Ladder, user_ids: Sequence[int]) -> None:
        """Seat these players by the rules of an open period. Raises `StoreUnavailable`."""
        for batch in chunks(user_ids, _SEATS_A_BATCH):
            results = await self._leagues.last_results(ladder, batch)
            # One transaction per division: two locks in one transaction could deadlock.
            for division, arrivals in grouped(_arrival(league, i, results.get(i)) for i in batch).items():
                await self._leagues.seat(ladder, league, division, arrivals)

    async def rules(self, ladder: Ladder) -> League | None:
        """Return the rules of a period. Open its groups if they may open, else return None. Raises `StoreUnavailable`.

        The rules of a period never change. A change of the board takes effect with the next period that opens.
        """
        key = ladder.board.id, ladder.period
        if (league := self._rules.get(key)) is not None or monotonic() < self._closed.get(key, 0.0):
            return league
        league = await self._leagues.rules(ladder)
        if league is None and await self._may_open(ladder):
            return await self.open(ladder)
        return self._cached(ladder, league)

    async def open(self, ladder: Ladder) -> League | None:
        """Open the groups of a period with the present rules of the board, and return the period's rules.

        Groups open only in a period that is played as a league. Without groups, return None.
        """
        board = ladder.board
        if board.league is not None and is_league_period(board, board.calendar.numbered(ladder.period)):
            await self._leagues.open(ladder, board.league, self._clock())
        return self._cached(ladder, await self._leagues.rules(ladder))

    def _cached(self, ladder: Ladder, league: League | None) -> League | None:
        key = ladder.board.id, ladder.period
        if len(self._rules) + len(self._closed) > _MAX_CACHED:
            self._rules.clear()
            self._closed.clear()
        if league is None:
            self._closed[key] = monotonic() + _CLOSED_S
        else:
            self._rules[key] = league
        return league

    async def seat_waiting(self, ladder: Ladder, league: League, since: int = 0) -> int:
        """Seat all players of an open period who have a standing and no seat. Return the number of seated players."""
        waiting = await self._leagues.waiting(ladder, since)
        await self.seat_by(league, ladder, waiting)
        return len(waiting)

    async def search_if_due(self) -> int:
        """Seat the waiting players of all current periods, at most once a minute over all processes.

        Return the number of seated players. The first search of a process reads all players of the periods; later
        searches read only the players with new submissions.
        """
        if not self._cadence.begin():
            return 0
        # No process releases or renews this lease. It therefore admits one search a minute over all processes.
        if not await self._leases.lease("seats", uuid4().hex, _SWEEP_EVERY_S):
            return 0
        return await self.search()

    async def search(self) -> int:
        """Seat the waiting players of all current periods, and return their number."""
        count = 0
        for board in await self._store.boards():
            if (ladder := self.current(board)) is not None:
                count += await self._search(ladder)
        return count

    def current(self, board: Board) -> Ladder | None:
        """Return the ladder of the board's current league period, None if there is none."""
        period = board.calendar.of_kind(board.league.period, self._clock()) if board.league else None
        return None if period is None else Ladder(board, period.number)

    async def _search(self, ladder: Ladder) -> int:
        league = await self.rules(ladder)
        if league is None or self._is_final(ladder):
            return 0
        key, now = (ladder.board.id, ladder.period), self._clock()
        # Later searches find players by new submissions. A team has no submissions of its own, therefore search all
        # teams.
        since = 0 if ladder.board.team else max(0, self._searched.get(key, 0) - _OVERLAP_MS)
        count = await self.seat_waiting(ladder, league, since)
        self._searched[key] = now
        return count

    def _is_final(self, ladder: Ladder) -> bool:
        """Return whether the settlement time of a period has come. Settlement seats the players who wait until then."""
        at = settles_at(ladder.board, ladder.board.calendar.numbered(ladder.period), self._grace_ms)
        return at is not None and at <= self._clock()

    async def _may_open(self, ladder: Ladder) -> bool:
        """Return whether all earlier periods of the league are settled."""
        board = ladder.board
        period = board.calendar.numbered(ladder.period)
        if board.league is None or not is_league_period(board, period):
            return False
        previous = _previous(board, period)
        if previous is None or not is_league_period(board, previous):
            return True
        if not self._is_final(Ladder(board, previous.number)):
            return False
        first = number_of_start(max(0, board.league.since - _LONGEST_PERIOD_MS))
        stored = await self._periods.periods(board, _EARLIER_PERIODS, ladder.period)
        earlier = [p.period for p in stored if is_league_period(board, board.calendar.numbered(p.period))]
        settlements = await self._settlements.settlements(board, first)
        return all(has_final_results(settlements.get(number)) for number in earlier)


_LONGEST_PERIOD_MS = 366 * 86_400_000


def _arrival(league: League, user_id: int, last: LastResult | None) -> tuple[int, Arrival]:
    """Return the division in which a player arrives, and the arrival. Both follow from the player's last result."""
    if last is None:
        return league.index_of(None), Arrival(user_id, MIDDLE_BAND)
    return league.index_of(last.next_division), Arrival(user_id, last.band)


def _previous(board: Board, period: Period) -> Period | None:
    """Return the period of the same kind that ends where `period` starts."""
    return None if period.starts_at is None else board.calendar.of_kind(period.kind, period.starts_at - 1)


def _newcomers(
    submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]
) -> dict[Ladder, list[int]]:
    """Return, by ladder of a league, the players of a batch whose standings have submissions of this batch only.

    If no board has a league, the only cost is a look at the board of each submission.
    """
    newcomers: dict[Ladder, list[int]] = {}
    counts: Counter[tuple[int, int, int]] = Counter()
    for submission, outcome in zip(submissions, outcomes, strict=True):
        if submission.board.league is None or not isinstance(outcome, Recorded) or outcome.duplicate:
            continue
        user_id = submission.event.user_id
        for ladder, standing in zip(outcome.ladders, outcome.standings, strict=True):
            if is_league_period(ladder.board, ladder.board.calendar.numbered(ladder.period)):
                key = user_id, ladder.board.id, ladder.period
                counts[key] += 1
                # The standing in an outcome includes the whole batch. It is new if all its submissions are from the
                # batch.
                if standing.submissions <= counts[key]:
                    newcomers.setdefault(ladder, []).append(user_id)
    return newcomers
