"""Limit of the uploaded files of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leaderforge.domain.errors import Overloaded

MAX_UPLOADS = 2
"""Maximum number of uploaded files that a process has at a time. The limit bounds disk space and processor time."""


class UploadSlots:
    """Counter of the uploaded files that a process has."""

    def __init__(self) -> None:
        self.taken = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Count an uploaded file within the block. Raises `Overloaded` if there are `MAX_UPLOADS` already."""
        if self.taken >= MAX_UPLOADS:
            raise Overloaded(f"this process has {MAX_UPLOADS} uploaded files already; retry later")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
