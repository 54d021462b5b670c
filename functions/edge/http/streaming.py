"""Responses that are sent piece by piece."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.edge.http.middleware import asks_for_head
from functions.edge.http.responses import Header

PATIENCE_S = 30.0
"""How long a client may take to make room for the next piece; then it counts as gone."""


def answers_in_one_piece(scope: Scope) -> bool:
    """Whether what serves the request collects an answer before it sends it, as AWS Lambda does."""
    return "aws.event" in scope


class Stream(Response):
    """A response that is sent as it comes into being, until it ends or the client goes away.

    Nothing is sent before `begin` has returned, so that an error until then is answered as any other. A later one
    breaks the connection off, which tells the client that what it has is not whole. Whatever happens, the pieces'
    generator is closed.
    """

    def __init__(self, pieces: AsyncGenerator[bytes, None], headers: Sequence[Header], status: int = 200) -> None:
        self.status_code = status
        self.raw_headers = list(headers)
        self.background = None
        self._pieces = pieces
        self._first = b""

    async def begin(self) -> None:
        """Wait for the first piece. Raises what making it raises."""
        self._first = await anext(self._pieces, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        leaving = asyncio.ensure_future(_departure(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.wait((sending, leaving))
            await self._pieces.aclose()
        if not sending.cancelled():
            sending.result()

    async def _send(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if not asks_for_head(scope):
            await _hand_over(send, self._first)
            async for piece in self._pieces:
                await _hand_over(send, piece)
        await send({"type": "http.response.body", "body": b""})


async def _hand_over(send: Send, piece: bytes) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except TimeoutError:
        raise ClientDisconnect from None


async def _departure(receive: Receive) -> None:
    """Return once the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
