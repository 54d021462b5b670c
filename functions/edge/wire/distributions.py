"""Distributions of scores on the wire."""

from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import JsonBody, number_json
from functions.edge.wire.fields import CountOut, TimeOut
from functions.edge.wire.models import StrictOut
from functions.edge.wire.moments import MomentQuery
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.rules import FROM_TEXT
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.boards import Ladder
from leaderforge.services.entries import Distribution


class DistributionQuery(MomentQuery):
    buckets: Annotated[int, Field(ge=1, le=200), FROM_TEXT] = Field(50, description="The maximum number of buckets.")


class BucketOut(StrictOut):
    """The number of entries with a score from `low` to `high`, both inclusive."""

    low: ScoreValueOut
    high: ScoreValueOut
    count: CountOut


class DistributionOut(StrictOut):
    """The distribution of a board's scores. Scores are null on an empty board."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    buckets: list[BucketOut]
    count: CountOut
    min: ScoreValueOut | None
    max: ScoreValueOut | None
    p50: ScoreValueOut | None
    p90: ScoreValueOut | None
    p99: ScoreValueOut | None
    as_of: TimeOut


def render_distribution(ladder: Ladder, distribution: Distribution) -> JsonBody:
    """Return a distribution."""
    buckets = ",".join(
        [f'{{"low":{bucket.low},"high":{bucket.high},"count":{bucket.count}}}' for bucket in distribution.buckets]
    )
    percentiles = "".join(
        [f',"p{percent}":{number_json(distribution.percentiles.get(percent))}' for percent in (50, 90, 99)]
    )
    return JsonBody(
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","buckets":[{buckets}],'
        f'"count":{distribution.total},"min":{number_json(distribution.minimum)},'
        f'"max":{number_json(distribution.maximum)}{percentiles}}}'
    )
