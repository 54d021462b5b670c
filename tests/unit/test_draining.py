"""Shutdown of a server: it answers the requests on connections that are open already."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from functions.draining import DrainingServer
from functions.edge.http import guarded
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
REQUEST = HEAD + b"body"
SERVE = """
import uvicorn
from functions.draining import run
options = {{"http": "functions.edge.http.guarded:GuardedHttp", "lifespan": "off", "log_config": None}}
run(uvicorn.Config("tests.unit.test_draining:echo", port={port}, workers=2, **options))
"""


async def echo(_: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body, once it is complete."""
    length, has_more = 0, True
    while has_more:
        message = await receive()
        length += len(message.get("body", b""))
        has_more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": b"%d" % length})


class Stoppable(DrainingServer):
    """Server that shuts down in the next iteration of the event loop after `stop.set()`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.stop.wait()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.servers[0].sockets[0].getsockname()
        return host, port

    @property
    def connections(self) -> list[Any]:
        return list(self.server_state.connections)

    async def until_closed(self) -> None:
        """Stop, and wait until the server accepts no connections."""
        listener = self.servers[0]
        self.stop.set()
        await until(lambda: not listener.is_serving(), "a closed listener")


@pytest.fixture
async def server() -> AsyncIterator[Stoppable]:
    async with stoppable() as server:
        yield server


@asynccontextmanager
async def stoppable() -> AsyncIterator[Stoppable]:
    options: dict[str, Any] = {"http": guarded.GuardedHttp, "lifespan": "off", "log_config": None, "port": 0}
    server = Stoppable(uvicorn.Config(echo, access_log=False, **options))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started, "a started server")
    try:
        yield server
    finally:
        server.stop.set()
        await running


def received(connection: socket.socket) -> bytes:
    """Return all bytes up to the close by the server. Raises `ConnectionResetError` if the connection is reset."""
    connection.settimeout(PATIENCE_S)
    return b"".join(iter(lambda: connection.recv(65_536), b""))


async def test_a_request_in_the_queue_of_the_listener_is_answered(server: Stoppable) -> None:
    with socket.create_connection(server.address) as connection:
        connection.sendall(REQUEST)
        server.stop.set()
        answer = await asyncio.to_thread(received, connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n4")


async def test_the_first_request_of_a_connection_is_answered(
    server: Stoppable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "NEW_GRACE_S", PATIENCE_S)
    with socket.create_connection(server.address) as connection:
        await until(lambda: server.connections, "an accepted connection")
        await server.until_closed()
        connection.sendall(REQUEST)
        answer = await asyncio.to_thread(received, connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in answer


async def test_a_request_is_answered_whose_head_is_incomplete(server: Stoppable) -> None:
    with socket.create_connection(server.address) as connection:
        connection.sendall(REQUEST[:20])
        await until(lambda: any(protocol._is_begun for protocol in server.connections), "the first bytes of a head")
        await server.until_closed()
        connection.sendall(REQUEST[20:])
        answer = await asyncio.to_thread(received, connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in answer


async def test_connections_without_a_request_are_closed(server: Stoppable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "NEW_GRACE_S", 0)
    with socket.create_connection(server.address) as used, socket.create_connection(server.address) as unused:
        used.sendall(REQUEST)
        await until(lambda: server.server_state.total_requests == 1, "an answer")
        await until(lambda: len(server.connections) == 2, "two connections")
        server.stop.set()
        assert (await asyncio.to_thread(received, used)).endswith(b"\r\n\r\n4")
        assert await asyncio.to_thread(received, unused) == b""


@pytest.mark.parametrize("is_restarting", [False, True])
def test_workers_refuse_connections_while_they_end(is_restarting: bool) -> None:
    """The workers must refuse connections: a proxy then uses another server, not a queue that no process reads."""
    port = free_port()
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"}
    parent = subprocess.Popen([sys.executable, "-c", SERVE.format(port=port)], cwd=ROOT, env=environment)
    try:
        wait_until(lambda: not is_refused(port), PATIENCE_S, "workers", every=0.1)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
            connection.sendall(HEAD.replace(b"Host:", b"Expect: 100-continue\r\nHost:"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            if is_restarting:  # the parent tries to replace the workers after it has closed its listener
                parent.send_signal(signal.SIGHUP)
            parent.send_signal(signal.SIGTERM)
            wait_until(lambda: is_refused(port), PATIENCE_S, "a refused connection", every=0.1)
            parent.send_signal(signal.SIGTERM)  # a second signal, from an impatient operator
            connection.sendall(b"body")
            assert received(connection).endswith(b"\r\n\r\n4")
        assert parent.wait(PATIENCE_S) == 0
    finally:
        parent.kill()
        parent.wait()


def is_refused(port: int) -> bool:
    """Return whether the port refuses connections. A connection without an answer is not refused."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        return False
    return False
