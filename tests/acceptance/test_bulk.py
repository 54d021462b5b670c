"""Bulk calls on a real server and stores: metadata of runs, batches across boards, exports of complete boards."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from leaderforge.domain.boards import Board, Policy
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import Command
from tests.acceptance.conftest import new_database
from tests.acceptance.crowds import crowd
from tests.api_client import SUBMIT_KEY
from tests.waiting import PATIENCE_S

CROWD = 100_000
"""Number of players that shows whether memory grows with the board. `make test` has fewer, in tests without memory."""
RUNS = {
    Policy.SUM: [(5, "first"), (7, "second"), (0, "idle"), (-3, "last")],
    Policy.BEST: [(5, "first"), (9, "last"), (7, "worse"), (-3, "worst")],
    Policy.LATEST: [(5, "first"), (9, "best"), (0, None), (-3, "last")],
}
"""Submissions in order, by policy: score and name. The run of the final standing is named `last`."""
METADATA = {"name": 'Žofie "the 🏎️, ace"', "runs": [1, 2.5, None, True, {"deep": [[]]}], "\u2028": "\\u0000"}


@pytest.fixture(scope="module", params=[10_000, pytest.param(CROWD, marks=pytest.mark.long)])
def players(request: pytest.FixtureRequest) -> int:
    """Number of players on the board `default`."""
    number: int = request.param
    return number


@pytest.fixture(scope="module")
async def api(valkey, postgres, players: int) -> AsyncIterator[Served]:
    """Server with many players on the board `default`, and another board for each policy."""
    async with served(environment(valkey.addresses, await new_database(postgres.dsn))) as api:
        await api.until_healthy()
        for policy in Policy:
            await api.services.parts.store.create_board(Board(0, policy.value, policy.value, policy))
        await crowd(api.services, players)
        yield api


async def submit_alone(api: Served, board: str, submission: dict[str, Any]) -> int:
    return (await api.post(f"/api/boards/{board}/scores", submission)).status_code


async def submit_in_batch(api: Served, board: str, submission: dict[str, Any]) -> int:
    answer = await api.post(f"/api/boards/{board}/scores/batch", {"submissions": [submission]})
    return 200 if "score" in answer.json()["results"][0] else 422


async def submit_across_boards(api: Served, board: str, submission: dict[str, Any]) -> int:
    answer = await api.post("/api/scores/batch", {"submissions": [{**submission, "board": board}]})
    return 200 if "score" in answer.json()["results"][0] else 422


WAYS = [submit_alone, submit_in_batch, submit_across_boards]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("policy", Policy)
async def test_metadata_travels_with_the_run(api: Served, policy: Policy, way: Any) -> None:
    board, user_id = policy.value, 1 + WAYS.index(way)
    for score, name in RUNS[policy]:
        metadata = None if name is None else {**METADATA, "run": name}
        assert await way(api, board, {"user_id": user_id, "score": score, "metadata": metadata}) == 200
    for entry in await entries_of(api, board, user_id):
        assert entry["metadata"] == {**METADATA, "run": "last"}


async def entries_of(api: Served, board: str, user_id: int) -> list[Any]:
    """Return the player's entry from each kind of read."""
    path = f"/api/boards/{board}"
    one = (await api.get(f"{path}/ranks/{user_id}")).json()
    score, percentile = one["score"], one["percentile"]
    lists = [
        (await api.get(f"{path}/{listing}")).json()["entries"]
        for listing in ("top", "page?rank=1", f"range?min_score={score}&max_score={score}", f"around/{user_id}")
    ]
    lists.append((await api.post(f"{path}/ranks/lookup", {"user_ids": [user_id]})).json()["entries"])
    lists.append([(await api.get(f"{path}/percentile/{percentile}")).json()["entry"]] if percentile == 100 else [one])
    exported = (await api.get(f"{path}/export?format=ndjson", SUBMIT_KEY)).text
    lists.append([json.loads(line) for line in exported.split("\n")[:-1]])
    return [next(entry for entry in some if entry["user_id"] == user_id) for some in lists]


