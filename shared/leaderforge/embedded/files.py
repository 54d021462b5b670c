"""Files that only their owner can read."""

import os
from pathlib import Path
from typing import IO


def write_private(path: Path, text: str) -> None:
    """Write the file atomically: readers see the old or the new content, never a part."""
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


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
