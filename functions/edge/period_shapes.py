"""The wire shapes of calls about periods and history."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from functions.edge.inputs import FROM_TEXT, NAME_OF_PERIOD
from functions.edge.models import QueryIn, StrictOut
from functions.edge.outputs import Count, Integer, Percentage, Period, Rank, Time
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import PeriodNotFound
from leaderforge.domain.periods import Kind, number_of_name

HistoryCursor = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}_[0-9a-f]{32}$")]
PeriodName = Annotated[str, Field(pattern=f"^{NAME_OF_PERIOD}$")]


class PeriodsQuery(QueryIn):
    limit: Annotated[int, Field(ge=1, le=1000, description="How many past periods at most."), FROM_TEXT] = 100
    before: PeriodName | SkipJsonSchema[None] = Field(
        None, description="A page's `next`: only past periods that come after it in the list."
    )

    def number_before(self, board: Board) -> int | None:
        """Return the number of the period to go on from. Raises `PeriodNotFound`."""
        number = None if self.before is None else number_of_name(board.calendar, self.before)
        if self.before is not None and number is None:
            raise PeriodNotFound(f"there is no period {self.before!r}", board=board.slug, period=self.before)
        return number


class HistoryQuery(QueryIn):
    limit: Annotated[int, Field(ge=1, le=1000, description="How many submissions at most."), FROM_TEXT] = 100
    periods: Annotated[int, Field(ge=0, le=50, description="How many past periods at most."), FROM_TEXT] = 10
    cursor: HistoryCursor | SkipJsonSchema[None] = Field(None, description="A history's `previous`.")

    @property
    def before(self) -> tuple[int, UUID] | None:
        """The time and id to go back from."""
        if self.cursor is None:
            return None
        at, _, submission_id = self.cursor.rpartition("_")
        return int(at), UUID(submission_id)


class PeriodOut(StrictOut):
    """A period and its bounds."""

    period: Period
    kind: Kind
    starts_at: Time | None = Field(description="Its first moment; null if it has always been.")
    ends_at: Time | None = Field(description="The first moment after it; null if it has no end.")
    current: bool
    final: bool = Field(description="Whether nothing that comes late counts in it any more.")
    indexed: bool = Field(description="Whether reads come from the index; else from the database, as exact.")


class PeriodsOut(StrictOut):
    """Periods of a board: the current ones, then past ones, the latest first."""

    board: str = Field(examples=["default"])
    periods: list[PeriodOut]
    next: str | None = Field(description="What to send as `before` for those that follow; null at the end.")


class PointOut(StrictOut):
    """A submission, and what it and those of earlier times amount to."""

    at: Time = Field(description="When the score was received.")
    submission_id: UUID
    submitted: Integer = Field(description="The score that was submitted.")
    score: Integer = Field(description="The player's score with it.")
    subscore: Integer = Field(0, description="The player's second score with it, on boards that have one.")


class FinalRankOut(StrictOut):
    """Where a player was when a period ended."""

    period: Period
    kind: Kind
    starts_at: Time | None
    ends_at: Time | None
    rank: Rank
    score: Integer
    subscore: Integer = Field(0, description="The second score, on boards that have one.")
    percentile: Percentage
    total: Count


class HistoryOut(StrictOut):
    """A player's submissions in the order of their times, and the periods that are over, the latest first."""

    board: str = Field(examples=["default"])
    user_id: Integer
    points: list[PointOut]
    periods: list[FinalRankOut]
    previous: str | None = Field(description="What to send as `cursor` for earlier submissions; null at the first.")
