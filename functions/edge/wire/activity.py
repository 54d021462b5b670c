"""Activity of boards on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import BoardName, CountOut, IntegerOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.activity import ActivityPoint, RecentScore, Suspect, SuspicionReason
from leaderforge.domain.boards import Board
from leaderforge.services.activity import ActivityReport


class ActivityQuery(QueryIn):
    board: BoardName
    hours: Annotated[
        Literal["1", "6", "24", "48"], Field(description="The hours that the report covers.", examples=["24"])
    ] = "24"


class ActivityPointOut(StrictOut):
    """The activity of a board in an interval."""

    at: TimeOut = Field(description="The beginning of the interval.")
    submissions: CountOut = Field(description="The submissions in the interval.")
    players: CountOut = Field(description="The players who submitted in the busiest minute of the interval.")


class RecentScoreOut(StrictOut):
    """A submitted score."""

    user_id: IntegerOut = Field(examples=[123])
    username: str | None = Field(examples=["ada"])
    submission_id: UUID
    score: ScoreValueOut
    achieved_at: TimeOut


class SuspectOut(RecentScoreOut):
    """A suspicious score with the reasons."""

    reasons: list[SuspicionReason] = Field(
        description="`outlier`: more than 6 robust standard deviations better than the median of the players' best "
        "scores. `near_limit`: within 1 % of the best score that the board allows. `rate`: one of more than 60 "
        "submissions of the player in a minute."
    )
    deviation: float = Field(description="The distance from the median, in robust standard deviations.")


class ActivityOut(StrictOut):
    """The activity of a board over the last hours."""

    board: str = Field(examples=["default"])
    step_s: CountOut = Field(description="The length of an interval, in s.", examples=[900])
    until: TimeOut = Field(description="The end of the last interval: at most two minutes ago while maintenance runs.")
    points: list[ActivityPointOut] = Field(description="All intervals, in order of time.")
    newest: list[RecentScoreOut] = Field(description="The newest scores, at most 10.")
    suspicious: list[SuspectOut] = Field(description="The most suspicious scores, at most one per player and 10.")


def render_activity(report: ActivityReport, names: Mapping[int, str | None]) -> JsonBody:
    """Return the body with the activity of a board. `names` maps the ids of its players to usernames."""
    model = ActivityOut(
        board=report.board.slug,
        step_s=report.step_ms // 1000,
        until=report.until,
        points=list(map(_point_out, report.points)),
        newest=[RecentScoreOut(**_members(report.board, score, names)) for score in report.newest],
        suspicious=[_suspect_out(report.board, suspect, names) for suspect in report.suspects],
    )
    return JsonBody.of(model)


def _point_out(point: ActivityPoint) -> ActivityPointOut:
    return ActivityPointOut(at=point.at, submissions=point.submissions, players=point.players)


def _suspect_out(board: Board, suspect: Suspect, names: Mapping[int, str | None]) -> SuspectOut:
    deviation = 0.0 if suspect.deviation <= 0 else round(suspect.deviation, 1)
    return SuspectOut(**_members(board, suspect.score, names), reasons=list(suspect.reasons), deviation=deviation)


def _members(board: Board, score: RecentScore, names: Mapping[int, str | None]) -> dict[str, Any]:
    return {
        "user_id": score.user_id,
        "username": names.get(score.user_id),
        "submission_id": score.submission_id,
        "score": board.score_type.typed(score.score),
        "achieved_at": score.achieved_at,
    }
