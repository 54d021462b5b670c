"""Files in request bodies. They go to a temporary file, because they may exceed the memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO, cast

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from functions.edge.http.errors import BodyTooLarge, RequestTimeout, StreamingUnavailable, UnsupportedMediaType
from functions.edge.http.headers import header
from functions.edge.http.streaming import is_buffered

CONTENT_TYPE = "application/octet-stream"
_PART_S = 10.0
"""Maximum time in s until the next part of a file arrives."""
_UPLOAD_S = 600.0
"""Maximum time in s until a file has arrived."""


class Upload:
    """File in the body of a request."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @asynccontextmanager
    async def received(self, limit: int) -> AsyncIterator[BinaryIO]:
        """Yield the complete file, and delete it after the block.

        Raises `BodyTooLarge` over `limit` bytes, `RequestTimeout`, and `UnsupportedMediaType`.
        """
        _require_binary(self._request)
        length = header(self._request.scope, b"content-length")
        if length is not None and length.isdigit():
            _require_within(int(length), limit)
        # The operating system deletes the file even if this process is killed.
        with TemporaryFile() as file:
            try:
                async with asyncio.timeout(_UPLOAD_S):
                    await self._receive(cast(BinaryIO, file), limit)
            except TimeoutError:
                raise RequestTimeout(
                    f"the file did not arrive within {_UPLOAD_S:g} s, or stopped for {_PART_S:g} s"
                ) from None
            file.seek(0)
            yield cast(BinaryIO, file)

    async def _receive(self, file: BinaryIO, limit: int) -> None:
        size, has_more = 0, True
        while has_more:
            async with asyncio.timeout(_PART_S):
                message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part = message.get("body", b"")
            size += len(part)
            _require_within(size, limit)
            file.write(part)
            has_more = message.get("more_body", False)


def uploaded(request: Request) -> Upload:
    """Return the file in the body. Raises `StreamingUnavailable` on AWS Lambda, which limits bodies to 6 MB."""
    if is_buffered(request.scope):
        raise StreamingUnavailable("this deployment cannot receive files; run `leaderforge import` instead")
    return Upload(request)


Uploaded = Annotated[Upload, Depends(uploaded)]
"""File in the request's body."""


def _require_binary(request: Request) -> None:
    content_type = header(request.scope, b"content-type")
    if content_type is None or content_type.partition(b";")[0].strip().lower() != CONTENT_TYPE.encode():
        raise UnsupportedMediaType(f"the body must be the file; send Content-Type: {CONTENT_TYPE}")


def _require_within(length: int, limit: int) -> None:
    if length > limit:
        raise BodyTooLarge(
            f"a file may have at most {limit} bytes; compress it, split it, or run `leaderforge import`", limit=limit
        )
