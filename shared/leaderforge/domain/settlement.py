"""Settlement: computation of the final results of a period, once, after its end and its grace."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NewNotice
from leaderforge.domain.periods import Period, PeriodKind
from leaderforge.domain.timing import LAST_COUNT_MS
from leaderforge.domain.tournaments import Occurrence, occurrence_in

Position: TypeAlias = Mapping[str, Any]
"""Position that a part of a settlement has reached, as a JSON object. Each part defines its own JSON members."""


EARLIER = "earlier"
"""JSON member of a `Position`. It has the final positions of the earlier parts of the settlement, by name."""


class SettlementOvertaken(LeaderForgeError):
    """Error for a step of a settlement that another process has already made."""

    code = "settlement_overtaken"


class SettlementProgress(NamedTuple):
    """Progress of a settlement: the name of the part in progress, and the position within it.

    The JSON member `EARLIER` of the position has the final positions of earlier parts, by name. Each part must keep
    this member.
    """

    part: str
    position: Position

    @property
    def earlier(self) -> Position:
        """Return the final position of each earlier part of the settlement, by the name of the part."""
        positions: Position = self.position.get(EARLIER, {})
        return positions

    def followed_by(self, part: str) -> "SettlementProgress":
        """Return the progress at the start of the next part."""
        position = {name: value for name, value in self.position.items() if name != EARLIER}
        return SettlementProgress(part, {EARLIER: {**self.earlier, self.part: position}})


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settlement of a period. `settled_at` (ms) is None until all parts are done.

    `revision` is 1 at first, and grows each time that the settled period is settled again.
    """

    progress: SettlementProgress
    settled_at: int | None = None
    revision: int = 1

    def of_part(self, part: str) -> "Settlement":
        """Return the settlement as if `part` were in progress, at the position that this part has reached."""
        if part == self.progress.part:
            return self
        return replace(self, progress=SettlementProgress(part, self.progress.earlier.get(part, {})))


class SettlementStep(NamedTuple):
    """Step of a settlement. Its transaction writes the results of one chunk and moves the progress.

    The transaction fails with `SettlementOvertaken` if the stored progress is not `before`. Each chunk is therefore
    written once, even if two processes settle a period concurrently.
    """

    ladder: Ladder
    before: SettlementProgress
    position: Position

    @property
    def after(self) -> SettlementProgress:
        """Return the progress after this step, within the same part."""
        return SettlementProgress(self.before.part, self.position)


@dataclass(frozen=True, slots=True)
class SettledPeriods:
    """Periods of a board that have a settlement: all periods of `kind` that end after `since` (ms)."""

    kind: PeriodKind
    since: int

    def includes(self, board: Board, period: Period) -> bool:
        """Return whether this includes a period of the board."""
        end = ends_at(board, period)
        return period.kind is self.kind and end is not None and end > self.since


class SettlementFault(NamedTuple):
    """Difference between the stored results of a period and the results that the stored scores yield."""

    board: str
    period: str
    text: str


def ends_at(board: Board, period: Period) -> int | None:
    """Return the time (ms) from which on scores do not count in a period any more, None if it never ends."""
    occurrence = _occurrence(board, period)
    return period.ends_at if occurrence is None else occurrence.ends_at


def settles_at(board: Board, period: Period, grace_ms: int) -> int | None:
    """Return the first time (ms) at which a period can be settled, None if the period never ends.

    By then, the last submission that counts in the period is committed.
    """
    occurrence = _occurrence(board, period)
    if occurrence is not None:
        return occurrence.settled_at
    return None if period.ends_at is None else period.ends_at + grace_ms + LAST_COUNT_MS


def _occurrence(board: Board, period: Period) -> Occurrence | None:
    """Return the occurrence of the board's tournament that the period ranks, None without an occurrence."""
    return None if board.tournament is None else occurrence_in(board.tournament, board.calendar, period.number)


def settlement_notice(ladder: Ladder, at: int) -> NewNotice:
    """Return the notice about a period that was settled at `at` (ms)."""
    return NewNotice(ladder.board, NoticeType.PERIOD_SETTLED, at, {}, period=ladder.period)
