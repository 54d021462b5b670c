"""Uploads of score files: preview, import with progress, limits, cancellation."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from functions.edge.http import uploads
from functions.edge.http.upload_slots import MAX_UPLOADS
from tests.api_client import ADMIN_KEY, bearer
from tests.option_cases import OPTION_CASES, OptionCase, picked
from tests.unit.edge_fixtures import Api, serving
from tests.waiting import until

PREVIEW, IMPORT = "/api/admin/imports/preview", "/api/admin/imports"
FILE = b"runner;result\nAda;12,50\nBen;59,905\nCid;1:02,00\nDee;13\nEve;14,25\n"
LAPS = {"board": "laps", "name": "Laps", "policy": "best", "order": "asc", "unit": "s", "decimals": 2}
QUERY = "?board=laps&file=laps.csv&decimal=,"


@pytest.fixture
async def laps() -> AsyncIterator[Api]:
    async with serving(LEADERFORGE_MAX_UPLOAD_BYTES="2000") as api:
        assert (await api.post("/api/boards", LAPS, ADMIN_KEY)).status_code == 201
        yield api


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def scores(api: Api) -> list[tuple[str, int]]:
    entries = (await api.get("/api/boards/laps/page?rank=1&limit=10")).json()["entries"]
    return [(entry["username"], entry["score"]) for entry in entries]


async def test_a_preview_proposes_columns_and_changes_nothing(laps: Api):
    answer = await laps.upload(PREVIEW + QUERY, FILE, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["columns"], shown["player"], shown["score"], shown["time"]) == (
        ["runner", "result"],
        "runner",
        "result",
        None,
    )
    assert shown["scores"] == "shown"
    assert "the columns are separated by semicolon" in shown["notes"]
    assert not any("Proposed" in note for note in shown["notes"])
    assert [(line["line"], line["player"], line["score"], line["shown"]) for line in shown["lines"]] == [
        (2, "Ada", 1250, "0:12.50"),
        (4, "Cid", 6200, "1:02.00"),
        (5, "Dee", 1300, "0:13.00"),
        (6, "Eve", 1425, "0:14.25"),
    ]
    assert (shown["counting"], shown["bad"]) == (4, 1)
    assert shown["problems"] == [{"line": 3, "problem": "'59,905' has 3 decimals, and the board keeps 2 decimals"}]
    assert await scores(laps) == []


async def test_a_preview_reports_a_time_that_no_clock_can_show(laps: Api):
    file = b"runner;result;day\nAda;12,50;46310\nBen;13;1e999999\n"
    answer = await laps.upload(f"{PREVIEW}{QUERY}&time=day&time_format=serial", file, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["problems"] == [{"line": 3, "problem": "'1e999999' is not a number"}]
    assert answer.json()["counting"] == 1


async def test_an_import_streams_its_progress_and_its_result_and_is_audited(laps: Api):
    query = f"{QUERY}&player=runner&score=result"
    compressed = gzip.compress(FILE)
    answer = await laps.upload(IMPORT + query, compressed, ADMIN_KEY)
    assert answer.headers["content-type"] == "application/x-ndjson"
    first, *_, end, last = events(answer.text)
    assert first["progress"]["recorded"] == 0
    assert (end["progress"]["read_bytes"], end["progress"]["total_bytes"]) == (len(compressed), len(compressed))
    result = last["result"]
    assert {name: result[name] for name in ("recorded", "duplicates", "players_created", "bad")} == {
        "recorded": 4,
        "duplicates": 0,
        "players_created": 4,
        "bad": 1,
    }
    assert [problem["line"] for problem in result["problems"]] == [3]
    assert await scores(laps) == [("Ada", 1250), ("Dee", 1300), ("Eve", 1425), ("Cid", 6200)]
    again = events((await laps.upload(IMPORT + query, FILE, ADMIN_KEY)).text)[-1]["result"]
    assert (again["recorded"], again["duplicates"]) == (0, 4)
    [entry, _] = (await laps.get("/api/admin/audit?action=scores.import", ADMIN_KEY)).json()["entries"]
    assert (entry["actor"], entry["board"]) == ("env:admin", "laps")
    assert entry["details"] == {"history": False, "replace": False, "file": "laps.csv"}


@pytest.mark.parametrize("case", OPTION_CASES.values(), ids=OPTION_CASES)
async def test_each_option_decides_how_a_file_is_read(laps: Api, case: OptionCase):
    created = await laps.post("/api/boards", {"board": "cup", "name": "Cup", **case.board}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    options = {name.replace("-", "_"): value for name, value in case.options.items()}
    query = urlencode({"board": "cup", "file": case.name, **options})
    uploaded = await laps.upload(f"{IMPORT}?{query}", case.data, ADMIN_KEY)
    assert uploaded.status_code == 200, uploaded.text
    assert events(uploaded.text)[-1]["result"]["bad"] == case.bad
    entries = (await laps.get("/api/boards/cup/page?rank=1&limit=10", ADMIN_KEY)).json()["entries"]
    assert picked(entries, case.entries) == case.entries


@pytest.mark.parametrize(
    ("query", "content", "status", "problem"),
    [
        ("?board=none&file=a.csv", FILE, 404, "board"),
        ("?board=laps&file=a.xls", FILE, 422, "unknown format"),
        ("?board=laps&file=a.csv&player=nobody", FILE, 422, "there is no column 'nobody'"),
        ("?board=laps&file=a.csv&separator=ab", FILE, 422, "not one character"),
        ("?board=laps&file=a.csv", b"x" * 2001, 413, "at most 2000 bytes"),
        ("?board=laps&file=a.csv", b"PK\x03\x04", 422, "save the sheet as CSV"),
        ("?board=laps", FILE, 422, "file"),
        ("?board=laps&file=a.csv&history=yes", FILE, 422, "history"),
    ],
)
async def test_unusable_files_are_refused(laps: Api, query: str, content: bytes, status: int, problem: str):
    for path in (PREVIEW, IMPORT):
        answer = await laps.upload(path + query, content, ADMIN_KEY)
        assert answer.status_code == status, answer.text
        assert problem in answer.json()["error"]["message"]


async def test_other_bodies_are_refused(laps: Api):
    assert (await laps.post(PREVIEW + QUERY, {}, ADMIN_KEY)).status_code == 415


async def test_a_process_takes_few_files_at_a_time(laps: Api):
    sending = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield FILE[:10]
        await sending.wait()
        yield FILE[10:]

    headers = bearer(ADMIN_KEY) | {"Content-Type": uploads.CONTENT_TYPE}
    tasks = [
        asyncio.create_task(laps.client.post(PREVIEW + QUERY, content=slowly(), headers=headers))
        for _ in range(MAX_UPLOADS)
    ]
    await until(lambda: laps.edge.uploads.taken == MAX_UPLOADS, "all slots to be taken")
    answer = await laps.upload(IMPORT + QUERY, FILE, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
    sending.set()
    assert [(await task).status_code for task in tasks] == [200, 200]
    assert laps.edge.uploads.taken == 0


async def test_an_upload_that_stops_is_refused(laps: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "_PART_S", 0.01)

    async def endless() -> AsyncIterator[bytes]:
        yield FILE
        await asyncio.Event().wait()

    headers = bearer(ADMIN_KEY) | {"Content-Type": uploads.CONTENT_TYPE}
    answer = await laps.client.post(PREVIEW + QUERY, content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "request_timeout")


async def test_closing_the_stream_stops_the_import_and_another_one_continues(
    laps: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("functions.imports._PROGRESS_S", 0.01)
    # Each batch of the import looks up its board. This look-up waits until the test lets it continue.
    batches: list[int] = []
    go_on = asyncio.Event()
    board_of = laps.store.board

    async def slow_board(slug: str) -> Any:
        batches.append(1)
        if len(batches) > 2:
            await go_on.wait()
        return await board_of(slug)

    text = b"player,score\n" + b"".join(b"P%d,%d\n" % (i, i + 1) for i in range(150))
    path = f"{IMPORT}?board=laps&file=a.csv"
    monkeypatch.setattr("functions.imports._BATCH", 50)
    monkeypatch.setattr(laps.store, "board", slow_board)
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"}
    scope |= {"path": IMPORT, "raw_path": IMPORT.encode(), "query_string": b"board=laps&file=a.csv", "root_path": ""}
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": uploads.CONTENT_TYPE}
    scope |= {"headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]}
    scope |= {"client": ("127.0.0.1", 1), "server": ("localhost", 80)}
    messages: asyncio.Queue[Any] = asyncio.Queue()
    await messages.put({"type": "http.request", "body": text, "more_body": False})
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    request = asyncio.create_task(laps.app(scope, messages.get, send))  # type: ignore[arg-type]
    await until(lambda: len(batches) > 2 and len(sent) > 2, "the import to wait")
    await messages.put({"type": "http.disconnect"})
    await request
    assert laps.edge.uploads.taken == 0
    assert not any(b"result" in piece for piece in sent)
    go_on.set()
    result = events((await laps.upload(path, text, ADMIN_KEY)).text)[-1]["result"]
    assert result["duplicates"] == 50
    assert result["recorded"] == 100


async def test_functions_on_lambda_say_that_they_take_no_files():
    async with serving(AWS_LAMBDA_FUNCTION_NAME="admin") as api:

        async def on_lambda(scope: Any, receive: Any, send: Any) -> None:
            await api.app({**scope, "aws.event": {}}, receive, send)

        transport = httpx.ASGITransport(on_lambda)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = bearer(ADMIN_KEY) | {"Content-Type": uploads.CONTENT_TYPE}
            answer = await client.post(PREVIEW + QUERY, content=FILE, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "streaming_unavailable")
