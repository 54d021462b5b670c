"""Moderation while the index is away, and on boards without subscores."""

from uuid import UUID, uuid4

import pytest

from leaderforge.domain.boards import Board, Policy
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api
from tests.waiting import until

ENTRY = "/api/boards/default/entries/1"
WHY = {"reason": "a reason"}


async def listed(api: Api) -> tuple[str, list[int]]:
    answer = await api.get("/api/boards/default/page")
    return answer.headers["x-leaderforge-source"], [entry["user_id"] for entry in answer.json()["entries"]]


async def test_what_is_hidden_while_the_index_is_away_is_hidden_all_along(api: Api) -> None:
    await api.ranked({1: 5, 2: 3})
    api.index.wipe()
    assert (await api.post(f"{ENTRY}/hide", WHY, ADMIN_KEY)).status_code == 200
    assert await listed(api) == ("postgres", [2])
    assert (await api.get("/api/boards/default/hidden", ADMIN_KEY)).json()["entries"][0]["user_id"] == 1
    await api.services.maintain.reconcile()

    async def is_read_from_the_index() -> bool:
        source, user_ids = await listed(api)
        assert user_ids == [2]
        return source == "index"

    # Shortly after a failed check of the index, or after a long pause of a busy machine, the store answers a read.
    await until(is_read_from_the_index, "a read from the index")


async def test_a_submit_key_speaks_for_a_hidden_player(api: Api) -> None:
    """A game server may show a receipt to its player. Therefore no receipt may reveal that the player is hidden."""
    await api.ranked({1: 5, 2: 3})
    await api.post("/api/users/1/hide", WHY, ADMIN_KEY)
    receipt = (await api.post("/api/scores", {"user_id": 1, "score": 1})).json()
    batch = (await api.post("/api/scores/batch", {"submissions": [{"user_id": 1, "score": 1}]})).json()["results"][0]
    assert [(one["rank"], one["score"]) for one in (receipt, batch)] == [(1, 6), (1, 7)]
    assert set(receipt) == set(batch) == set((await api.post("/api/scores", {"user_id": 2, "score": 1})).json())
    assert (await api.get("/api/leaderboard/rank/1", SUBMIT_KEY)).status_code == 404


async def test_the_first_page_is_new_at_once(api: Api) -> None:
    await api.ranked({1: 5, 2: 3})
    seen = await api.get("/api/leaderboard/top")
    assert seen.json()["total"] == 2
    await api.post("/api/users/1/hide", WHY, ADMIN_KEY)
    top = await api.get("/api/leaderboard/top", None, If_None_Match=seen.headers["etag"])
    assert (top.status_code, top.json()["total"]) == (200, 1)
    await api.post("/api/users/1/unhide", WHY, ADMIN_KEY)
    assert (await api.get("/api/leaderboard/top")).json()["entries"] == seen.json()["entries"]


async def test_a_board_without_subscores_takes_none(api: Api) -> None:
    await api.ranked({1: 5})
    answer = await api.send("PUT", ENTRY, {"score": 5, "subscore": 1, **WHY}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_an_erased_player_leaves_the_first_page_at_once(api: Api) -> None:
    await api.ranked({1: 5, 2: 3})
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 2
    assert (await api.send("DELETE", "/api/users/1", None, ADMIN_KEY)).status_code == 200
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 1
    assert await api.index.names([1]) == {}


async def test_the_previous_best_counts_again_with_its_own_time(api: Api) -> None:
    await api.store.create_board(Board(0, "laps", "Laps", Policy.BEST))
    await api.players(81, 82)
    refused = {"user_id": 81, "score": 950, "submission_id": str(uuid4())}
    for submission in ({"user_id": 81, "score": 300, "metadata": {"run": 1}}, {"user_id": 82, "score": 300}, refused):
        await api.post("/api/boards/laps/scores", submission)
        api.clock.now += 300_000
    path = f"/api/boards/laps/entries/81/submissions/{refused['submission_id']}"
    answer = await api.send("DELETE", f"{path}?reason=cheating", None, ADMIN_KEY)
    assert (answer.status_code, answer.json()["entries"][0]["state"]) == (200, "listed")
    page = await api.get("/api/boards/laps/page")
    assert page.headers["x-leaderforge-source"] == "index"
    first, second = page.json()["entries"]
    assert [(entry["user_id"], entry["score"]) for entry in (first, second)] == [(81, 300), (82, 300)]
    assert (first["achieved_at"], first["metadata"]) == ("2026-11-23T12:00:00.000Z", {"run": 1})
    copy = await api.post("/api/boards/laps/scores", {**refused, "score": 951})
    assert (copy.status_code, copy.json()["error"]["code"]) == (409, "conflict")
    assert "removed" in copy.json()["error"]["message"]
    history = (await api.get("/api/boards/laps/history/81")).json()
    assert [point["score"] for point in history["points"]] == [300]
    restored = await api.post(f"{path}/restore", WHY, ADMIN_KEY)
    assert restored.status_code == 200
    assert (await api.get("/api/boards/laps/ranks/81")).json()["score"] == 950
    entries = (await api.get("/api/admin/audit?board=laps", ADMIN_KEY)).json()["entries"]
    assert [(entry["action"], entry["reason"], entry["details"]) for entry in entries] == [
        ("submission.restore", "a reason", {"submission_id": refused["submission_id"]}),
        ("submission.remove", "cheating", {"submission_id": refused["submission_id"]}),
    ]


@pytest.mark.parametrize(
    ("user_id", "submission_id", "status", "code"),
    [
        (1, str(UUID(int=1)), 404, "submission_not_found"),
        (9, str(UUID(int=1)), 404, "user_not_found"),
        (1, "1", 422, "invalid_request"),
    ],
)
async def test_the_submission_must_be_there(api: Api, user_id: int, submission_id: str, status: int, code: str) -> None:
    await api.ranked({1: 5})
    path = f"/api/boards/default/entries/{user_id}/submissions/{submission_id}"
    for answer in (
        await api.send("DELETE", f"{path}?reason=cheating", None, ADMIN_KEY),
        await api.post(f"{path}/restore", WHY, ADMIN_KEY),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert (await api.get("/api/leaderboard/rank/1")).json()["score"] == 5
