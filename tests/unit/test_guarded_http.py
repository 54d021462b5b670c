"""Limits of request heads on real connections: length, number of headers, and time."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import httptools
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from functions.edge.http import guarded
from functions.edge.http.admission import ADMITTED, Limiters
from functions.edge.http.guarded import MAX_HEAD_BYTES, MAX_HEADERS, GuardedHttp
from tests.waiting import PATIENCE_S

REQUEST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
MAX_READ = 4 * MAX_HEAD_BYTES
"""Maximum number of bytes that the server reads of an endless request head."""


@dataclass
class Echo:
    """Application that answers with the body of the request. On /slow it waits for `go_on` first."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests.append(scope)
        body, has_more = b"", True
        while has_more:
            message = await receive()
            body += message.get("body", b"")
            has_more = message.get("more_body", False)
        if scope["path"] == "/slow":
            await self.go_on.wait()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: Any, protocol: type[asyncio.Protocol] = GuardedHttp) -> AsyncIterator[int]:
    options: dict[str, Any] = {"lifespan": "off", "log_config": None, "access_log": False, "timeout_keep_alive": 60}
    config = uvicorn.Config(app, http=protocol, **options)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Quiet(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await running


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def port(echo: Echo) -> AsyncIterator[int]:
    async with served(echo) as port:
        yield port
        echo.go_on.set()


async def answer_to(port: int, pieces: Sequence[bytes]) -> bytes:
    """Send the pieces until the server closes the connection. Return all bytes from the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        async with asyncio.timeout(PATIENCE_S):
            received = b""
            with suppress(ConnectionError):
                while data := await reader.read(65_536):
                    received += data
            return received
    finally:
        writer.close()


ENDLESS = {
    "tiny headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"h:\r\n" * 4_000, 431),
    "one header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"a" * 16_000, 431),
    "long headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-A: " + b"a" * 15_000 + b"\r\n", 431),
    "a name": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"a" * 16_000, 431),
    "a target": (b"GET /?", b"a" * 16_000, 414),
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("size", [100, 5_000, 300_000])
async def test_an_endless_head_is_refused(port: int, echo: Echo, kind: str, size: int) -> None:
    begin, part, status = ENDLESS[kind]
    flood = part * (2_000_000 // len(part))
    pieces = [begin, *(flood[i : i + size] for i in range(0, len(flood), size))]
    received = await answer_to(port, pieces)
    # A client that is still sending may receive a reset before the response.
    if received:
        assert received.startswith(b"HTTP/1.1 %d " % status)
        assert json.loads(received.partition(b"\r\n\r\n")[2])["error"]["code"] == "head_too_long"
    assert echo.requests == []


@pytest.mark.parametrize(("head", "status"), [("tiny headers", 431), ("a target", 414)])
async def test_the_refusal_names_the_limit(port: int, head: str, status: int) -> None:
    begin, part, _ = ENDLESS[head]
    received = await answer_to(port, [begin + part * (MAX_HEAD_BYTES // len(part) + 1)])
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in received


async def test_many_headers_are_refused_even_if_they_are_short(port: int, echo: Echo) -> None:
    received = await answer_to(port, [b"GET / HTTP/1.1\r\n" + b"h: 1\r\n" * (MAX_HEADERS + 1) + b"\r\n"])
    assert received.startswith(b"HTTP/1.1 431 ")
    assert echo.requests == []


async def test_a_head_may_be_as_long_as_the_limit(port: int, echo: Echo) -> None:
    value = b"a" * 15_000
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: %s\r\nX-B: %s\r\n\r\n" % (value, value)
    assert len(head) < MAX_HEAD_BYTES
    assert (await answer_to(port, [head])).startswith(b"HTTP/1.1 200 ")
    assert (b"x-b", value) in echo.requests[0]["headers"]


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(0, 3 * len(REQUEST)), max_size=20))
def test_any_division_into_pieces_gives_the_same_requests(cuts: list[int]) -> None:
    async def check() -> None:
        stream = REQUEST * 2 + REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        echo = Echo()
        async with served(echo) as port:
            edges = [0, *sorted(cuts), len(stream)]
            received = await answer_to(port, [stream[a:b] for a, b in pairwise(edges)])
        assert received.count(b"HTTP/1.1 200 OK") == received.count(b"hello") == len(echo.requests) == 3

    asyncio.run(check())


async def test_a_large_body_is_no_head(port: int, echo: Echo) -> None:
    body = b"b" * 3_000_000
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    received = await answer_to(port, [head + body])
    assert received.endswith(body)


CHUNKED = (
    b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
)
BESIDE_A_BODY = {
    "tiny trailers": (b"0\r\n", b"t:\r\n" * 4_000),
    "long trailers": (b"0\r\n", b"T-A: " + b"a" * 15_000 + b"\r\n"),
    "one trailer": (b"0\r\nT-Long: ", b"a" * 16_000),
    "an extension of a chunk": (b"5;", b"a" * 16_000),
}


@pytest.mark.parametrize("kind", BESIDE_A_BODY)
@pytest.mark.parametrize("size", [100, 5_000, 300_000])
async def test_endless_data_beside_a_body_is_refused(port: int, echo: Echo, kind: str, size: int) -> None:
    begin, part = BESIDE_A_BODY[kind]
    flood = part * (2_000_000 // len(part))
    received = await answer_to(port, [CHUNKED + begin, *(flood[i : i + size] for i in range(0, len(flood), size))])
    # The application was called before the excess data arrived, and may still answer when the connection ends.
    assert received in (b"", b"hello") or not received.startswith(b"HTTP/1.1 200 ")
    [request] = echo.requests
    assert len(request["headers"]) == 3


BROKEN_BODIES = {
    "an unknown transfer coding": b"POST /slow HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "a chunk without a size": CHUNKED.replace(b"/echo", b"/slow") + b"size\r\n",
}


@pytest.mark.parametrize("kind", BROKEN_BODIES)
@pytest.mark.parametrize("size", [1, 1000])
async def test_a_broken_body_is_answered(port: int, kind: str, size: int) -> None:
    sent = BROKEN_BODIES[kind]
    received = await answer_to(port, [sent[i : i + size] for i in range(0, len(sent), size)])
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("kind", BROKEN_BODIES)
async def test_a_broken_body_behind_an_earlier_request_is_not_answered(port: int, kind: str) -> None:
    earlier = REQUEST.replace(b"/echo", b"/slow")
    assert await answer_to(port, [earlier + BROKEN_BODIES[kind]]) == b""


async def test_many_headers_behind_an_earlier_request_are_not_answered(port: int) -> None:
    many = b"GET / HTTP/1.1\r\n" + b"h: 1\r\n" * (MAX_HEADERS + 1) + b"\r\n"
    assert await answer_to(port, [REQUEST.replace(b"/echo", b"/slow") + many]) == b""


@pytest.mark.parametrize("pieces", [1, 1000])
async def test_trailers_are_no_headers(port: int, echo: Echo, pieces: int) -> None:
    """Proxies check headers only. If the server took trailers for headers, a client could smuggle headers in."""
    sent = CHUNKED + b"0\r\nX-Forwarded-For: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n"
    size = max(1, len(sent) // pieces)
    received = await answer_to(port, [sent[i : i + size] for i in range(0, len(sent), size)])
    assert received.endswith(b"hello")
    assert [name for name, _ in echo.requests[0]["headers"]] == [b"host", b"connection", b"transfer-encoding"]


@pytest.mark.parametrize("size", [1, 3, 50])
async def test_a_body_in_many_chunks_arrives(port: int, size: int) -> None:
    chunks = b"".join(b"%x;part\r\n%s\r\n" % (size, b"b" * size) for _ in range(9_000))
    sent = CHUNKED + chunks + b"0\r\n\r\n"
    received = await answer_to(port, [sent[i : i + 7_001] for i in range(0, len(sent), 7_001)])
    assert received.endswith(b"hello" + b"b" * 9_000 * size)


LATE = {
    "nothing": (b"", b""),
    "half a head": (b"GET / HTTP/1.1\r\nHost: loc", b"HTTP/1.1 408 "),
    "empty lines": (b"\r\n\r\n", b""),
    "a part of the next head": (REQUEST + b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK"),
}


@pytest.mark.parametrize("kind", LATE)
async def test_a_head_that_does_not_end_is_closed(port: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "HEAD_S", 0.3)
    sent, expected = LATE[kind]
    received = await answer_to(port, [sent] if sent else [])
    assert received.startswith(expected)
    if kind == "a part of the next head":
        assert b"HTTP/1.1 408 " in received


async def test_drops_do_not_prolong_it(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "HEAD_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nX-A: ")
    reading = asyncio.create_task(reader.read())
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionError):
            while not reading.done():
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.01)
    with suppress(ConnectionError):
        assert (await reading).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_response_that_takes_long_is_not_cut(port: int, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "HEAD_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST.replace(b"/echo", b"/slow"))
    await asyncio.sleep(0.5)  # the time limit of a head is shorter
    echo.go_on.set()
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    writer.close()


async def test_no_refusal_is_written_into_a_response(port: int, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "HEAD_S", 0.2)
    received = await answer_to(port, [REQUEST.replace(b"/echo", b"/slow") + b"GET / HTTP/1.1\r\nHost: loc"])
    assert b"408" not in received


@dataclass
class Overloadable(Echo):
    """Application with limiters against overload, whose limits the test sets."""

    state: Any = field(default_factory=lambda: SimpleNamespace(admission=Limiters.of(1.0, lambda: None)))


async def test_an_overloaded_process_refuses_requests_and_keeps_their_connections() -> None:
    app = Overloadable()
    refusals: list[int] = []
    app.state.admission = Limiters.of(1.0, lambda: refusals.append(1))
    limiter = app.state.admission.writes
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def ask(*pieces: bytes) -> tuple[int, bytes]:
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            head = await reader.readuntil(b"\r\n\r\n")
            [length] = re.findall(rb"content-length: (\d+)", head)
            return int(head.split()[1]), head + await reader.readexactly(int(length))

        limiter.limit = 0
        status, answer = await ask(REQUEST)
        assert (status, b"retry-after: 1\r\n" in answer, b'"overloaded"' in answer) == (503, True, True)
        head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await ask(head, b"5\r\nhello\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n"))[0] == 503
        assert (await ask(b"GET /api/health?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"))[0] == 200
        assert len(refusals) == 2
        limiter.limit = inf
        status, answer = await ask(REQUEST)
        # The limiter still counts the request, because only `EdgeMiddleware` releases it.
        assert (status, answer[-5:], limiter.in_flight) == (200, b"hello", 1)
        assert [scope["path"] for scope in app.requests] == ["/api/health", "/echo"]
        assert app.requests[1][ADMITTED] is limiter
        writer.close()


@pytest.mark.parametrize("header", [b"Connection: close", b"Expect: 100-continue"])
async def test_a_refused_client_that_waits_or_leaves_loses_its_connection(header: bytes) -> None:
    app = Overloadable()
    app.state.admission.writes.limit = 0
    async with served(app) as port:
        request = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n%s\r\n\r\n" % header
        received = await answer_to(port, [request])
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close\r\n" in received
    assert received.count(b"HTTP/1.1") == 1
    assert app.requests == []


TARGETS = ["/", "/a%20b?x=%20&y", "//host/a", "/a?b?c", "/?", "/a;b?", "/a#b", "/a?b#c", "http://localhost/a?b", "/Ã©"]


@pytest.mark.parametrize("target", TARGETS)
async def test_paths_and_queries_are_those_of_the_parser_for_urls(port: int, echo: Echo, target: str) -> None:
    raw = target.encode("latin-1")
    request = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % raw
    received = await answer_to(port, [request])
    try:
        parsed = httptools.parse_url(raw)
        path = unquote(parsed.path.decode("ascii"))
    except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
        assert received.startswith(b"HTTP/1.1 400 ")
        return
    assert received.startswith(b"HTTP/1.1 200 ")
    scope = echo.requests[0]
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == (path, parsed.path, parsed.query or b"")


HEADERS: dict[str, tuple[int, list[tuple[bytes, bytes]], bool]] = {
    "a length": (200, [(b"content-length", b"5")], True),
    "chunks": (200, [], True),
    "a tab": (200, [(b"content-length", b"5"), (b"x-a", b"b\tc")], True),
    "an end": (200, [(b"content-length", b"5"), (b"connection", b"Close")], False),
    "an injected header": (200, [(b"content-length", b"5"), (b"x-a", b"b\r\nx-c: d")], False),
    "a bare line feed": (200, [(b"content-length", b"5"), (b"x-a", b"b\nx-c: d")], False),
    "a zero byte": (200, [(b"content-length", b"5"), (b"x-a\0", b"b")], False),
    "a length below the body's": (200, [(b"content-length", b"4")], False),
    "a length beyond the body's": (200, [(b"content-length", b"6")], False),
    "an empty body": (204, [(b"content-length", b"0")], False),
}


@pytest.mark.parametrize("kind", HEADERS)
async def test_responses_are_those_of_uvicorn(kind: str) -> None:
    status, headers, keeps = HEADERS[kind]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

    request = b"%s / HTTP/1.%d\r\nHost: localhost\r\n%s\r\n"
    closing = b"connection: close\r\n"
    variants = [(b"GET", 1, closing), (b"GET", 0, b""), (b"HEAD", 1, closing), *([] if keeps else [(b"GET", 1, b"")])]
    answers = []
    for protocol in (GuardedHttp, HttpToolsProtocol):
        async with served(app, protocol) as port:
            answers.append([await answer_to(port, [request % variant]) for variant in variants])
    assert [re.sub(rb"date: [^\r]+", b"", a) for a in answers[0]] == [
        re.sub(rb"date: [^\r]+", b"", a) for a in answers[1]
    ]


class RecordedTransport:
    """Transport that records the number of its writes."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        self.writes += name in {"write", "writelines"}
        return getattr(self._transport, name)


@pytest.mark.parametrize(("headers", "writes"), [([(b"content-length", b"5")], 1), ([], 3)])
async def test_the_head_is_written_with_a_body_of_known_length(headers: list[tuple[bytes, bytes]], writes: int) -> None:
    transports: list[RecordedTransport] = []

    class RecordedHttp(GuardedHttp):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
            transports.append(RecordedTransport(transport))
            super().connection_made(transports[0])  # type: ignore[arg-type]  # has all methods of the transport

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello", "more_body": not headers})
        if not headers:
            await send({"type": "http.response.body"})

    async with served(app, RecordedHttp) as port:
        received = await answer_to(port, [b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"])
    assert b"hello" in received
    assert transports[0].writes == writes


@dataclass
class ManualLoop:
    """Stand-in for an event loop. The test sets the loop's time. The loop has at most one timer at a time."""

    now: float = 0.0
    due: float = inf
    callback: Any = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Any) -> object:
        assert self.due == inf
        self.due, self.callback = when, callback
        return object()

    def call_later(self, _delay: float, _callback: Any) -> object:
        """Ignore the time-outs for request heads."""
        return object()

    def advance(self, now: float) -> None:
        self.now = now
        if self.due <= now:
            self.due, callback = inf, self.callback
            callback()


def test_one_timer_closes_a_connection_after_the_last_of_its_requests(echo: Echo) -> None:
    loop, closed = ManualLoop(), []
    config = uvicorn.Config(echo, http=GuardedHttp, lifespan="off", log_config=None, timeout_keep_alive=5)
    protocol = GuardedHttp(config, ServerState(), {}, loop)  # type: ignore[arg-type]  # has the methods that are used
    protocol.flow = SimpleNamespace(resume_reading=lambda: None)  # type: ignore[assignment]  # as above
    protocol.transport = SimpleNamespace(  # type: ignore[assignment]  # as above
        is_closing=lambda: False, close=lambda: closed.append(loop.now)
    )
    protocol.on_response_complete()
    loop.advance(3)
    protocol.data_received(b"GET / HTTP/1.1\r\n")
    loop.advance(6)
    assert (closed, loop.due) == ([], inf)
    protocol.on_response_complete()
    loop.advance(8)
    protocol.on_response_complete()
    loop.advance(12)
    assert (closed, loop.due) == ([], 13)
    loop.advance(13)
    assert closed == [13]
