"""Suspicious scores, and the activity of boards over HTTP."""

from uuid import UUID

import pytest

from leaderforge.domain.activity import MINUTE_MS, RecentScore, SuspicionReason, suspects
from leaderforge.domain.boards import Board, Order, ScoreLimits
from leaderforge.domain.timing import SETTLE_MS
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api

LAPS = Board(1, "laps", "Laps", order=Order.ASC)
POINTS = Board(2, "points", "Points", limits=ScoreLimits(min_score=0, max_score=10_000))


def scores(*values: int, submissions: int = 1) -> list[RecentScore]:
    """Return recent scores with these values, each of another player."""
    return [RecentScore(i, UUID(int=i), value, 0, submissions) for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("board", "values", "expected"),
    [
        (LAPS, [83_456, 80_000, 90_000, 1_000], {3: ["outlier"]}),
        (LAPS, [83_456, 80_000, 90_000, 500_000], {}),  # slow laps are no cheats
        (LAPS, [83_456, 1_000], {}),  # too few players to compare with
        (LAPS, [80_000, 80_000, 80_000, 80_001], {}),
        (POINTS, [100, 120, 90, 130, 5_000], {4: ["outlier"]}),
        (POINTS, [100, 120, 90, 130, 9_950], {4: ["outlier", "near_limit"]}),
        (POINTS, [9_899], {}),
        (POINTS, [9_900], {0: ["near_limit"]}),
    ],
)
def test_reasons_of_suspicion(board: Board, values: list[int], expected: dict[int, list[str]]) -> None:
    assert {s.score.user_id: list(s.reasons) for s in suspects(board, scores(*values), 10)} == expected


def test_a_player_who_submits_very_often_is_suspicious() -> None:
    [suspect] = suspects(LAPS, [*scores(80_000, 81_000), *scores(90_000, submissions=61)], 10)
    assert (suspect.score.submissions, suspect.reasons) == (61, [SuspicionReason.RATE])


def test_each_player_is_listed_once_with_the_clearest_score_and_the_clearest_first() -> None:
    several = [*scores(100, 120, 90, 130, 110, 4_000, 9_990), RecentScore(5, UUID(int=99), 8_000, 0)]
    assert [s.score.score for s in suspects(POINTS, several, 10)] == [9_990, 8_000]
    assert [s.score.score for s in suspects(POINTS, several, 1)] == [9_990]


async def test_the_activity_of_a_board_over_http(api: Api) -> None:
    api.clock.now = api.clock.now // MINUTE_MS * MINUTE_MS
    store_clock = api.clock.now
    await api.ranked({1: 100, 2: 110, 3: 90, 4: 120, 5: 9_000})
    await api.services.activity.fold()
    answer = await api.get("/api/admin/activity?board=default&hours=1", ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["board"], report["step_s"], len(report["points"])) == ("default", 60, 60)
    assert {score["username"] for score in report["newest"]} <= {f"player {i}" for i in range(1, 6)}
    assert (await api.get("/api/admin/activity?board=nope", ADMIN_KEY)).status_code == 404
    assert (await api.get("/api/admin/activity?board=default&hours=3", ADMIN_KEY)).status_code == 422
    assert api.clock.now - store_clock < SETTLE_MS
