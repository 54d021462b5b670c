"""TCP relay that can silently drop connections, as a NAT gateway or a firewall does."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BYTES = 65_536
_STEPS = 10
"""Number of iterations of the event loop after which a local client has noticed the reset of its connection."""


class Relay:
    """Relay between its port and a server on this machine, in both directions."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self.made = 0
        """Number of accepted connections."""
        self.written: list[bytes] = []
        """Bytes that clients have written, in pieces."""
        self.cut_after_write = False
        """Whether to close one connection after forwarding the next piece from its client."""

    def forget(self) -> None:
        """Drop all further bytes of the present connections without closing them."""
        for passing in self._passing:
            passing.cancel()

    async def reset(self) -> None:
        """Reset every connection. Return once the clients have noticed the reset, and their next writes fail."""
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        for _ in range(_STEPS):
            await asyncio.sleep(0)

    async def serve(self) -> asyncio.Server:
        """Start to listen on a free port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def close(self) -> None:
        """Close every connection."""
        self.forget()
        await asyncio.gather(*self._passing, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers += [writer, there_writer]
        for passes in (self._pass_on(reader, there_writer), _pass(there_reader, writer)):
            passing = asyncio.create_task(passes)
            self._passing.add(passing)
            passing.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        """Forward the bytes of a client to the server."""
        try:
            while data := await reader.read(_BYTES):
                self.written.append(data)
                server.write(data)
                await server.drain()
                if self.cut_after_write:
                    self.cut_after_write = False
                    break
        except ConnectionError:
            pass
        server.close()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_BYTES):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    target.close()


@asynccontextmanager
async def relay(server_port: int) -> AsyncIterator[Relay]:
    """Serve a relay on a free port of the loopback address."""
    made = Relay(server_port)
    server = await made.serve()
    try:
        yield made
    finally:
        server.close()
        await made.close()
