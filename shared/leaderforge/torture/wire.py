"""HTTP/1.1 connections that take little processor time: the load generator must not be the bottleneck."""

import asyncio
from typing import Self, cast
from urllib.parse import urlsplit

from httptools import HttpResponseParser

FAILED = 0
"""Status of a request whose connection broke."""


class Wire(asyncio.Protocol):
    """Connection with one request at a time."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._asked: asyncio.Future[int] | None = None

    @classmethod
    async def to(cls, url: str) -> Self:
        """Connect to the server of this URL."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        _, wire = await asyncio.get_running_loop().create_connection(
            cls, parts.hostname or "", port, ssl=is_secure or None
        )
        return wire

    @property
    def closed(self) -> bool:
        """Return whether either side has closed the connection."""
        return self._transport.is_closing()

    async def ask(self, request: bytes) -> int:
        """Send a complete request. Return the status of the response once the whole response has arrived."""
        return await self.ask_soon(request)

    def ask_soon(self, request: bytes) -> asyncio.Future[int]:
        """Send a complete request. Return a future with the response's status. Awaiting the future needs no task."""
        self._asked = asyncio.get_running_loop().create_future()
        if self.closed:
            self._asked.set_result(FAILED)
        else:
            self._transport.write(request)
        return self._asked

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._answer(FAILED)

    def on_message_complete(self) -> None:
        """Handle the end of a response. The parser calls this."""
        self._answer(self._parser.get_status_code())

    def _answer(self, status: int) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(status)
