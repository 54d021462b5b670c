"""Periods on the wire: their names, and the list of a board's periods."""

from typing import Annotated, Any

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import NO_CONTROL, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.rules import FROM_TEXT, Omittable, Rule
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import PeriodNotFound
from leaderforge.domain.periods import Period, PeriodKind, number_of_name
from leaderforge.domain.segments import MAX_SEGMENT_VALUE, Segment, segment_of
from leaderforge.services.periods import ListedPeriod, PeriodPage

_NAME = r"(all-time|season-\d{8}T\d{4}(\d\d)?Z|\d{4}-(\d\d(-\d\d)?|W\d\d))"

PeriodNameIn = Annotated[
    str,
    Field(
        pattern=rf"^(current|daily|weekly|monthly|season|{_NAME})$",
        description="The period: `current`, a period kind such as `weekly` for its current period, or a name such as "
        "`2026-11-23`, `2026-W48` or `2026-11`.",
    ),
    Rule("must be current, a period kind such as weekly, or the name of a period such as 2026-W48"),
]
ExactPeriodName = Annotated[str, Field(pattern=f"^{_NAME}$"), Rule("must be the name of a period, such as 2026-W48")]
SegmentText = Annotated[
    str,
    Field(pattern=rf"^[a-z][a-z0-9_]{{0,31}}:{NO_CONTROL}{{1,{MAX_SEGMENT_VALUE}}}$", examples=["country:FI"]),
    Rule("must be an attribute and its value without control characters, such as country:FI"),
]
PeriodNameOut = Annotated[str, Field(examples=["all-time"], description="The period's name.")]


class PeriodQuery(QueryIn):
    period: PeriodNameIn = "current"


class LadderQuery(PeriodQuery):
    segment: Omittable[SegmentText] = Field(
        None,
        description="A segment of the board, such as `country:FI`. The answer has only its players, and all ranks, "
        "totals and percentiles are among them.",
    )

    @property
    def selected_segment(self) -> Segment | None:
        """Return the requested segment."""
        return None if self.segment is None else segment_of(self.segment)


class PeriodsQuery(QueryIn):
    limit: Annotated[int, Field(ge=1, le=1000, description="The maximum number of past periods."), FROM_TEXT] = 100
    before: Omittable[ExactPeriodName] = Field(
        None, description="A page's `next`: return only past periods that follow it in the list."
    )

    def number_before(self, board: Board) -> int | None:
        """Return the number of the period after which to continue, None for the first page. Raises `PeriodNotFound`."""
        number = None if self.before is None else number_of_name(board.calendar, self.before)
        if self.before is not None and number is None:
            raise PeriodNotFound(
                f"board {board.slug!r} has no period {self.before!r}; send a page's next as before",
                board=board.slug,
                period=self.before,
            )
        return number


class PeriodOut(StrictOut):
    """A period and its bounds."""

    period: PeriodNameOut
    kind: PeriodKind
    starts_at: TimeOut | None = Field(description="The first moment of the period; null if it has no start.")
    ends_at: TimeOut | None = Field(description="The first moment after the period; null if it has no end.")
    current: bool
    final: bool = Field(description="Whether late submissions can no longer change the period.")
    indexed: bool = Field(
        description="Whether reads use the index. Reads of other periods use the database and are just as exact."
    )


class PeriodsOut(StrictOut):
    """Periods of a board: the current ones first, then past ones, the latest first."""

    board: str = Field(examples=["default"])
    periods: list[PeriodOut]
    next: str | None = Field(description="Send it as `before` for the periods that follow; null at the end.")


def render_periods(board: Board, page: PeriodPage) -> JsonBody:
    """Return the body with a page of a board's periods."""
    periods = [_period_out(listed_period) for listed_period in page.periods]
    return JsonBody.of(PeriodsOut(board=board.slug, periods=periods, next=page.next))


def bounds_of(period: Period) -> dict[str, Any]:
    """Return the JSON members that have the name and the bounds of a period."""
    return {"period": period.name, "kind": period.kind, "starts_at": period.starts_at, "ends_at": period.ends_at}


def _period_out(period: ListedPeriod) -> PeriodOut:
    return PeriodOut(**bounds_of(period.period), current=period.current, final=period.final, indexed=period.indexed)
