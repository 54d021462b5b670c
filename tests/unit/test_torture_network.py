"""The relay of the torture test delays, cuts and breaks connections. It loses bytes only of broken connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from leaderforge.embedded.ports import LOOPBACK
from tests.torture.network import Disturbance, Relay
from tests.waiting import until

CUT = Disturbance(is_cut=True)
BROKEN = (ConnectionError, asyncio.IncompleteReadError)


class Echo(asyncio.Protocol):
    """Server's side of a connection: it sends all received bytes back. `present` has the open connections."""

    def __init__(self, present: set["Echo"]) -> None:
        self._present = present

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._present.add(self)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._present.discard(self)


@asynccontextmanager
async def relayed() -> AsyncIterator[tuple[Relay, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield a relay to a server that repeats all bytes, and a connection through it.

    At the end, wait until no connection to the server is open, because other tests share the event loop.
    """
    echoes: set[Echo] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Echo(echoes), LOOPBACK, 0)
    relay = Relay(lambda: int(server.sockets[0].getsockname()[1]))
    await relay.start()
    reader, writer = await asyncio.open_connection(LOOPBACK, relay.port)
    await until(lambda: echoes, "the connection to the server")
    try:
        yield relay, reader, writer
    finally:
        writer.close()
        await relay.close()
        server.close()
        await until(lambda: not echoes, "the end of the server's connections")


async def test_bytes_pass_in_both_directions() -> None:
    async with relayed() as (_, reader, writer):
        writer.write(b"abc")
        assert await reader.readexactly(3) == b"abc"


async def test_bytes_of_a_cut_arrive_afterwards() -> None:
    async with relayed() as (relay, reader, writer):
        relay.disturb(CUT)
        writer.write(b"abc")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.05)
        relay.mend()
        assert await reader.readexactly(3) == b"abc"


async def test_order_is_the_same_when_a_delay_ends() -> None:
    async with relayed() as (relay, reader, writer):
        relay.disturb(Disturbance(delay_s=60))
        writer.write(b"ab")
        await until(lambda: any(connection.server.pending for connection in relay.connections), "delayed bytes")
        relay.mend()
        writer.write(b"c")
        assert await reader.readexactly(3) == b"abc"


async def test_a_connection_breaks_at_the_end_of_a_cut() -> None:
    async with relayed() as (relay, reader, writer):
        relay.disturb(CUT)
        writer.write(b"abc")
        relay.mend(reset=True)
        with pytest.raises(BROKEN):
            await reader.readexactly(1)


async def test_a_server_that_is_down() -> None:
    relay = Relay(lambda: 1)
    await relay.start()
    reader, writer = await asyncio.open_connection(LOOPBACK, relay.port)
    with pytest.raises(BROKEN):
        await reader.readexactly(1)
    writer.close()
    await relay.close()
