"""Repeated acceptance of submissions that have waited."""

from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.acceptance import accept
from leaderforge.domain.board_settings import new_board
from leaderforge.domain.boards import Order, Policy
from leaderforge.domain.errors import PeriodClosed
from leaderforge.domain.feed_rules import feeds_of
from leaderforge.domain.feeding import accepted_again, with_feeds
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.score_types import LongScore, ScoreType
from leaderforge.domain.submissions import Submission
from leaderforge.domain.tiebreaker_rules import tiebreakers_of

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z."""
DAY_MS, GRACE_MS = 86_400_000, 1000
DAILY = {"periods": (PeriodKind.ALL_TIME, PeriodKind.DAILY)}
COINS = new_board("coins", DAILY)
DEATHS = tiebreakers_of([{"name": "deaths", "order": "asc", "max": 9}])
SENT: dict[str, Any] = {"score": 5, "subscore": None, "metadata": '{"a": 1}', "requested_at": None, "change": None}


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, {}),
        ({"policy": Policy.SUM}, {"requested_at": NOON - 5}),
        ({"policy": Policy.SUM}, {"requested_at": NOON + 5}),
        ({"policy": Policy.LATEST}, {"change": -3}),
        ({"subscore_order": Order.ASC}, {"subscore": 7}),
        ({"subscore_order": Order.ASC}, {"subscore": 0}),
        ({"policy": Policy.BEST, "tiebreakers": DEATHS}, {"numbers": '{"deaths": 3}'}),
        ({"score_type": ScoreType.INT64}, {"score": LongScore(2**60)}),
        ({"feeds": feeds_of([{"board": "coins", "number": "coins"}])}, {"numbers": '{"coins": 3}'}),
        ({"feeds": feeds_of([{"board": "coins"}])}, {"requested_at": NOON + 5}),
    ],
)
def test_a_submission_that_is_accepted_again_differs_only_in_its_periods(
    settings: dict[str, Any], sent: dict[str, Any]
) -> None:
    board, targets = new_board("laps", {**DAILY, **settings}), {"coins": COINS}
    values = {"user_id": 1, "submission_id": UUID(int=1), "received_us": NOON * 1000 + 5, **SENT, **sent}
    first = with_feeds(accept(board, now=NOON, grace_ms=GRACE_MS, **values), targets, now=NOON, grace_ms=GRACE_MS)
    assert accepted_again(first, board, targets, now=NOON, grace_ms=GRACE_MS) == first
    late = accepted_again(first, board, targets, now=NOON + DAY_MS, grace_ms=GRACE_MS)
    assert isinstance(late, Submission)
    assert [len(part.ladders) for part in late.parts] == [1 for _ in first.parts]
    assert [part.event for part in late.parts] == [part.event for part in first.parts]
    closed = accepted_again(
        first, new_board("laps", {**settings, "periods": (PeriodKind.DAILY,)}), targets, now=NOON + DAY_MS, grace_ms=0
    )
    assert isinstance(closed, PeriodClosed)
