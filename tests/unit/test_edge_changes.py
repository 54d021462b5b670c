"""Submissions of changes, over HTTP and through the queue."""

import pytest

from functions.edge.submissions import submission_received
from functions.edge.wire.submissions import QueuedSubmissionIn, render_message
from leaderforge.domain.boards import Policy, ScoreLimits
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from tests.unit.edge_fixtures import Api

SCORES = "/api/boards/default/scores"


@pytest.mark.parametrize(("policy", "score"), [("latest", 12), ("best", 20), ("sum", 12)])
async def test_a_difference_is_added(api: Api, policy: str, score: int) -> None:
    await api.change_board(policy=Policy(policy))
    await api.ranked({1: 20})
    receipt = (await api.post(SCORES, {"user_id": 1, "change": -8})).json()
    assert (receipt["score"], receipt["submissions"], receipt["rank"]) == (score, 2, 1)
    batch = {"submissions": [{"user_id": 1, "change": 1}, {"user_id": 1, "change": 2}, {"user_id": 9, "change": 2}]}
    results = (await api.post(f"{SCORES}/batch", batch)).json()["results"]
    assert [r.get("score", r.get("error", {}).get("code")) for r in results] == [
        *([23, 23] if policy == "best" else [score + 3] * 2),
        "user_not_found",
    ]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({}, "score"),
        ({"score": 1, "change": 1}, "score"),
        ({"change": 1, "achieved_at": "2026-11-23T11:00:00Z"}, "achieved_at"),
        ({"change": 1.5}, "change"),
        ({"change": 2**53}, "change"),
    ],
)
async def test_what_is_no_change_is_refused(api: Api, members: dict[str, object], problem: str) -> None:
    await api.change_board(policy=Policy.LATEST)
    await api.players(1)
    answer = await api.post(SCORES, {"user_id": 1, **members})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert problem in answer.text


async def test_a_change_may_exceed_the_limits_of_scores_but_not_its_result(api: Api) -> None:
    await api.change_board(policy=Policy.LATEST, limits=ScoreLimits(min_score=100))
    await api.ranked({1: 120})
    assert (await api.post(SCORES, {"user_id": 1, "change": -5})).json()["score"] == 115
    refused = await api.post(SCORES, {"user_id": 1, "change": -16})
    assert refused.json()["error"]["details"]["rule"] == "min_score"


@pytest.mark.parametrize("policy", Policy)
async def test_the_queue_keeps_a_change(api: Api, policy: Policy) -> None:
    await api.change_board(policy=policy)
    board = await api.edge.board_unchecked("default")
    event = Event(1, "5f0e8a34-9c1d-4b7a-8e62-0d3c5b7a9f11", 5, api.clock(), received_us=api.clock() * 1000, change=5)  # type: ignore[arg-type]
    message = QueuedSubmissionIn.model_validate_json(render_message(Submission(board.ladders_at(api.clock()), event)))
    assert (message.score, message.change) == (None, 5)
    again = submission_received(api.edge, board, message, 1, message.received_us or 0)
    assert (again.event.score, again.event.change) == (5, None if policy is Policy.SUM else 5)
