"""Current and past periods of boards."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board
from leaderforge.domain.periods import Period
from leaderforge.ports.clock import Clock
from leaderforge.ports.periods import PeriodStore


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """Period of a board.

    `final` is true if the period accepts no late submissions any more, `indexed` if the index contains the period.
    """

    period: Period
    current: bool
    final: bool
    indexed: bool


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """Periods of a board. `next` is the name of the last listed period if there are more, else None."""

    periods: Sequence[ListedPeriod]
    next: str | None


class PeriodService:
    """Lists of periods. A period accepts late submissions for `grace_ms` after its end."""

    def __init__(self, store: PeriodStore, clock: Clock, *, grace_ms: int) -> None:
        self._store = store
        self._clock = clock
        self._grace_ms = grace_ms

    async def listing(self, board: Board, limit: int, before: int | None = None) -> PeriodPage:
        """Return the current periods, in the board's order, then up to `limit` past periods, latest first.

        `before` is the number of a period: with it, return only past periods with lower numbers.
        """
        now = self._clock()
        current = board.calendar.at(now)
        numbers = {period.number for period in current}
        # The store also lists current periods. Raise the limit by their number, and by 1 to detect a next page.
        stored = await self._store.periods(board, limit + len(numbers) + 1, before)
        past = [ladder for ladder in stored if ladder.period not in numbers]
        entries = (
            [] if before is not None else [ListedPeriod(p, current=True, final=False, indexed=True) for p in current]
        )
        for ladder in past[:limit]:
            period = board.calendar.numbered(ladder.period)
            final = period.ends_at is None or period.ends_at + self._grace_ms <= now
            entries.append(ListedPeriod(period, current=False, final=final, indexed=ladder.indexed))
        return PeriodPage(entries, entries[-1].period.name if len(past) > limit else None)
