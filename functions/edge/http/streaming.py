"""Responses that are sent in pieces."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.edge.http.middleware import is_head
from functions.edge.http.responses import Header

PATIENCE_S = 30.0
"""Time limit in s for a client to accept the next piece. Then the client counts as disconnected."""


def is_buffered(scope: Scope) -> bool:
    """Return whether the server sends a response only when it is complete, as AWS Lambda does."""
    return "aws.event" in scope


class Stream(Response):
    """Response that is sent while it is generated, until it ends or the client disconnects.

    Nothing is sent before `begin` has returned. Therefore, an error in `begin` gets a normal error response. A later
    error aborts the connection. The client thereby learns that the response is incomplete. The generator is closed in
    all cases.
    """

    def __init__(self, pieces: AsyncGenerator[bytes, None], headers: Sequence[Header], status: int = 200) -> None:
        self.status_code = status
        self.raw_headers = list(headers)
        self.background = None
        self._pieces = pieces
        self._first = b""

    async def begin(self) -> None:
        """Generate the first piece. Raises the errors of the generator."""
        self._first = await anext(self._pieces, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        # Watch for the disconnect concurrently, because nothing is sent while the generator waits for a change.
        disconnect = asyncio.ensure_future(_disconnect(receive))
        try:
            await asyncio.wait((sending, disconnect), return_when=asyncio.FIRST_COMPLETED)
        finally:
            disconnect.cancel()
            sending.cancel()
            # Wait until the cancelled task has ended, because closing a generator that still runs raises an error.
            await asyncio.wait((sending, disconnect))
            await self._pieces.aclose()
        if not sending.cancelled():
            sending.result()

    async def _send(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if not is_head(scope):
            await _send_piece(send, self._first)
            async for piece in self._pieces:
                await _send_piece(send, piece)
        await send({"type": "http.response.body", "body": b""})


class Exchange(Stream):
    """Stream whose generator receives the request's body while it yields. The generator detects a disconnect itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await self._send(scope, send)


async def _send_piece(send: Send, piece: bytes) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except TimeoutError:
        raise ClientDisconnect from None


async def _disconnect(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
