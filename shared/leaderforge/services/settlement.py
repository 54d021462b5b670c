"""Settlement of periods, part by part, behind a lease."""

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.periods import ALL_TIME, number_of_start
from leaderforge.domain.settlement import (
    Settlement,
    SettlementFault,
    SettlementOvertaken,
    SettlementProgress,
    settles_at,
)
from leaderforge.ports.clock import Clock
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.settlement import SettlementPart, SettlementStore
from leaderforge.ports.teams import TeamScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.cadence import Cadence
from leaderforge.services.leases import Lease

_EVERY_S = 5.0
"""Time between two searches of a process for periods to settle, in s."""
_MAX_PERIODS = 1_000
"""Number of a board's latest periods that a search for unsettled periods reads."""
_LONGEST_PERIOD_MS = 366 * 86_400_000
"""Upper bound, in ms, of a period's length. It bounds the search for periods that end after a given time."""


class SettlementService:
    """Settlement of each period, once, after its end, its grace and the commit of its last submission.

    The parts of a period run in order. Each part writes its results in chunks. One transaction writes a chunk and the
    progress. A killed process therefore loses at most one chunk, and any other process continues. The lease prevents
    double work. The progress prevents double results, even if two processes settle the same period. The periods of a
    board are settled in order. A settlement that has begun is finished, even if the settings of the board change
    meanwhile.

    A period waits for the end of a backfill that adds scores to it. A period of a team board also waits until a sweep
    of the team scores (`TeamScores`) has reached the time of its settlement.
    """

    def __init__(
        self,
        store: ScoreStore,
        periods: PeriodStore,
        settlements: SettlementStore,
        parts: Sequence[SettlementPart],
        leases: LeaseStore,
        clock: Clock,
        telemetry: Telemetry,
        *,
        grace_ms: int,
        team_scores: TeamScoreStore | None = None,
    ) -> None:
        self._store = store
        self._periods = periods
        self._settlements = settlements
        self._parts = parts
        self._clock = clock
        self._telemetry = telemetry
        self._grace_ms = grace_ms
        self._team_scores = team_scores
        self._lease = Lease(leases, "settlement")
        self._cadence = Cadence(_EVERY_S)

    async def run_if_due(self) -> int:
        """Run at most every `_EVERY_S` seconds in this process. Return the number of settled periods."""
        return await self.run() if self._cadence.begin() else 0

    async def run(self) -> int:
        """Settle all due periods. Return the number of settled periods, 0 if another process holds the lease.

        Nothing is settled while a transaction is in doubt.

        A failure on one board does not stop the settlement of other boards. Raises the first error at the end.
        """
        due = await self.due()
        # Wait while a submission is in doubt, because it may still be committed, and must then count in the settlement.
        if not due or await self._store.in_doubt_since() is not None or not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            return await self._settle_boards(due)

    async def _settle_boards(self, due: Sequence[Sequence[Ladder]]) -> int:
        count = 0
        errors: list[LeaderForgeError] = []
        for ladders in due:
            try:
                count += await self._settle_board(ladders)
            except LeaderForgeError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return count

    async def due(self) -> Sequence[Sequence[Ladder]]:
        """Return the ladders of the periods that are due and not settled, by board, the earliest first."""
        unfinished = await self._settlements.unfinished()
        boards = await self._store.boards()
        return [ladders for board in boards if (ladders := await self._due_on(board, unfinished.get(board.id, ())))]

    async def awaited(self, board: Board) -> Collection[int]:
        """Return the numbers of the board's stored periods that have no final results yet, due or not."""
        ladders = await self._ladders(board)
        settlements = await self._stored(board) if ladders else {}
        return {ladder.period for ladder in ladders if not _is_settled(settlements.get(ladder.period))}

    async def faults(self) -> Sequence[SettlementFault]:
        """Return the differences between the stored results of all settled periods and the stored scores."""
        faults: list[SettlementFault] = []
        for board in await self._store.boards():
            settlements = await self._stored(board)
            for ladder in await self._ladders(board):
                settlement = settlements.get(ladder.period)
                if settlement is not None and settlement.settled_at is not None:
                    for part in self._parts_of(ladder):
                        faults += await part.faults(ladder, settlement.of_part(part.name))
        return faults

    async def _settle_board(self, ladders: Sequence[Ladder]) -> int:
        """Settle these periods in order. Stop if another process settles them. Return the number of settled periods."""
        for count, ladder in enumerate(ladders):
            try:
                await self._settle(ladder)
            except SettlementOvertaken:
                return count
            self._telemetry.count("periods_settled")
        return len(ladders)

    async def _settle(self, ladder: Ladder) -> None:
        if parts := self._parts_of(ladder):
            await self._settlements.begin(ladder, SettlementProgress(parts[0].name, {}))
        stored = (await self._settlements.settlements(ladder.board, ladder.period)).get(ladder.period)
        if stored is None:
            raise SettlementOvertaken("another process has removed this settlement")
        progress = stored.progress
        for part in self._remaining_parts(ladder, progress):
            progress = await self._settle_part(ladder, part, progress)
        await self._settlements.finish(ladder, progress, self._clock())

    def _remaining_parts(self, ladder: Ladder, progress: SettlementProgress) -> Sequence[SettlementPart]:
        """Return the parts from the part in progress on. If this version does not know that part, return all others.

        The part in progress may have been switched off meanwhile. Parts that are done are left out.
        """
        names = [part.name for part in self._parts]
        first = names.index(progress.part) if progress.part in names else 0
        settling = [part for part in self._parts[first:] if part.name == progress.part or _settles(part, ladder)]
        return [part for part in settling if part.name not in progress.earlier]

    async def _settle_part(
        self, ladder: Ladder, part: SettlementPart, progress: SettlementProgress
    ) -> SettlementProgress:
        """Begin or continue a part of the settlement. Return the progress at its end."""
        if part.name != progress.part:
            begun = progress.followed_by(part.name)
            await self._settlements.move(ladder, progress, begun)
            progress = begun
        while (position := await part.settle_chunk(ladder, progress)) is not None:
            progress = SettlementProgress(part.name, position)
        return progress

    async def _due_on(self, board: Board, unfinished: Collection[int]) -> Sequence[Ladder]:
        """Return the ladders of the board's periods that are due and not settled, the earliest first.

        `unfinished` has the numbers of the periods whose settlements are in progress.
        """
        ladders = await self._ladders(board, unfinished)
        until = await self._complete_until(board) if ladders else 0
        ladders = [ladder for ladder in ladders if self._settles_by(ladder, until)]
        if not ladders:
            return ()
        settlements = await self._stored(board)
        unsettled = [ladder for ladder in ladders if not _is_settled(settlements.get(ladder.period))]
        # The scores that a backfill adds must count. Later periods wait too, because the periods are settled in order.
        return list(takewhile(lambda ladder: not ladder.incomplete, unsettled))

    async def _ladders(self, board: Board, unfinished: Collection[int] = ()) -> Sequence[Ladder]:
        """Return the ladders of the board's periods that at least one part settles, the earliest first.

        Add the unexpired ones of the periods with the numbers `unfinished`.
        """
        stored = () if self._since(board) is None else await self._periods.periods(board, _MAX_PERIODS)
        # The period of all time is not stored. Only a tournament gives it an end, and therefore a settlement.
        latest = {ladder.period: ladder for ladder in (Ladder(board), *stored)}
        settled = [ladder for number, ladder in latest.items() if number in unfinished or self._parts_of(ladder)]
        others = [Ladder(board, number) for number in unfinished if number not in latest]
        found = await self._store.find_ladders(others) if others else ()
        return sorted((*settled, *found), key=lambda ladder: ladder.period)

    async def _stored(self, board: Board) -> Mapping[int, Settlement]:
        since = self._since(board)
        first = 0 if since is None else number_of_start(max(0, since - _LONGEST_PERIOD_MS))
        if self._parts_of(Ladder(board)):
            first = ALL_TIME
        return {} if since is None else await self._settlements.settlements(board, first)

    def _since(self, board: Board) -> int | None:
        """Return the earliest time (ms) since which a part settles the board's periods, None if no part does."""
        return min((periods.since for part in self._parts if (periods := part.periods(board))), default=None)

    def _parts_of(self, ladder: Ladder) -> Sequence[SettlementPart]:
        return [part for part in self._parts if _settles(part, ladder)]

    async def _complete_until(self, board: Board) -> int:
        """Return the time (ms) up to which the board's scores are complete."""
        now = self._clock()
        if board.team is None or self._team_scores is None:
            return now
        reached = await self._team_scores.reached(board)
        return 0 if reached is None else min(now, reached)

    def _settles_by(self, ladder: Ladder, time: int) -> bool:
        """Return whether the ladder's period can be settled at a time (ms)."""
        at = settles_at(ladder.board, ladder.board.calendar.numbered(ladder.period), self._grace_ms)
        return at is not None and at <= time


def _settles(part: SettlementPart, ladder: Ladder) -> bool:
    board = ladder.board
    periods = part.periods(board)
    return periods is not None and periods.includes(board, board.calendar.numbered(ladder.period))


def _is_settled(settlement: Settlement | None) -> bool:
    return settlement is not None and settlement.settled_at is not None
