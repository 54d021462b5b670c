"""Files that only their owner can read."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO


def write_private(path: Path, text: str) -> None:
    """Write the file atomically. Readers see the old or the new content, never a part of it."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with open(partial, "w", opener=_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def append_private(path: Path) -> IO[bytes]:
    """Open the file for appending. Create it if it is missing."""
    return open(path, "ab", opener=_private)


def append_log(path: Path) -> IO[bytes]:
    """Open a log for appending. If it cannot be written, return the null device: the server must run even so."""
    with suppress(OSError):
        return append_private(path)
    return Path(os.devnull).open("ab")


def rotate_log(path: Path, limit_bytes: int) -> None:
    """Move the last `limit_bytes` of a longer log to `<name>.1`, and empty the log.

    Processes that have the log open continue to append to it. Lines that arrive during the copy are lost. On a full
    disk, the copy fails and all lines are lost, which frees space.
    """
    with suppress(OSError):
        if (length := path.stat().st_size) <= limit_bytes:
            return
        try:
            _copy_end(path, length, limit_bytes)
        finally:
            os.truncate(path, 0)


def _copy_end(path: Path, length: int, limit_bytes: int) -> None:
    """Write the last `limit_bytes` of a log of this length to `<name>.1`."""
    with path.open("rb") as log, open(path.with_name(f"{path.name}.1"), "wb", opener=_private) as previous:
        log.seek(length - limit_bytes)
        previous.write(log.read(limit_bytes))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
