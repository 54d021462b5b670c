"""A player's daily ranks on the wire."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import CountOut, IntegerOut, RankOut, TimeOut
from functions.edge.wire.models import StrictOut
from functions.edge.wire.periods import PeriodNameOut, PeriodQuery
from functions.edge.wire.rules import FROM_TEXT
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.boards import Ladder
from leaderforge.services.rank_history import DailyRank

MAX_DAYS = 31


class RankHistoryQuery(PeriodQuery):
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="The maximum number of days."), FROM_TEXT] = 7


class DailyRankOut(StrictOut):
    """A player's rank at the end of a day, or now for the current day."""

    day: str = Field(description="The day in the board's time zone.", examples=["2026-11-23"])
    at: TimeOut = Field(description="The moment of the rank.")
    rank: RankOut | None = Field(description="The rank; null if the player was not ranked.")
    score: ScoreValueOut | None = Field(description="The score; null if the player was not ranked.")
    total: CountOut | None = Field(description="The number of ranked players; null if the player was not ranked.")


class RankHistoryOut(StrictOut):
    """The daily ranks of a player, the earliest first. Days before the board's first moment are absent."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    user_id: IntegerOut
    ranks: list[DailyRankOut]


def render_rank_history(ladder: Ladder, user_id: int, ranks: Sequence[DailyRank]) -> JsonBody:
    """Return the daily ranks of a player."""
    return JsonBody.of(
        RankHistoryOut(
            board=ladder.board.slug, period=ladder.period_name, user_id=user_id, ranks=list(map(_daily_rank_out, ranks))
        )
    )


def _daily_rank_out(daily: DailyRank) -> DailyRankOut:
    rank = daily.rank
    if rank is None:
        return DailyRankOut(day=daily.day.name, at=daily.at, rank=None, score=None, total=None)
    entry = rank.entry
    return DailyRankOut(day=daily.day.name, at=daily.at, rank=entry.rank, score=entry.score, total=rank.total)
