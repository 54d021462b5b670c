"""TCP relays between the product and its servers, through which nemeses slow or cut the network."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import psutil

from leaderforge.embedded.ports import LOOPBACK

_TURNS = 4
"""Number of event loop iterations that asyncio needs to close the sockets of aborted connections."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Disturbed state of the network. It delays bytes by `delay_s` (s) each way, or holds all bytes if `is_cut`.

    With `pid`, only the connections of this process are disturbed.
    """

    delay_s: float = 0.0
    is_cut: bool = False
    pid: int | None = None

    def affects(self, port: int) -> bool:
        """Return whether the disturbance affects a connection from this local port of a client."""
        return self.pid is None or port in _ports_of(self.pid)


CLEAR = Disturbance()


class Relay:
    """Relay from a port of its own to a server's port, both on the loopback address.

    Like TCP, it loses no byte of a connection: bytes that are sent during a cut arrive after the cut.
    """

    def __init__(self, server_port: Callable[[], int]) -> None:
        self.port = 0
        self.disturbance = CLEAR
        self.connections: set[Connection] = set()
        self._server_port = server_port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self).client, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def disturb(self, disturbance: Disturbance) -> None:
        """Apply a disturbance to present and future connections."""
        self.disturbance = disturbance
        ports = None if disturbance.pid is None else _ports_of(disturbance.pid)
        for connection in self.connections:
            if ports is None or connection.client_port in ports:
                connection.disturb(disturbance)

    def mend(self, *, reset: bool = False) -> None:
        """End the disturbance. With `reset`, also break the affected connections, and lose the bytes in flight."""
        self.disturbance = CLEAR
        for connection in list(self.connections):
            if reset and connection.is_disturbed:
                connection.abort()
            else:
                connection.disturb(CLEAR)

    async def connect(self, server: "_End") -> None:
        """Connect an end to the server."""
        await asyncio.get_running_loop().create_connection(lambda: server, LOOPBACK, self._server_port())

    async def close(self) -> None:
        """Stop listening and close all connections."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.abort()
        for _ in range(_TURNS):
            await asyncio.sleep(0)


class Connection:
    """Relayed connection. It has one end at the client and one end at the server. Each end has bytes that wait to be
    sent.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.client, self.server = _End(self), _End(self)
        self.client.peer, self.server.peer = self.server, self.client
        self.client_port = 0
        self.delay_s, self.is_cut, self.is_aborted = 0.0, False, False
        self._connecting: asyncio.Task[None] | None = None

    @property
    def is_disturbed(self) -> bool:
        return self.is_cut or self.delay_s > 0

    def on_connected(self, end: "_End") -> None:
        """Connect to the server if `end` is the client's."""
        if self.is_aborted:
            end.abort()
        elif end is self.client:
            self.client_port = end.transport.get_extra_info("peername")[1]
            self._relay.connections.add(self)
            disturbance = self._relay.disturbance
            if disturbance is not CLEAR and disturbance.affects(self.client_port):
                self.disturb(disturbance)
            self._connecting = asyncio.create_task(self._connect())

    def disturb(self, disturbance: Disturbance) -> None:
        """Apply a disturbance, and deliver all bytes that are due."""
        self.delay_s, self.is_cut = disturbance.delay_s, disturbance.is_cut
        self.client.deliver()
        self.server.deliver()

    def abort(self) -> None:
        """Break the connection on both sides."""
        self.is_aborted = True
        self.client.abort()
        self.server.abort()
        self.forget()

    def forget(self) -> None:
        self._relay.connections.discard(self)

    async def _connect(self) -> None:
        try:
            await self._relay.connect(self.server)
        except OSError:
            self.abort()


class _End(asyncio.Protocol):
    """End of a connection at the client or at the server."""

    peer: "_End"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.pending: deque[tuple[float, bytes]] = deque()
        """Pieces to send, each with the event loop's time at which it is due. An empty piece closes this end."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._connection.on_connected(self)
        self.deliver()

    def data_received(self, data: bytes) -> None:
        self.peer.send(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.peer.send(b"")
        if self.peer.transport is None or self.peer.transport.is_closing():
            self._connection.forget()

    def send(self, data: bytes) -> None:
        """Send the bytes after the delay of the connection. Without bytes, close this end after the delay."""
        self.pending.append((asyncio.get_running_loop().time() + self._connection.delay_s, data))
        self.deliver()

    def deliver(self) -> None:
        """Send all bytes that are due."""
        now = asyncio.get_running_loop().time()
        ready = self.transport is not None and not self._connection.is_cut
        while ready and self.pending and (self.pending[0][0] <= now or not self._connection.delay_s):
            _, data = self.pending.popleft()
            if data:
                self.transport.write(data)
            else:
                self.transport.close()
        if ready and self.pending and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self.pending[0][0], self._on_due)

    def abort(self) -> None:
        """Close this end at once."""
        if self.transport is not None:
            self.transport.abort()

    def _on_due(self) -> None:
        self._timer = None
        self.deliver()


@dataclass(frozen=True, slots=True)
class Network:
    """Relays of a rig: one per node of the index, and one of the database."""

    index: Sequence[Relay]
    database: Relay

    @property
    def relays(self) -> Sequence[Relay]:
        return [*self.index, self.database]

    async def start(self) -> None:
        """Start all relays."""
        for relay in self.relays:
            await relay.start()

    def mend(self, *, reset: bool = False) -> None:
        """End all disturbances."""
        for relay in self.relays:
            relay.mend(reset=reset)

    async def close(self) -> None:
        """Close all relays."""
        for relay in self.relays:
            await relay.close()


def _ports_of(pid: int) -> set[int]:
    """Return the local TCP ports of a process."""
    return {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp4")}
