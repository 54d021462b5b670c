"""Limit of the uploaded files of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leaderforge.domain.errors import Overloaded

MAX_UPLOADS = 2
"""Maximum number of files that a process has at a time. It bounds their space on the disk, and the processor time."""


class UploadSlots:
    """Counter of the files that a process has."""

    def __init__(self) -> None:
        self.taken = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Count a file within the block. Raises `Overloaded` if there are `MAX_UPLOADS` already."""
        if self.taken >= MAX_UPLOADS:
            raise Overloaded(f"this process has {MAX_UPLOADS} uploaded files already; retry later")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
