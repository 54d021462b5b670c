"""Streamed responses."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from functions.edge.dependencies import TheEdge
from functions.edge.http import streaming
from functions.edge.http.application import application, router
from functions.edge.http.streaming import Stream
from leaderforge.domain.errors import StoreUnavailable
from tests.unit.edge_fixtures import Api
from tests.unit.test_edge_requests import told
from tests.waiting import PATIENCE_S

TYPE = (b"content-type", b"text/plain")
PATH = "/api/stream-of-the-tests"

Pieces = AsyncGenerator[bytes, None]


class Source:
    """Source of the pieces of a stream. It raises pieces that are errors, and sets `closed` when its generator ends."""

    def __init__(self, *pieces: bytes | Exception, then: Callable[[], Awaitable[Any]] | None = None) -> None:
        self._pieces = pieces
        self._then = then
        self.taken = 0
        self.closed = asyncio.Event()

    async def pieces(self) -> Pieces:
        try:
            for piece in self._pieces:
                self.taken += 1
                if isinstance(piece, Exception):
                    raise piece
                yield piece
            if self._then is not None:
                await self._then()
        finally:
            self.closed.set()


def app_of(api: Api, source: Source) -> Any:
    routes = router("tests")

    @routes.get(PATH)
    async def stream(edge: TheEdge) -> Stream:
        return Stream(source.pieces(), [TYPE])

    return application(api.services, routes)


async def ask(app: Any, method: str = "GET") -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, PATH)


class Connection:
    """Server's side of a request. It stores `room` messages, then blocks, and disconnects once `left` is set."""

    def __init__(self, room: int = 100) -> None:
        self.sent: list[Any] = []
        self.begun = asyncio.Event()
        self.left = asyncio.Event()
        self._room = room
        self._asked = False

    async def receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request"}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        self.begun.set()
        if len(self.sent) > self._room:
            await asyncio.Event().wait()

    async def serve(
        self, app: Callable[..., Awaitable[None]], path: str = PATH, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": list(headers), "root_path": "", "scheme": "http", "server": None, "client": None,
            "http_version": "1.1",
        }  # fmt: skip
        async with asyncio.timeout(PATIENCE_S):
            await app(scope, self.receive, self.send)


async def test_pieces_are_sent_one_after_the_other(api: Api) -> None:
    connection, source = Connection(), Source(b"a", b"", b"b")
    await connection.serve(app_of(api, source))
    start, *bodies = connection.sent
    assert start["status"] == 200
    assert TYPE in start["headers"]
    assert [(one["body"], one.get("more_body", False)) for one in bodies] == [
        (b"a", True), (b"", True), (b"b", True), (b"", False),
    ]  # fmt: skip
    assert source.closed.is_set()


async def test_nothing_to_send_is_an_empty_answer(api: Api) -> None:
    answer = await ask(app_of(api, Source()))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_error_before_the_first_piece_is_answered_as_any_other(api: Api) -> None:
    assert told(await ask(app_of(api, Source(StoreUnavailable("gone"))))) == (503, "store_unavailable")


async def test_a_later_error_breaks_the_connection_off(api: Api) -> None:
    connection, source = Connection(), Source(b"a", StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable):
        await connection.serve(app_of(api, source))
    assert connection.sent[-1]["more_body"]
    assert source.closed.is_set()


async def test_the_source_is_closed_when_the_client_leaves(api: Api) -> None:
    connection, source = Connection(), Source(b"a", then=asyncio.Event().wait)
    serving = asyncio.create_task(connection.serve(app_of(api, source)))
    await connection.begun.wait()
    connection.left.set()
    await serving
    assert source.closed.is_set()


async def test_a_client_that_takes_nothing_counts_as_gone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_S", 0.01)
    connection, source = Connection(room=3), Source(*[b"a"] * 10)
    await connection.serve(app_of(api, source))
    assert source.taken == 3
    assert source.closed.is_set()


async def test_the_source_is_closed_when_the_server_gives_the_request_up(api: Api) -> None:
    connection, source = Connection(), Source(b"a", then=asyncio.Event().wait)
    serving = asyncio.create_task(connection.serve(app_of(api, source)))
    await connection.begun.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert source.closed.is_set()


async def test_head_is_answered_without_waiting_for_the_end(api: Api) -> None:
    source = Source(b"a", then=asyncio.Event().wait)
    async with asyncio.timeout(PATIENCE_S):
        answer = await ask(app_of(api, source), "HEAD")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "text/plain", b"")
    assert source.closed.is_set()
