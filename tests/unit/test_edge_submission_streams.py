"""Streams of submissions: lines in, receipts out, in the same order."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge import context
from functions.edge.http import lines, streaming
from functions.edge.http.errors import BodyTooLarge, RequestTimeout
from functions.edge.http.lines import RequestLines
from leaderforge.domain.boards import Policy
from leaderforge.domain.times import time_text
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import START, Api
from tests.waiting import PATIENCE_S, until

PATH = "/api/scores/stream"
DAY_MS = 86_400_000


class GameServer:
    """Client of a stream: it sends bytes, and reads the lines of the response one by one."""

    def __init__(self, api: Api, key: str, headers: Mapping[bytes, bytes], room: int) -> None:
        self._api = api
        self._headers = {b"content-type": b"application/x-ndjson", b"authorization": f"Bearer {key}".encode()} | headers
        self._requests: asyncio.Queue[Any] = asyncio.Queue()
        self._responses: asyncio.Queue[Any] = asyncio.Queue(room)
        self._text = b""
        self.status = 0
        self.serving: asyncio.Task[None] | None = None
        self.unread = self._requests.qsize

    async def begin(self) -> int:
        """Send the head of the request. Return the status of the response."""
        scope = {
            "type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(), "query_string": b"",
            "headers": list(self._headers.items()), "root_path": "", "scheme": "http", "server": ("localhost", 80),
            "client": None, "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        app: Any = self._api.app
        self.serving = asyncio.create_task(app(scope, self._requests.get, self._responses.put))
        self.status = (await self._next())["status"]
        return self.status

    def send(self, content: bytes, *, last: bool = False) -> None:
        self._requests.put_nowait({"type": "http.request", "body": content, "more_body": not last})

    def leave(self) -> None:
        self._requests.put_nowait({"type": "http.disconnect"})

    async def line(self) -> Any:
        """Return the next line of the response, None at its end."""
        while b"\n" not in self._text:
            message = await self._next()
            self._text += message["body"]
            if not message.get("more_body", False):
                return json.loads(self._text) if self._text else None
        line, _, self._text = self._text.partition(b"\n")
        return json.loads(line)

    async def following(self) -> Sequence[Any]:
        """Return all further lines of the response."""
        answers = []
        while (answer := await self.line()) is not None:
            answers.append(answer)
        return answers

    async def _next(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self._responses.get()


@asynccontextmanager
async def streaming_to(
    api: Api, key: str = SUBMIT_KEY, headers: Mapping[bytes, bytes] | None = None, room: int = 0
) -> AsyncIterator[GameServer]:
    server = GameServer(api, key, headers or {}, room)
    try:
        yield server
    finally:
        if server.serving is not None:
            server.serving.cancel()
            await asyncio.wait([server.serving])


def line_of(user_id: int, score: int, **members: Any) -> bytes:
    return json.dumps({"user_id": user_id, "score": score, **members}).encode() + b"\n"


def code_of(answer: Any) -> str:
    return str(answer["error"]["code"])


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6), st.integers(1, 5))
async def test_lines_do_not_depend_on_the_pieces_in_which_they_arrive(
    body: bytes, cuts: Sequence[int], size: int
) -> None:
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = iter([body[start:end] for start, end in pairwise(edges)])
    remaining = len(edges) - 1

    async def receive() -> Any:
        nonlocal remaining
        remaining -= 1
        return {"type": "http.request", "body": next(pieces), "more_body": remaining > 0}

    batches = [batch async for batch in RequestLines(receive, 8).batches(size)]
    assert all(1 <= len(batch) <= size for batch in batches)
    received = [None if isinstance(line, BodyTooLarge) else line for batch in batches for line in batch]
    assert received == [line if len(line) <= 8 else None for line in body.split(b"\n") if line.strip() or len(line) > 8]


async def test_each_line_gets_its_receipt_while_the_stream_is_open(api: Api) -> None:
    await api.players(1, 2)
    async with streaming_to(api) as server:
        assert await server.begin() == 200
        first = line_of(1, 10)
        server.send(first[:7])
        server.send(first[7:])
        assert (await server.line())["rank"] == 1
        server.send(line_of(2, 20) + b"\n \n" + line_of(3, 5) + line_of(1, 1, board="none") + b"{\n" + b"x" * 20_000)
        receipt, *refusals = [await server.line() for _ in range(5)]
        assert (receipt["user_id"], receipt["rank"]) == (2, 1)
        codes = ["user_not_found", "board_not_found", "malformed_request", "body_too_large"]
        assert list(map(code_of, refusals)) == codes
        server.send(b"x" * 20_000 + b"\n" + line_of(1, 5)[:-1], last=True)
        [receipt] = await server.following()
        assert (receipt["user_id"], receipt["score"]) == (1, 15)


async def test_acknowledged_lines_are_counted_and_the_others_may_be_sent_again(api: Api) -> None:
    await api.players(*range(1, 9))
    submissions = [line_of(i, i, submission_id=str(UUID(int=i))) for i in range(1, 9)]
    async with streaming_to(api) as server:
        await server.begin()
        server.send(b"".join(submissions[:5]) + submissions[5][:9])
        acknowledged = [await server.line() for _ in range(5)]
        server.leave()
        assert server.serving is not None
        await asyncio.wait([server.serving], timeout=PATIENCE_S)
        assert server.serving.done()
    assert [receipt["user_id"] for receipt in acknowledged] == [1, 2, 3, 4, 5]
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 5
    async with streaming_to(api) as server:
        await server.begin()
        server.send(b"".join(submissions), last=True)
        assert [receipt["duplicate"] for receipt in await server.following()] == [True] * 5 + [False] * 3


async def test_lines_of_a_player_count_in_their_order(api: Api) -> None:
    await api.players(1, 2)
    await api.change_board(policy=Policy.LATEST)
    async with streaming_to(api) as server:
        await server.begin()
        for score in range(1, 40):
            server.send(line_of(1, score) + line_of(2, -score), last=score == 39)
        answers = await server.following()
    assert [answer["score"] for answer in answers if answer["user_id"] == 1] == list(range(1, 40))


async def test_lines_that_wait_for_the_client_count_by_the_time_at_which_they_are_counted(api: Api) -> None:
    """The client does not read its receipts. Meanwhile the grace of the week ends, and the week may be settled."""
    grace_ends = START + 6 * DAY_MS + DAY_MS // 2 + 300_000
    achieved_at = time_text(grace_ends - 300_001)
    for slug, kinds in (("weeks", ["weekly"]), ("both", ["all-time", "weekly"])):
        assert (await api.post("/api/boards", {"board": slug, "periods": kinds}, ADMIN_KEY)).status_code == 201
    await api.players(1, 2, 3, 4)
    api.clock.now = grace_ends - 1

    async def counted() -> int:
        return int((await api.get("/api/boards/weeks/top?period=2026-W48")).json()["total"])

    async with streaming_to(api, room=1) as server:
        await server.begin()
        server.send(line_of(1, 1, board="weeks", achieved_at=achieved_at))
        await until(counted, "the count of the first line")
        # The first receipt waits for the client, and the next lines wait for the first receipt.
        server.send(
            line_of(2, 2, board="weeks", achieved_at=achieved_at)
            + line_of(3, 3, board="both", achieved_at=achieved_at)
            + line_of(4, 4, board="none"),
            last=True,
        )
        await until(lambda: server.unread() == 0, "the read of the last lines")
        api.clock.now = grace_ends + 20_000
        first, closed, late, refused = await server.following()
    assert [answer["user_id"] for answer in (first, late)] == [1, 3]
    assert list(map(code_of, (closed, refused))) == ["period_closed", "board_not_found"]
    assert late["achieved_at"] == achieved_at
    assert await counted() == 1
    assert (await api.get("/api/boards/both/top?period=2026-W48")).status_code == 404
    assert (await api.get("/api/boards/both/top")).json()["total"] == 1


async def test_a_revoked_key_counts_no_line_that_waits(api: Api) -> None:
    await api.players(1, 2)
    issued = (await api.post("/api/admin/keys", {"name": "game", "scopes": ["submit"]}, ADMIN_KEY)).json()

    async def counted() -> int:
        return int((await api.get("/api/leaderboard/top")).json()["total"])

    async with streaming_to(api, issued["key"], room=1) as server:
        await server.begin()
        server.send(line_of(1, 1))
        await until(counted, "the count of the first line")
        server.send(line_of(2, 2), last=True)
        await until(lambda: server.unread() == 0, "the read of the second line")
        assert (await api.send("DELETE", "/api/admin/keys/game", key=ADMIN_KEY)).status_code == 200
        api.clock.now += 20_000
        first, refused = await server.following()
    assert first["user_id"] == 1
    assert code_of(refused) == "unauthenticated"


async def test_a_client_that_reads_nothing_is_not_read_either(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_S", 0.2)
    await api.players(1)
    async with streaming_to(api, room=2) as server:
        await server.begin()
        for _ in range(50):
            server.send(line_of(1, 1))
        assert server.serving is not None
        await asyncio.wait([server.serving], timeout=PATIENCE_S)
        assert server.serving.done()
        assert server.unread() > 40


async def test_a_revoked_key_counts_no_further_line(api: Api) -> None:
    await api.players(1)
    issued = (await api.post("/api/admin/keys", {"name": "game", "scopes": ["submit"]}, ADMIN_KEY)).json()
    async with streaming_to(api, issued["key"]) as server:
        await server.begin()
        server.send(line_of(1, 1))
        assert (await server.line())["score"] == 1
        assert (await api.send("DELETE", "/api/admin/keys/game", key=ADMIN_KEY)).status_code == 200

        async def is_refused() -> bool:
            server.send(line_of(1, 0))
            return "error" in await server.line()

        await until(is_refused, "a refusal of the revoked key")
        server.send(line_of(1, 1), last=True)
        [answer] = await server.following()
        assert code_of(answer) == "unauthenticated"


async def test_an_idle_stream_is_broken_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "IDLE_S", 0.01)
    async with streaming_to(api) as server:
        await server.begin()
        assert server.serving is not None
        with pytest.raises(RequestTimeout):
            await server.serving


async def test_a_shutdown_ends_the_stream_after_the_lines_that_arrived(api: Api) -> None:
    await api.players(1)
    async with streaming_to(api) as server:
        await server.begin()
        server.send(line_of(1, 1) + b'{"user_id"')
        assert (await server.line())["score"] == 1
        api.edge.streams.close()
        assert await server.following() == []


async def test_a_process_reads_a_limited_number_of_streams(api: Api) -> None:
    async with streaming_to(api) as open_stream, streaming_to(api) as refused, streaming_to(api) as admitted:
        api.edge.streams = lines.OpenStreams(1)
        assert await open_stream.begin() == 200
        assert await refused.begin() == 503
        assert code_of(await refused.line()) == "too_many_streams"
        open_stream.send(b"", last=True)
        assert await open_stream.following() == []
        assert await admitted.begin() == 200
    assert context.Edge(api.services).streams is not None


async def test_requests_that_are_no_stream_are_refused(api: Api) -> None:
    async with streaming_to(api, headers={b"content-type": b"application/json"}) as server:
        assert await server.begin() == 415
    async with streaming_to(api, key="wrong") as server:
        assert await server.begin() == 401
