"""Proxy between an SDK and the service. It commits the faults of a bad network, at most one per request.

It forwards each request as a whole, unchanged, over a separate connection. The client reaches the proxy through a relay
of the torture suite. This relay cuts and resets connections.
"""

import asyncio
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from leaderforge.embedded.ports import LOOPBACK
from tests.torture.network import Relay

_BYTES = 65_536
_LINGER_OFF = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault of one request.

    | kind | what happens |
    |---|---|
    | `reset_before` | the connection is reset before the service gets the request |
    | `reset_after` | the service answers, and the connection is reset before the answer arrives |
    | `drop` | the request vanishes: no answer, no reset |
    | `double` | the service gets the request twice; the second answer arrives |
    | `truncate` | the first half of the answer arrives, then the end of the connection |
    | `delay` | the request arrives `delay_s` late |
    | `reply` | `reply` arrives as the answer; the service never gets the request |
    | `break_after` | the connection is reset after `events` events of a stream |
    """

    kind: str
    reply: bytes = b""
    delay_s: float = 0.01
    events: int = 1


class Script:
    """Plan of faults. It recognises requests by the beginning of their first line.

    The JSON member `times` of a fault is the number of requests that get the fault, by default one.
    """

    def __init__(self, lines: Sequence[Mapping[str, Any]] = ()) -> None:
        self._lines = [dict(line) for line in lines]

    def __call__(self, request: str) -> Fault | None:
        """Return the fault of this request, None without a fault."""
        for line in self._lines:
            times = line.get("times", 1)
            if request.startswith(line["on"]) and times != 0:
                line["times"] = times - 1 if isinstance(times, int) else times
                return _fault(line)
        return None


class Weather:
    """Plan of random faults by a seed. The share `share` of the requests gets a fault."""

    def __init__(self, seed: int, share: float) -> None:
        self._random, self._share = random.Random(seed), share

    def __call__(self, request: str) -> Fault | None:
        """Return a fault for this request, or None."""
        if self._random.random() >= self._share:
            return None
        kinds = ("reset_before", "reset_after", "double", "truncate", "delay", "reply")
        kind = "drop" if self._random.random() < 0.02 else self._random.choice(kinds)
        return _fault({"fault": kind, "status": 503, "code": "overloaded", "headers": {"Retry-After": "0"}})


@dataclass(slots=True)
class HostileProxy:
    """Proxy that gives requests the faults of its plan.

    `requests` are the request lines that it received. `statuses` counts the HTTP statuses that it sent to clients.
    """

    server_port: int
    plan: Callable[[str], Fault | None] = field(default_factory=Script)
    requests: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    port: int = 0
    network: Relay = field(init=False)
    """Relay between the clients and the proxy. The relay listens on `port`."""
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def restart(self, plan: Callable[[str], Fault | None]) -> None:
        """Use another plan, and clear `requests` and `statuses`."""
        self.plan = plan
        self.requests.clear()
        self.statuses.clear()

    def count(self, request: str) -> int:
        """Return the number of requests that begin with `request`."""
        return sum(line.startswith(request) for line in self.requests)

    async def serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of a connection."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while request := await _request(reader):
                await self._serve(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # otherwise asyncio 3.11 logs a cancelled handler as an error
        finally:
            self._open.discard(task)
            writer.close()

    async def close(self) -> None:
        """End all connections."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        line = request.split(b" HTTP/", 1)[0].decode()
        self.requests.append(line)
        fault = self.plan(line) or Fault("")
        self.faults[fault.kind] += 1
        match fault.kind:
            case "reset_before":
                _reset(writer)
            case "drop":
                await asyncio.Event().wait()
            case "reply":
                await self._answer(fault.reply, writer)
            case "reset_after":
                await self._whole(request)
                _reset(writer)
            case "truncate":
                answer = await self._whole(request)
                writer.write(answer[: len(answer) // 2])
                raise ConnectionResetError
            case "double":
                await self._whole(request)
                await self._answer(await self._whole(request), writer)
            case _:
                await asyncio.sleep(fault.delay_s if fault.kind == "delay" else 0)
                async with self._forwarded(request) as source:
                    await self._pass(source, writer, fault.events if fault.kind == "break_after" else 0)

    @asynccontextmanager
    async def _forwarded(self, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """Forward a request over a new connection. Yield the reader of its answer."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.server_port)
        try:
            head, _, body = request.partition(b"\r\n\r\n")
            writer.write(head + b"\r\nConnection: close\r\n\r\n" + body)
            await writer.drain()
            yield reader
        finally:
            writer.transport.abort()

    async def _whole(self, request: bytes) -> bytes:
        """Forward a request and return its whole answer."""
        async with self._forwarded(request) as source:
            return await source.read()

    async def _answer(self, answer: bytes, writer: asyncio.StreamWriter) -> None:
        self.statuses[int(answer.split(b" ", 2)[1])] += 1
        writer.write(answer)
        await writer.drain()
        raise ConnectionResetError  # the answer says `Connection: close`

    async def _pass(self, source: asyncio.StreamReader, writer: asyncio.StreamWriter, events: int) -> None:
        """Pass an answer on as it arrives. If `events` is not 0, reset the connection after that number of events."""
        is_first, passed = True, 0
        while data := await source.read(_BYTES):
            if is_first:
                self.statuses[int(data.split(b" ", 2)[1])] += 1
                is_first = False
            writer.write(data)
            await writer.drain()
            passed += data.count(b"event: top")
            if events and passed >= events:
                await asyncio.sleep(0)
                break
        raise ConnectionResetError


@asynccontextmanager
async def hostile_proxy(server_port: int) -> AsyncIterator[HostileProxy]:
    """Serve a proxy and the relay in front of it on free ports of the loopback address."""
    proxy = HostileProxy(server_port)
    server = await asyncio.start_server(proxy.serve_client, LOOPBACK, 0)
    behind = server.sockets[0].getsockname()[1]
    proxy.network = Relay(lambda: behind)
    await proxy.network.start()
    proxy.port = proxy.network.port
    try:
        yield proxy
    finally:
        server.close()
        await proxy.network.close()
        await proxy.close()


def _fault(line: Mapping[str, Any]) -> Fault:
    body = line.get(
        "body", {"error": {"code": line.get("code", "unavailable"), "message": "out of order", "details": {}}}
    )
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = {"Content-Type": "application/json", **line.get("headers", {}), "Content-Length": len(text)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reply = f"HTTP/1.1 {line.get('status', 503)} Fault\r\n{head}Connection: close\r\n\r\n".encode() + text
    return Fault(line["fault"], reply, line.get("delay_s", 0.01), line.get("events", 1))


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Return the next request, empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0])) if lengths else b"")


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
    writer.transport.abort()
    raise ConnectionResetError
