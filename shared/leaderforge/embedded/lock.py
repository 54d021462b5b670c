"""Exclusive use of a directory."""

import fcntl
import json
import os
from pathlib import Path
from typing import Self

from leaderforge.embedded.errors import AlreadyRunning


class DirectoryLock:
    """File lock that at most one process holds. The system releases it when that process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Return whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self, **details: object) -> Self:
        """Acquire the lock and write the details into it. Raises `AlreadyRunning` with the details of its holder."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise self._taken() from None
        self._descriptor = descriptor
        _HELD.add(self)
        self.note(**details)
        return self

    def note(self, **details: object) -> None:
        """Replace the details in the lock file. They always include `pid`. Raises `RuntimeError` without the lock."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), **details}).encode(), 0)

    def release(self) -> None:
        """Release the lock. Keep the file: after its removal, two processes could lock two files of the same name."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self.disown()

    def disown(self) -> None:
        """Close this process's descriptor only.

        A forked child must call this, because its copy of the descriptor would hold the lock after the parent's end.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            _HELD.discard(self)

    def _taken(self) -> AlreadyRunning:
        try:
            notes = json.loads(self.path.read_text())
        except ValueError:
            notes = {}
        pid = notes.get("pid", "unknown")
        return AlreadyRunning(f"{self.path.parent} is in use by the running process {pid}", **notes)


_HELD: set[DirectoryLock] = set()


def _disown_all() -> None:
    for lock in tuple(_HELD):
        lock.disown()


os.register_at_fork(after_in_child=_disown_all)
