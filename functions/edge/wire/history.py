"""A player's history on the wire: submissions over time, and the final ranks of past periods."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from functions.edge.wire.bodies import JsonBody, string_json
from functions.edge.wire.fields import CountOut, ExternalIdOut, IntegerOut, PercentOut, RankOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.numbers import NumbersOut, TiebreakersOut, numbers_member
from functions.edge.wire.periods import PeriodNameOut, bounds_of
from functions.edge.wire.rules import FROM_TEXT, Omittable, Rule
from functions.edge.wire.scores import ScoreValueOut
from functions.edge.wire.tiers import TierNameOut, tier_name
from leaderforge.domain.boards import Board
from leaderforge.domain.history import HistoryPoint, HistoryPosition
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.tiebreakers import subscore_json, subscore_members
from leaderforge.domain.times import time_text
from leaderforge.services.history import History, PastPeriod

HistoryCursor = Annotated[
    str, Field(pattern=r"^-?[0-9]{1,15}_([0-9]{1,16}_)?[0-9a-f]{32}$"), Rule("must be the previous of a history")
]


class HistoryQuery(QueryIn):
    limit: Annotated[int, Field(ge=1, le=1000, description="The maximum number of submissions."), FROM_TEXT] = 100
    periods: Annotated[int, Field(ge=0, le=50, description="The maximum number of past periods."), FROM_TEXT] = 10
    cursor: Omittable[HistoryCursor] = Field(None, description="A history's `previous`.")

    @property
    def before(self) -> HistoryPosition | None:
        """Position before which to continue with older submissions, None for the first page."""
        if self.cursor is None:
            return None
        # Cursors of version 0.2 lack the time of reception. Use 0, which the submissions of that version have.
        time, *reception, submission_id = self.cursor.split("_")
        return HistoryPosition(int(time), int(reception[0]) if reception else 0, UUID(submission_id))


class PointOut(StrictOut):
    """A submission, and the player's score after it and all earlier ones."""

    at: TimeOut = Field(description="When the score was achieved.")
    submission_id: UUID
    submitted: ScoreValueOut = Field(description="The submitted score.")
    score: ScoreValueOut = Field(description="The player's score after this submission.")
    subscore: IntegerOut = Field(
        0, description="The player's second score after this submission, only on boards that have one."
    )
    tiebreakers: TiebreakersOut = Field({})
    numbers: NumbersOut = Field({})


class FinalRankOut(StrictOut):
    """A player's rank at the end of a past period."""

    period: PeriodNameOut
    kind: PeriodKind
    starts_at: TimeOut | None
    ends_at: TimeOut | None
    rank: RankOut
    score: ScoreValueOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    tiebreakers: TiebreakersOut = Field({})
    tier: TierNameOut = ""
    percentile: PercentOut
    total: CountOut


class HistoryOut(StrictOut):
    """A player's submissions in order of time, and the past periods, the latest first."""

    board: str = Field(examples=["default"])
    user_id: IntegerOut
    external_id: ExternalIdOut = ""
    points: list[PointOut]
    periods: list[FinalRankOut]
    previous: str | None = Field(description="Send it as `cursor` for earlier submissions; null at the first one.")


def render_history(board: Board, user_id: int, history: History) -> JsonBody:
    """Return the body with a player's history. It renders up to 1,000 submissions without models, which are slow."""
    external_id = "" if history.external_id is None else f'"external_id":{string_json(history.external_id)},'
    points = ",".join([_point(board, point) for point in history.points])
    periods = ",".join([_final_rank_out(board, past).model_dump_json(exclude_unset=True) for past in history.periods])
    previous = None if history.previous is None else _cursor(history.previous)
    return JsonBody(
        f'{{"board":"{board.slug}","user_id":{user_id},{external_id}"points":[{points}],"periods":[{periods}],'
        f'"previous":{string_json(previous)}}}'
    )


def _cursor(position: HistoryPosition) -> str:
    return f"{position.at}_{position.received_us}_{position.submission_id.hex}"


def _point(board: Board, point: HistoryPoint) -> str:
    subscore = "" if board.subscore_order is None else subscore_json(board.tiebreakers, point.subscore)
    submitted, score = map(board.score_type.typed, (point.submitted, point.score))
    return (
        f'{{"at":"{time_text(point.position.at)}","submission_id":"{point.position.submission_id}",{subscore}'
        f'"submitted":{submitted},"score":{score}{numbers_member(point.numbers)}}}'
    )


def _final_rank_out(board: Board, past: PastPeriod) -> FinalRankOut:
    entry = past.rank.entry
    tier = {"tier": tier_name(board, entry.score, entry.rank, past.rank.total)} if board.tiers else {}
    subscore = {} if entry.subscore is None else subscore_members(entry.tiebreakers, entry.subscore)
    return FinalRankOut(
        **bounds_of(past.period),
        rank=entry.rank,
        score=entry.score,
        percentile=past.rank.percentile,
        total=past.rank.total,
        **subscore,
        **tier,
    )
