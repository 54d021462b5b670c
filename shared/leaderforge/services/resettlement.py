"""Repeated settlement of periods whose results a moderator has changed."""

from collections.abc import Collection

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.timing import SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.ports.awards import ResettlementStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.cadence import Cadence

_EVERY_S = 5.0
"""Time between two searches of a process, in s."""
_MAX_PERIODS = 1_000
"""Maximum number of a board's latest periods that are settled again after a long outage."""


class ResettlementService:
    """Search for settled periods that moderators have changed. Only `part`, one part of the settlement, is done again.

    A moderator's change of standings leaves a note in the store, in the transaction of the change. An erasure requests
    the settlements itself, because it deletes the standings. Therefore nothing is lost if a process dies. Two processes
    that run concurrently settle a period twice, with the same result. If no board has rewards, the notes are not read.
    """

    def __init__(
        self, store: ScoreStore, periods: PeriodStore, resettlements: ResettlementStore, clock: Clock, *, part: str
    ) -> None:
        self._store = store
        self._periods = periods
        self._resettlements = resettlements
        self._clock = clock
        self._part = part
        self._cadence = Cadence(_EVERY_S)

    async def run_if_due(self) -> int:
        """Run at most every `_EVERY_S` seconds in this process. Return the number of reopened settlements."""
        return await self.run() if self._cadence.begin() else 0

    async def run(self) -> int:
        """Reopen the settlements of changed periods, which settlement then continues. Return the number of periods."""
        boards = {board.id: board for board in await self._store.boards() if board.rewards is not None}
        if not boards:
            return 0
        await self._review(boards.values())
        count = 0
        for (board_id, period), requested_at in (await self._resettlements.requests()).items():
            if board_id not in boards:
                await self._resettlements.end(board_id, period, requested_at)
            elif await self._resettlements.reopen(Ladder(boards[board_id], period), self._part, requested_at):
                count += 1
        return count

    async def _review(self, boards: Collection[Board]) -> None:
        """Request another settlement of each period in which a player was changed since the last search."""
        in_doubt, now = await self._store.in_doubt_since(), self._clock()
        until = (now if in_doubt is None else min(now, in_doubt)) - SETTLE_MS
        since = await self._resettlements.reviewed_until()
        if since is not None and since >= until:
            return
        if since is not None:
            await self._resettlements.request(await self._changed(boards, since, until), until)
        await self._resettlements.note_reviewed(until)

    async def _changed(self, boards: Collection[Board], since: int, until: int) -> Collection[tuple[int, int]]:
        if until - since > TOUCHES_KEPT_MS:
            # Some notes of changes since the last search may be deleted already. Therefore settle all periods again.
            periods = [ladder for board in boards for ladder in await self._periods.periods(board, _MAX_PERIODS)]
            return [(ladder.board.id, ladder.period) for ladder in (*map(Ladder, boards), *periods)]
        rewarded = {board.id for board in boards}
        changed = await self._resettlements.changed_between(since, until)
        return [(board_id, period) for board_id, period in changed if board_id in rewarded]
