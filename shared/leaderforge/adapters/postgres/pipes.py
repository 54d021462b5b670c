"""Pipe between two connections, for COPY."""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

_CHUNKS = 64
"""Maximum number of chunks in the pipe. A chunk has up to 512 KiB."""


class Pipe:
    """Bounded queue of bytes: an output for COPY TO, and a source for COPY FROM.

    Iteration ends when the task that writes ends.
    """

    def __init__(self, progress: Callable[[int], object]) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_CHUNKS)
        self._progress = progress
        self._writer: asyncio.Task[str] | None = None

    def filled_by(self, work: Coroutine[object, object, str]) -> "asyncio.Task[str]":
        """Start the coroutine that calls `write`, and return its task."""
        self._writer = asyncio.create_task(self._fill(work))
        return self._writer

    async def write(self, chunk: bytes) -> None:
        """Append a chunk. Wait while the pipe is full."""
        await self._chunks.put(chunk)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._chunks.get()
        if chunk is None:
            raise StopAsyncIteration
        self._progress(len(chunk))
        return chunk

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None and not self._writer.done():
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _fill(self, work: Coroutine[object, object, str]) -> str:
        try:
            command = await work
        except Exception:
            await self._chunks.put(None)
            raise
        await self._chunks.put(None)
        return command
