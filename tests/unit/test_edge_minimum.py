"""Boards with a minimum of submissions."""

from typing import Any

import pytest

from leaderforge.domain.boards import Board
from leaderforge.domain.timing import PROPAGATION_MS
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api

WHY = {"reason": "a reason"}
ELO = {"board": "elo", "policy": "latest", "min_submissions": 3, "periods": ["all-time", "daily"]}
DAY = 86_400_000


@pytest.fixture
async def elo(api: Api) -> Api:
    """API with two players and the board `elo`, whose minimum of submissions is 3."""
    answer = await api.post("/api/boards", ELO, ADMIN_KEY)
    assert (answer.status_code, answer.json()["min_submissions"]) == (201, 3)
    await api.players(1, 2)
    return api


async def submit(api: Api, user_id: int, *scores: int) -> Any:
    """Submit scores, a millisecond apart, and return the last receipt."""
    for score in scores:
        api.clock.now += 1
        receipt = (await api.post("/api/boards/elo/scores", {"user_id": user_id, "score": score})).json()
    return receipt


async def listed(api: Api, path: str = "top") -> tuple[list[tuple[int, int]], int]:
    answer = (await api.get(f"/api/boards/elo/{path}")).json()
    return [(entry["rank"], entry["user_id"]) for entry in answer["entries"]], answer["total"]


async def test_a_receipt_says_how_many_submissions_are_missing(elo: Api) -> None:
    await submit(elo, 2, 10, 11, 12)
    receipts = [await submit(elo, 1, score) for score in (20, 21, 22, 23)]
    assert [(r["rank"], r["submissions"], r["missing_submissions"]) for r in receipts] == [
        *((None, 1, 2), (None, 2, 1), (1, 3, 0), (1, 4, 0))
    ]
    batch = {
        "submissions": [{"user_id": 2, "score": 9, "submission_id": f"00000000-0000-4000-8000-{i:012}"} for i in (1, 1)]
    }
    results = (await elo.post("/api/boards/elo/scores/batch", batch)).json()["results"]
    assert [(r["rank"], r["missing_submissions"], r["duplicate"]) for r in results] == [(2, 0, False), (2, 0, True)]
    without = (await elo.post("/api/scores", {"user_id": 1, "score": 1})).json()
    assert "missing_submissions" not in without


@pytest.mark.parametrize("is_away", [False, True], ids=["index", "store"])
async def test_a_player_below_the_minimum_is_nowhere(elo: Api, is_away: bool) -> None:
    await submit(elo, 1, 99, 99)
    await submit(elo, 2, 10, 11, 12)
    if is_away:
        elo.index.wipe()
    for path in ("top", "page", "around/2", "range?min_score=0&max_score=100"):
        assert await listed(elo, path) == ([(1, 2)], 1)
    distribution = (await elo.get("/api/boards/elo/distribution")).json()
    assert sum(bucket["count"] for bucket in distribution["buckets"]) == 1
    for path in ("ranks/1", "around/1", "around/1?window=3"):
        answer = await elo.get(f"/api/boards/elo/{path}")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["details"]["missing_submissions"]) == (404, "not_ranked", 1)
    looked_up = (await elo.post("/api/boards/elo/ranks/lookup", {"user_ids": [1, 2]})).json()
    assert ([entry["user_id"] for entry in looked_up["entries"]], looked_up["missing"]) == ([2], [1])


async def test_a_removed_submission_takes_the_entry_away(elo: Api) -> None:
    await submit(elo, 2, 10, 11)
    receipt = await submit(elo, 2, 12)
    assert await listed(elo) == ([(1, 2)], 1)
    path = f"/api/boards/elo/entries/2/submissions/{receipt['submission_id']}"
    removed = await elo.send("DELETE", f"{path}?reason=cheating", key=ADMIN_KEY)
    assert {entry["state"] for entry in removed.json()["entries"]} == {"unranked"}
    assert await listed(elo) == ([], 0)
    assert (await elo.services.maintain.verify()).clean
    restored = await elo.post(f"{path}/restore", WHY, ADMIN_KEY)
    assert {entry["state"] for entry in restored.json()["entries"]} == {"listed"}
    assert await listed(elo) == ([(1, 2)], 1)


async def test_each_period_counts_its_own_submissions(elo: Api) -> None:
    await submit(elo, 1, 1, 2)
    elo.clock.now += DAY
    await submit(elo, 1, 3)
    assert await listed(elo) == ([(1, 1)], 1)
    assert await listed(elo, "top?period=daily") == ([], 0)
    history = (await elo.get("/api/boards/elo/history/1")).json()
    assert ([point["score"] for point in history["points"]], history["periods"]) == ([1, 2, 3], [])


async def test_backfill_rebuild_and_erasure_keep_to_the_minimum(elo: Api) -> None:
    await submit(elo, 1, 1, 2)
    await submit(elo, 2, 3, 4, 5)
    await elo.send("PATCH", "/api/boards/elo", {"periods": ["all-time", "daily", "weekly"]}, ADMIN_KEY)
    elo.clock.now += PROPAGATION_MS + 1
    await elo.services.board_maintenance.run()
    elo.edge.board_changed("elo")
    assert await listed(elo, "top?period=weekly") == ([(1, 2)], 1)
    await submit(elo, 1, 9)
    assert await listed(elo, "page?period=weekly") == ([(1, 1), (2, 2)], 2)
    await elo.services.maintain.rebuild()
    assert (await elo.services.maintain.verify()).clean
    assert await listed(elo, "page?period=daily") == ([(1, 1), (2, 2)], 2)
    await elo.send("DELETE", "/api/users/1", key=ADMIN_KEY)
    assert await listed(elo) == ([(1, 2)], 1)


async def test_a_hidden_player_does_not_learn_more_than_the_minimum(elo: Api) -> None:
    await submit(elo, 1, 5)
    await elo.post("/api/users/1/hide", WHY, ADMIN_KEY)
    assert "missing_submissions" not in (await elo.get("/api/boards/elo/ranks/1")).json()["error"]["details"]
    assert (await elo.get("/api/boards/elo/ranks/1", ADMIN_KEY)).json()["error"]["details"]["missing_submissions"] == 2


async def test_the_minimum_is_permanent_and_positive(elo: Api) -> None:
    changed = await elo.send("PATCH", "/api/boards/elo", {"min_submissions": 4}, ADMIN_KEY)
    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "setting_fixed")
    assert (await elo.send("PATCH", "/api/boards/elo", {"min_submissions": 3}, ADMIN_KEY)).status_code == 200
    for minimum in (0, 1_000_001):
        refused = await elo.post("/api/boards", {"board": "other", "min_submissions": minimum}, ADMIN_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(("submissions", "missing"), [(0, 3), (2, 1), (3, 0), (9, 0)])
def test_missing_submissions(submissions: int, missing: int) -> None:
    assert Board(1, "elo", "Elo", min_submissions=3).missing_submissions(submissions) == missing
    assert Board(1, "plain", "Plain").missing_submissions(submissions) == 0
