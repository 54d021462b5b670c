"""Bulk over HTTP: batches across boards and exports of whole boards."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest

from functions.edge.wire.receipts import BatchOut
from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.services import exporting
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving

BATCH = "/api/scores/batch"
EXPORT = "/api/boards/default/export"


def told(results: Any) -> list[Any]:
    """Return the result of each item: the code of its error, or its player and score."""
    return [one["error"]["code"] if "error" in one else (one["user_id"], one["score"]) for one in results]


async def submit(api: Api, batch: list[Any], key: str = SUBMIT_KEY) -> list[Any]:
    answer = await api.post(BATCH, {"submissions": batch}, key)
    assert answer.status_code == 200, answer.text
    BatchOut.model_validate_json(answer.content)
    results: list[Any] = answer.json()["results"]
    return results


async def test_each_submission_goes_to_its_own_board(api: Api) -> None:
    await api.store.create_board(Board(0, "laps", "Laps", Policy.BEST, Order.ASC))
    await api.players(1, 2)
    batch: list[Any] = [
        {"board": "laps", "user_id": 1, "score": 70},
        {"user_id": 1, "score": 5},
        {"board": "nowhere", "user_id": 1, "score": 5},
        {"board": "laps", "user_id": 9, "score": 5},
        {"board": "Laps!", "user_id": 1, "score": 5},
        {"board": "default", "user_id": 1, "score": 7},
        "nonsense",
        {"board": "laps", "user_id": 1, "score": 60},
        {"board": "laps", "user_id": 2, "score": 50, "subscore": 3},
    ]
    results = await submit(api, batch)
    assert told(results) == [
        (1, 60),
        (1, 12),
        "board_not_found",
        "user_not_found",
        "invalid_request",
        (1, 12),
        "invalid_request",
        (1, 60),
        "invalid_request",
    ]
    assert results[2]["error"]["details"] == {"board": "nowhere"}
    assert (await api.get("/api/boards/laps/ranks/1")).json()["submissions"] == 2


async def test_players_submit_for_themselves_on_open_boards_only() -> None:
    async with serving(**TOKENS) as api:
        await api.store.create_board(Board(0, "open", "Open", open_to_players=True))
        await api.players(1, 2)
        scores: list[Mapping[str, Any]] = [
            {"board": "open", "user_id": 1, "score": 1},
            {"board": "open", "user_id": 2, "score": 1},
            {"board": "default", "user_id": 1, "score": 1},
        ]
        assert told(await submit(api, scores, token(1))) == [(1, 1), "forbidden", "forbidden"]
        assert (await api.get("/api/leaderboard/top")).json()["total"] == 0


@pytest.mark.parametrize("count", [0, 1001])
async def test_batches_are_bounded(api: Api, count: int) -> None:
    answer = await api.post(BATCH, {"submissions": [{"user_id": 1, "score": 1}] * count})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_the_rank_can_be_spared(api: Api) -> None:
    await api.players(1)
    answer = await api.post(f"{BATCH}?rank=none", {"submissions": [{"user_id": 1, "score": 1}]})
    assert answer.json()["results"][0]["rank"] is None


@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_an_export_is_what_the_pages_show(api: Api, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", size)
    await api.ranked({user_id: user_id // 2 for user_id in range(1, 11)})
    await api.players(11)
    await api.post("/api/scores", {"user_id": 11, "score": 99, "metadata": {"level": 3}}, SUBMIT_KEY)
    entries = (await api.get("/api/boards/default/page?limit=100")).json()["entries"]
    answer = await api.get(f"{EXPORT}?format=ndjson", SUBMIT_KEY)
    assert [json.loads(line) for line in answer.text.splitlines()] == entries
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="default-all-time.ndjson"'
    assert answer.headers["x-leaderforge-source"] == "index"
    table = await api.get(EXPORT, SUBMIT_KEY)
    rows = list(csv.DictReader(StringIO(table.text, newline="")))
    assert [(int(row["rank"]), int(row["user_id"]), row["username"]) for row in rows] == [
        (entry["rank"], entry["user_id"], entry["username"]) for entry in entries
    ]
    assert rows[0]["metadata"] == '{"level":3}'
    assert table.headers["content-type"] == "text/csv; charset=utf-8; header=present"


async def test_an_empty_board_is_an_empty_file(api: Api) -> None:
    assert (await api.get(f"{EXPORT}?format=ndjson", SUBMIT_KEY)).text == ""
    assert len((await api.get(EXPORT, SUBMIT_KEY)).text.splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{EXPORT}?format=xml", 422, "invalid_request"),
        (f"{EXPORT}?period=2020-01-01", 404, "period_not_found"),
        ("/api/boards/nowhere/export", 404, "board_not_found"),
    ],
)
async def test_what_cannot_be_exported_is_told(api: Api, path: str, status: int, code: str) -> None:
    answer = await api.get(path, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_an_export_comes_from_the_store_while_the_index_is_away(api: Api) -> None:
    await api.ranked({1: 5, 2: 6})
    api.index.wipe()
    answer = await api.get(f"{EXPORT}?format=ndjson", SUBMIT_KEY)
    assert [json.loads(line)["user_id"] for line in answer.text.splitlines()] == [2, 1]
    assert answer.headers["x-leaderforge-source"] == "postgres"
    api.store.available = False
    assert (await api.get(EXPORT, SUBMIT_KEY)).json()["error"]["code"] == "index_unavailable"
