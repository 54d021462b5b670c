"""The periods of boards: which there are, and which there were."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board
from leaderforge.domain.periods import Period
from leaderforge.ports import Clock, PeriodStore


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """A period of a board. `final`: nothing that comes late counts in it any more. `indexed`: the index has it."""

    period: Period
    current: bool
    final: bool
    indexed: bool


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """Periods of a board; `next` is the name of the last of them if there are more, else None."""

    periods: Sequence[ListedPeriod]
    next: str | None


class PeriodService:
    """Lists periods. Those that late submissions still count in ended less than `grace_ms` ago."""

    def __init__(self, store: PeriodStore, clock: Clock, *, grace_ms: int) -> None:
        self._store = store
        self._clock = clock
        self._grace_ms = grace_ms

    async def listing(self, board: Board, limit: int, before: int | None = None) -> PeriodPage:
        """Return the current periods, in the order of the board's kinds, and up to `limit` past ones, the latest first.

        With `before`, the number of a period, return past ones below it only.
        """
        now = self._clock()
        current = board.calendar.at(now)
        numbers = {period.number for period in current}
        found = await self._store.periods(board, limit + len(numbers) + 1, before)
        past = [ladder for ladder in found if ladder.period not in numbers]
        shown = (
            [] if before is not None else [ListedPeriod(p, current=True, final=False, indexed=True) for p in current]
        )
        for ladder in past[:limit]:
            period = board.calendar.numbered(ladder.period)
            final = period.ends_at is None or period.ends_at + self._grace_ms <= now
            shown.append(ListedPeriod(period, current=False, final=final, indexed=ladder.indexed))
        return PeriodPage(shown, shown[-1].period.name if len(past) > limit else None)
