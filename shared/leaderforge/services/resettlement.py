"""Repeated settlement of periods whose results a moderator has changed."""

from collections.abc import Collection, Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.timing import SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.ports.awards import ResettlementStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.services.cadence import Cadence

_EVERY_S = 5.0
"""Time between two searches of a process, in s."""
_MAX_PERIODS = 1_000
"""Maximum number of a board's latest periods that are settled again after a long outage."""


class ResettlementService:
    """Search for settled periods that moderators have changed. Only `part`, one part of the settlement, is done again.

    A moderator's change of standings leaves a note in the store, in the transaction of the change. An erasure requests
    the settlements itself, because it deletes the standings. Therefore nothing is lost if a process dies. Two processes
    that run concurrently settle a period twice, with the same result. The notes are not read before a board has rewards
    for the first time. Later, a period is settled again even if the board has other rewards by then, or none.
    """

    def __init__(
        self,
        store: ScoreStore,
        settlements: SettlementStore,
        resettlements: ResettlementStore,
        clock: Clock,
        *,
        part: str,
    ) -> None:
        self._store = store
        self._settlements = settlements
        self._resettlements = resettlements
        self._clock = clock
        self._part = part
        self._cadence = Cadence(_EVERY_S)

    async def run_if_due(self) -> int:
        """Run at most every `_EVERY_S` seconds in this process. Return the number of reopened settlements."""
        return await self.run() if self._cadence.begin() else 0

    async def run(self) -> int:
        """Reopen the settlements of changed periods, which settlement then continues. Return the number of periods."""
        boards = {board.id: board for board in await self._store.boards()}
        since = await self._resettlements.reviewed_until()
        if since is None and all(board.rewards is None for board in boards.values()):
            return 0
        await self._review(boards.values(), since)
        count = 0
        for (board_id, period), requested_at in (await self._resettlements.requests()).items():
            if board_id not in boards:
                await self._resettlements.end(board_id, period, requested_at)
            elif await self._resettlements.reopen(Ladder(boards[board_id], period), self._part, requested_at):
                count += 1
        return count

    async def _review(self, boards: Collection[Board], since: int | None) -> None:
        """Request another settlement of each period that was changed since the last search, which ended at `since`."""
        in_doubt, now = await self._store.in_doubt_since(), self._clock()
        until = (now if in_doubt is None else min(now, in_doubt)) - SETTLE_MS
        if since is not None and until <= since <= now:
            return
        if since is not None:
            await self._resettlements.request(await self._changed(boards, _begin(since, until), until), until)
        await self._resettlements.note_reviewed(until, since)

    async def _changed(self, boards: Collection[Board], since: int, until: int) -> Collection[tuple[int, int]]:
        if until - since <= TOUCHES_KEPT_MS:
            return await self._resettlements.changed_between(since, until)
        # Some notes of changes since the last search may be deleted already. Therefore settle all periods again.
        return [(board.id, period) for board in boards for period in await self._latest(board)]

    async def _latest(self, board: Board) -> Sequence[int]:
        """Return the numbers of the latest periods whose settlements have reached the part."""
        settlements = await self._settlements.settlements(board, ALL_TIME)
        return sorted(i for i, stored in settlements.items() if stored.progress.part == self._part)[-_MAX_PERIODS:]


def _begin(since: int, until: int) -> int:
    """Return the time (ms) at which a search up to `until` begins. The last search ended at `since`.

    If the clock of a process was ahead, the last search may have ended in the future, and missed later changes. Their
    notes are among those of the last day. If the clock was far ahead, its process may have deleted these notes. Then
    return 0.
    """
    if since <= until:
        return since
    return until - TOUCHES_KEPT_MS if since - until <= TOUCHES_KEPT_MS // 2 else 0
