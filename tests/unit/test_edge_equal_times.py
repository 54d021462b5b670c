"""Submissions that have the same time. They count in the order of their reception, whatever their ids."""

import json
from asyncio import gather
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from functions.edge.context import Edge
from functions.ingest import count_messages
from functions.local import create_app
from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.wiring import assemble
from tests.api_client import ADMIN_KEY, ApiClient, bearer, connected_to_app
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_ingest import QUEUED, record

AT = "2026-11-23T11:00:00Z"
IDS = [str(UUID(int=number)) for number in (9, 2, 7, 1, 8, 3)]
"""Submission ids in an order that is neither ascending nor descending."""


async def board(api: Api, policy: Policy) -> str:
    """Create the players 1 and 2 and a board, and return the path of its scores."""
    await api.players(1, 2)
    calendar = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))
    await api.store.create_board(Board(0, "equal", "Equal", policy, subscore_order=Order.DESC, calendar=calendar))
    return "/api/boards/equal/scores"


def numbered(scores: Sequence[int], **members: Any) -> list[dict[str, Any]]:
    """Return submissions of player 1 with these scores. The metadata of each contain its number."""
    return [
        {"user_id": 1, "score": score, "submission_id": id_, "metadata": {"number": number}, **members}
        for number, (score, id_) in enumerate(zip(scores, IDS, strict=True))
    ]


async def entry(api: Api, user_id: int = 1) -> Any:
    return (await api.get(f"/api/boards/equal/ranks/{user_id}")).json()


async def number_of_run(api: Api) -> int:
    """Return the number in the metadata of player 1's run. Fails if a new fold of the events changes a standing."""
    number = (await entry(api))["metadata"]["number"]
    stored = await api.store.board("equal")
    assert stored is not None
    for ladder in (Ladder(stored), *await api.store.ladders_of(stored)):
        [before] = await api.store.standings(ladder, [1])
        [refolded] = await api.store.refold(ladder, [1])
        assert refolded._replace(revision=0) == before._replace(revision=0)
    return int(number)


@pytest.mark.parametrize("members", [{}, {"achieved_at": AT}])
@pytest.mark.parametrize("together", [True, False])
async def test_the_score_that_was_received_last_stands(api: Api, members: dict[str, Any], together: bool) -> None:
    path, submissions = await board(api, Policy.LATEST), numbered([1, 2, 3, 4, 5, 6], **members)
    if together:
        await api.post(f"{path}/batch", {"submissions": submissions})
    else:
        for submission in submissions:
            assert (await api.post(path, submission)).json()["improved"]
    assert (await entry(api))["score"] == 6
    assert await number_of_run(api) == 5


async def test_concurrent_submissions_do_not_depend_on_the_batches_they_form(api: Api) -> None:
    path = await board(api, Policy.LATEST)
    await gather(*(api.post(path, submission) for submission in numbered([1, 2, 3, 4, 5, 6])))
    assert await number_of_run(api) == (await entry(api))["score"] - 1


async def test_of_equally_good_runs_the_first_received_stands(api: Api) -> None:
    path = await board(api, Policy.BEST)
    await api.post(f"{path}/batch", {"submissions": numbered([3, 5, 5, 5, 1, 5], achieved_at=AT)})
    assert await number_of_run(api) == 1


async def test_a_sum_shows_the_change_that_was_received_last(api: Api) -> None:
    path = await board(api, Policy.SUM)
    await api.post(f"{path}/batch", {"submissions": numbered([3, 5, -5, 0, 1, 0], achieved_at=AT)})
    assert await number_of_run(api) == 4


async def test_a_submission_that_changes_nothing_moves_nothing(api: Api) -> None:
    path = await board(api, Policy.SUM)
    for user_id, minute in ((1, 1), (2, 2), (1, 5), (1, 0)):
        at = f"2026-11-23T11:0{minute}:00Z"
        receipt = (await api.post(path, {"user_id": user_id, "score": 0, "achieved_at": at})).json()
        assert not receipt["improved"]
        assert receipt["rank"] == user_id
    assert (await entry(api))["achieved_at"] == "2026-11-23T11:00:00.000Z"
    # Scores other than 0 set the standing's time, even if the sum remains 0. A score of 0 does so only with a subscore.
    for score in (5, -5):
        receipt = (await api.post(path, {"user_id": 1, "score": score, "achieved_at": AT})).json()
    assert (receipt["score"], receipt["achieved_at"]) == (0, "2026-11-23T11:00:00.000Z")
    later = {"user_id": 2, "score": 0, "subscore": 4, "achieved_at": "2026-11-23T11:09:00Z"}
    assert (await api.post(path, later)).json()["achieved_at"] == "2026-11-23T11:09:00.000Z"
    assert (await api.post(path, {"user_id": 2, "score": 0})).json()["achieved_at"] == "2026-11-23T11:09:00.000Z"


async def test_the_queue_keeps_the_order_of_reception() -> None:
    queue = MemoryQueue()
    async with serving(queue, **QUEUED) as api:
        path = await board(api, Policy.LATEST)
        for submission in numbered([1, 2, 3, 4, 5, 6]):
            await api.post(path, submission)
        bodies = [json.loads(body) for body in queue.bodies]
        assert [body["received_us"] - START * 1000 for body in bodies] == [0, 1, 2, 3, 4, 5]
        # Deliver in another order than the order of the queue, because SQS guarantees no order.
        for body in (bodies[3], bodies[5], *bodies[:3], bodies[4]):
            assert await count_messages(Edge(api.services), [record(body)]) == []
        assert await number_of_run(api) == 5


@asynccontextmanager
async def second_process(api: Api, ahead_us: int) -> AsyncIterator[ApiClient]:
    """Serve the same stores as a second process, whose clock is `ahead_us` us ahead of the first process's clock."""
    parts = replace(api.services.parts, clock_us=lambda: api.clock() * 1000 + ahead_us)
    services = assemble(api.services.settings, parts)
    async with connected_to_app(create_app(services)) as client:
        yield ApiClient(client)
    await services.teams.scores.settle()
    await services.trust.close()


@pytest.mark.parametrize(("ahead_us", "number"), [(0, 2), (-1_000_000, 0), (1_000_000, 2)])
async def test_of_two_processes_the_clocks_decide(api: Api, ahead_us: int, number: int) -> None:
    path, submissions = await board(api, Policy.LATEST), numbered([1, 2, 3, 4, 5, 6], achieved_at=AT)
    async with second_process(api, ahead_us) as second:
        for process, submission in ((api, submissions[0]), (second, submissions[1]), (second, submissions[2])):
            assert (await process.post(path, submission)).status_code == 200
        assert await number_of_run(api) == number
        later = {**submissions[3], "achieved_at": "2026-11-23T11:00:00.001Z"}
        assert (await second.post(path, later)).json()["score"] == 4
        assert await number_of_run(api) == 3


async def test_a_score_that_is_set_stands_behind_no_earlier_one(api: Api) -> None:
    path = await board(api, Policy.LATEST)
    await api.post(path, {"user_id": 1, "score": 3})
    changed = {"score": 5, "reason": "a reason"}
    await api.client.put("/api/boards/equal/entries/1", json=changed, headers=bearer(ADMIN_KEY))
    assert (await entry(api))["score"] == 5
    assert (await api.post(path, {"user_id": 1, "score": 4})).json()["score"] == 4
