"""The HTTP contract from end to end, on a real server over the real stores."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from leaderforge.domain.boards import Board, Order, Policy, RankStyle
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, bearer
from tests.waiting import PATIENCE_S

PLAYERS = range(1, 61)


@pytest.fixture(scope="module")
async def api(valkey, postgres) -> AsyncIterator[Served]:
    """Server with players and a few boards, on which every score occurs twice."""
    async with served(environment(valkey.addresses, await new_database(postgres.dsn))) as api:
        await api.until_healthy()
        store = api.services.parts.store
        await store.create_board(Board(0, "laps", "Laps", Policy.BEST, Order.ASC, RankStyle.SHARED))
        await store.create_board(Board(0, "last", "Last", Policy.LATEST))
        await asyncio.gather(*(_create(api, user_id) for user_id in PLAYERS))
        for board in ("default", "laps", "last"):
            scores = [{"user_id": i, "score": (i + 1) // 2 * 10, "metadata": {"run": i}} for i in PLAYERS]
            random.Random(1).shuffle(scores)
            answer = await api.post(f"/api/boards/{board}/scores/batch", {"submissions": scores})
            assert all("score" in one for one in answer.json()["results"]), answer.text
        yield api


async def _create(api: Served, user_id: int) -> None:
    body = {"user_id": user_id, "username": f"Player {user_id:02}", "email": f"p{user_id}@example.org"}
    assert (await api.post("/api/users", body)).status_code == 201


async def everyone(api: Served, board: str) -> list[tuple[int, int, int]]:
    """Return rank, id and score of all players of a board, best first."""
    top = (await api.get(f"/api/boards/{board}/top?limit=1000")).json()
    assert top["total"] == len(top["entries"])
    return [(entry["rank"], entry["user_id"], entry["score"]) for entry in top["entries"]]


BOARDS = ["default", "laps", "last"]


@pytest.mark.parametrize("board", BOARDS)
async def test_all_reads_agree_on_the_ranks(api: Served, board: str) -> None:
    ranks = await everyone(api, board)
    assert sorted(user_id for _, user_id, _ in ranks) == list(PLAYERS)
    for position in range(0, len(ranks), 7):
        rank, user_id, score = ranks[position]
        one = (await api.get(f"/api/boards/{board}/ranks/{user_id}")).json()
        assert (one["rank"], one["user_id"], one["score"], one["total"]) == (rank, user_id, score, len(ranks))
        assert (one["username"], one["metadata"]) == (f"Player {user_id:02}", {"run": user_id})
        behind = sum(other > rank for other, *_ in ranks)
        assert one["percentile"] == pytest.approx(100 * behind / (len(ranks) - 1))
        around = (await api.get(f"/api/boards/{board}/around/{user_id}?radius=3")).json()
        expected = ranks[max(0, position - 3) : position + 4]
        assert [(e["rank"], e["user_id"], e["score"]) for e in around["entries"]] == expected
        page = (await api.get(f"/api/boards/{board}/page?rank={position + 1}&limit=5")).json()
        assert [(e["rank"], e["user_id"], e["score"]) for e in page["entries"]] == ranks[position : position + 5]


@pytest.mark.parametrize("board", BOARDS)
async def test_pages_lead_through_the_whole_board_both_ways(api: Served, board: str) -> None:
    ranks = await everyone(api, board)
    path = f"/api/boards/{board}/page?limit=11"
    page = (await api.get(path)).json()
    forth = [entry["user_id"] for entry in page["entries"]]
    while page["next"]:
        page = (await api.get(f"{path}&cursor={page['next']}")).json()
        forth += [entry["user_id"] for entry in page["entries"]]
    assert forth == [user_id for _, user_id, _ in ranks]
    back: list[int] = []
    while page["previous"]:
        page = (await api.get(f"{path}&cursor={page['previous']}")).json()
        back = [entry["user_id"] for entry in page["entries"]] + back
    assert back == forth[: len(back)]
    assert len(back) >= len(forth) - 11


async def test_a_range_and_a_distribution_agree(api: Served) -> None:
    spread = (await api.get("/api/boards/laps/distribution?buckets=6")).json()
    assert (spread["count"], spread["min"], spread["max"]) == (60, 10, 300)
    for bucket in spread["buckets"]:
        query = f"min_score={bucket['low']}&max_score={bucket['high']}&limit=1000"
        found = (await api.get(f"/api/boards/laps/range?{query}")).json()
        assert len(found["entries"]) == found["total"] == bucket["count"]
    median = (await api.get("/api/boards/laps/percentile/50")).json()
    assert median["score"] == spread["p50"]


async def test_friends_are_ranked_among_themselves(api: Served) -> None:
    found = (await api.post("/api/boards/laps/ranks/lookup", {"user_ids": [60, 1, 2, 999]}, None)).json()
    listed = [(entry["user_id"], entry["rank_among"]) for entry in found["entries"]]
    assert sorted(listed) == [(1, 1), (2, 1), (60, 3)]
    assert found["missing"] == [999]


async def test_submitting_shows_at_once_everywhere(api: Served) -> None:
    created = (await api.post("/api/users", {"username": "Newcomer"})).json()
    before = await api.get("/api/leaderboard/top")
    submission = {"user_id": created["user_id"], "score": 10_000, "submission_id": str(uuid4())}
    receipt = (await api.post("/api/scores", submission)).json()
    assert (receipt["rank"], receipt["score"], receipt["duplicate"]) == (1, 10_000, False)
    top = await api.get("/api/leaderboard/top", If_None_Match=before.headers["etag"])
    assert (top.status_code, top.json()["entries"][0]["username"]) == (200, "Newcomer")
    assert (await api.get(f"/api/leaderboard/rank/{created['user_id']}")).json()["rank"] == 1
    again = (await api.post("/api/scores", submission)).json()
    assert again == {**receipt, "duplicate": True}


async def test_copies_of_a_submission_race_without_counting_twice(api: Served) -> None:
    created = (await api.post("/api/users", {"username": "Racer"})).json()
    submission = {"user_id": created["user_id"], "score": 7, "submission_id": str(uuid4())}
    receipts = await asyncio.gather(*(api.post("/api/scores", submission) for _ in range(20)))
    assert {receipt.json()["score"] for receipt in receipts} == {7}
    assert sum(not receipt.json()["duplicate"] for receipt in receipts) == 1


async def test_names_are_unique_without_regard_to_case(api: Served) -> None:
    refused = await api.post("/api/users", {"username": "PLAYER 01"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "username_taken")
    refused = await api.post("/api/users", {"username": "fresh", "email": "P1@Example.org"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "email_taken")
    refused = await api.post("/api/users", {"username": "fresh", "user_id": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "user_exists")


async def test_players_are_found_by_how_their_names_begin(api: Served) -> None:
    found = (await api.get("/api/users?prefix=player%200&limit=3")).json()["users"]
    assert [user["username"] for user in found] == ["Player 01", "Player 02", "Player 03"]
    assert all("email" not in user for user in found)
    assert (await api.get("/api/users/1", ADMIN_KEY)).json()["email"] == "p1@example.org"


async def test_boards_are_described(api: Served) -> None:
    boards = {board["board"]: board for board in (await api.get("/api/boards")).json()["boards"]}
    assert set(boards) == {"default", "laps", "last"}
    assert (await api.get("/api/boards/laps")).json() == boards["laps"]


async def test_health_and_metrics(api: Served) -> None:
    health = await api.get("/api/health")
    assert (health.status_code, health.json()["index"]) == (200, {"partitions": 3, "healthy": 3})
    metrics = await api.get("/metrics")
    assert metrics.status_code == 200
    for name in ("http_requests_total", "submit_batch_size_count", "index_lag_seconds", "transaction_seconds_bucket"):
        assert f"leaderforge_{name}" in metrics.text
    behind_a_proxy = await api.get("/metrics", X_Forwarded_For="192.0.2.7")
    assert behind_a_proxy.status_code == 401


async def test_a_body_that_is_too_large_is_refused_over_the_wire(api: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b" " * 65_536

    headers = bearer(ADMIN_KEY) | {"Content-Type": "application/json"}
    for body in (b" " * 5_000_000, endless()):
        answer = await api.client.post("/api/scores", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


async def test_many_clients_at_once(api: Served) -> None:
    """Every submission counts once, although the service records many submissions in one batch."""
    async with httpx.AsyncClient(
        base_url=api.url, limits=httpx.Limits(max_connections=50), timeout=PATIENCE_S
    ) as client:
        many = Served(client, api.url, api.services)
        submissions = [{"user_id": 1 + i % 60, "score": 1} for i in range(300)]
        before = {user_id: score for _, user_id, score in await everyone(many, "default")}
        answers = await asyncio.gather(*(many.post("/api/scores", one) for one in submissions))
    assert all(answer.status_code == 200 for answer in answers)
    after = {user_id: score for _, user_id, score in await everyone(api, "default")}
    assert {i: after[i] - before[i] for i in PLAYERS} == dict.fromkeys(PLAYERS, 5)
