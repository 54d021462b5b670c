"""Lines of a request's body, read while the body arrives."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from functions.edge.http.errors import BodyTooLarge, RequestTimeout
from leaderforge.domain.errors import TooManyStreams

IDLE_S = 60.0
"""Time limit in s for the next bytes of a body."""


class RequestLines:
    """Lines of a body of any length. Blank lines are skipped. Memory is bounded, because bytes are read on demand."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._lines: list[bytes | BodyTooLarge] = []
        self._incomplete = b""
        self._is_open = True
        self._is_stopped = False
        self._is_skipping = False
        """True within a line that is too long, until its end."""
        self._receiving: asyncio.Task[MutableMapping[str, Any]] | None = None

    async def batches(self, size: int) -> AsyncGenerator[list[bytes | BodyTooLarge], None]:
        """Yield the lines that have arrived, up to `size` at a time, at least one. An error replaces a too long line.

        Raises `ClientDisconnect`, and `RequestTimeout` if nothing arrives for `IDLE_S`.
        """
        while self._lines or self._is_open:
            if self._lines:
                batch, self._lines = self._lines[:size], self._lines[size:]
                yield batch
            else:
                await self._receive_more()

    def stop(self) -> None:
        """End the batches after the lines that are complete."""
        self._is_stopped = True
        if self._receiving is not None:
            self._receiving.cancel()

    async def _receive_more(self) -> None:
        if self._is_stopped:
            self._is_open = False
            return
        self._receiving = asyncio.ensure_future(self._receive())
        try:
            async with asyncio.timeout(IDLE_S):
                message = await self._receiving
        except TimeoutError:
            raise RequestTimeout(f"no line arrived within {IDLE_S:g} s") from None
        except asyncio.CancelledError:
            if not (self._is_stopped and self._receiving.cancelled()):
                raise
            self._is_open = False
            return
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._add(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_open = False
            self._add(b"\n")  # end the last line, which may lack a line feed

    def _add(self, received: bytes) -> None:
        if self._is_skipping:
            _, end, received = received.partition(b"\n")
            self._is_skipping = not end
        *complete, self._incomplete = (self._incomplete + received).split(b"\n")
        self._lines += [line if len(line) <= self._max_bytes else self._too_long() for line in complete if line.strip()]
        if len(self._incomplete) > self._max_bytes:
            self._lines.append(self._too_long())
            self._incomplete, self._is_skipping = b"", True

    def _too_long(self) -> BodyTooLarge:
        return BodyTooLarge(f"a line may have at most {self._max_bytes} bytes; make it smaller", limit=self._max_bytes)


class OpenStreams:
    """Counter of the streams of lines that this process reads. `most` is their maximum number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[RequestLines] = set()
        self._is_closed = False

    @contextmanager
    def admitted(self, lines: RequestLines) -> Iterator[None]:
        """Count the lines as an open stream within the block. Raises `TooManyStreams`."""
        if len(self._open) >= self._most:
            raise TooManyStreams(f"this process already reads {self._most} streams; try again later")
        self._open.add(lines)
        if self._is_closed:
            lines.stop()
        try:
            yield
        finally:
            self._open.discard(lines)

    def close(self) -> None:
        """End all streams after the lines that have arrived."""
        self._is_closed = True
        for lines in self._open:
            lines.stop()