@pytest.mark.parametrize("way", WAYS)
async def test_metadata_has_at_most_2048_bytes(api: Served, way: Any) -> None:
    frame = len('{"a":""}')
    fits, wide = "x" * (2048 - frame), "š" * ((2048 - frame) // 2)
    for text, status in [(fits, 200), (fits + "x", 422), (wide, 200), (wide + "š", 422), ("\0", 422)]:
        submission = {"user_id": 9, "score": 1, "metadata": {"a": text}}
        assert await way(api, "latest", submission) == status
    entry = (await api.get("/api/boards/latest/ranks/9")).json()
    assert entry["metadata"] == {"a": wide}


async def test_a_batch_across_boards_is_counted_once(api: Served) -> None:
    scores = [
        {"board": policy.value, "user_id": user_id, "score": 1, "submission_id": str(uuid4())}
        for user_id in (20, 21)
        for policy in Policy
    ]
    first = (await api.post("/api/scores/batch", {"submissions": scores})).json()["results"]
    again = (await api.post("/api/scores/batch", {"submissions": scores})).json()["results"]
    assert [{**one, "duplicate": True} for one in first] == again
    for one, receipt in zip(scores, first, strict=True):
        entry = (await api.get(f"/api/boards/{one['board']}/ranks/{one['user_id']}")).json()
        assert (receipt["score"], receipt["submissions"]) == (entry["score"], entry["submissions"]) == (1, 1)


async def test_a_stream_is_answered_while_it_is_open_and_acknowledges_only_what_counts(api: Served) -> None:
    """Break the connection within a stream of 2000 submissions. Then send all submissions again on a new connection."""
    submissions = [
        b'{"board":"latest","user_id":%d,"score":%d,"submission_id":"%s"}\n' % (i, i, str(uuid4()).encode())
        for i in range(101, 2101)
    ]
    async with asyncio.timeout(PATIENCE_S):
        async with stream_of_submissions(api) as (reader, writer):
            receipts = []
            for submission in submissions[:3]:
                writer.write(_chunk(submission))
                receipts.append(await _line(reader))
            writer.write(_chunk(b"".join(submissions[3:])))
            receipts += [await _line(reader) for _ in range(500)]
            writer.transport.abort()
        async with stream_of_submissions(api) as (reader, writer):
            writer.write(_chunk(b"".join(submissions)) + _chunk(b""))
            again = [await _line(reader) for _ in submissions]
    assert [receipt["user_id"] for receipt in receipts] == list(range(101, 604))
    assert [receipt["score"] for receipt in again] == list(range(101, 2101))
    assert all(receipt["duplicate"] for receipt in again[: len(receipts)])
    assert (await api.get("/api/boards/latest/ranks/2100")).json()["submissions"] == 1


@asynccontextmanager
async def stream_of_submissions(api: Served) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a stream of submissions. Yield the connection after the head of the response."""
    address = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /api/scores/stream HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {SUBMIT_KEY}\r\n"
    writer.write(f"{head}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    try:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        yield reader, writer
    finally:
        writer.close()


def _chunk(content: bytes) -> bytes:
    """Return a chunk of a body. An empty chunk ends the body."""
    return b"%x\r\n%s\r\n" % (len(content), content)


async def _line(reader: asyncio.StreamReader) -> Any:
    """Return the next line of a chunked response, without the sizes of its chunks."""
    while not (line := await reader.readuntil(b"\n")).startswith(b"{"):
        pass
    return json.loads(line)


async def test_an_export_shows_what_the_pages_show(api: Served, players: int) -> None:
    shown = []
    query = "rank=1"
    while query:
        page = (await api.get(f"/api/boards/default/page?{query}&limit=1000")).json()
        shown += page["entries"]
        query = page["next"] and f"cursor={page['next']}"
    assert len(shown) == players
    exported = (await api.get("/api/boards/default/export?format=ndjson", SUBMIT_KEY)).text
    assert [json.loads(line) for line in exported.split("\n")[:-1]] == shown


@pytest.mark.long
@pytest.mark.parametrize("players", [CROWD], indirect=True)
async def test_memory_stays_flat_however_large_the_board(api: Served, tmp_path: Path) -> None:
    command = command_of(api)
    for first in range(1, CROWD // 10, 1000):
        batch = [{"user_id": user_id, "score": user_id} for user_id in range(first, first + 1000)]
        assert (await api.post("/api/boards/sum/scores/batch?rank=none", {"submissions": batch})).status_code == 200
    tenth, whole = (
        command.peak_bytes("export", board, "--out", str(tmp_path / f"{board}.csv")) for board in ("sum", "default")
    )
    sizes = [(tmp_path / f"{board}.csv").stat().st_size for board in ("sum", "default")]
    assert sizes[1] > 5 * sizes[0]
    assert whole < 1.2 * tenth


def command_of(api: Served) -> Command:
    """Return the command with the server's database and index."""
    settings = api.services.settings
    return Command(settings.postgres_dsn.get_secret_value(), settings.redis_nodes, settings.namespace)


async def test_the_command_writes_what_the_api_sends(api: Served, tmp_path: Path) -> None:
    command = command_of(api)
    out = tmp_path / "best.csv"
    assert command.run("export", "best", "--out", str(out)).errors == [f"{await total(api, 'best'):,} entries exported"]
    assert out.read_bytes().decode() == (await api.get("/api/boards/best/export", SUBMIT_KEY)).text
    assert names(tmp_path) == ["best.csv"]
    lines = command.run("export", "best", "--format", "ndjson", "--period", "all-time").output
    sent = (await api.get("/api/boards/best/export?format=ndjson", SUBMIT_KEY)).text
    assert lines == sent.splitlines()


async def test_the_command_leaves_no_half_a_file(api: Served, tmp_path: Path) -> None:
    command = command_of(api)
    for arguments, said in [
        (("nowhere",), "there is no board 'nowhere'"),
        (("best", "--period", "daily"), "no period"),
    ]:
        ended = command.run("export", *arguments, "--out", str(tmp_path / "file.csv"), code=1)
        assert said in ended.errors[-1]
    assert names(tmp_path) == []


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def total(api: Served, board: str) -> int:
    rows = list(csv.reader(StringIO((await api.get(f"/api/boards/{board}/export", SUBMIT_KEY)).text, newline="")))
    return len(rows) - 1
