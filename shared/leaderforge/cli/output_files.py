"""Files that commands write."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from leaderforge.domain.errors import LeaderForgeError


@contextmanager
def opened_output(out: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or the file `out`. A regular file appears, or changes, only if the block succeeds.

    Raises `LeaderForgeError` if the folder of `out` does not exist.
    """
    if out is None:
        yield sys.stdout
    elif out.exists() and not out.is_file():
        # Write to a device or pipe directly, because a rename would replace the device or pipe itself.
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
    elif not out.parent.is_dir():
        raise LeaderForgeError(f"there is no folder {out.parent}: create it, or name another file")
    else:
        # Resolve a link, because a rename to the link would replace the link instead of its target.
        with _renamed_at_end(out.resolve()) as file:
            yield file


@contextmanager
def _renamed_at_end(out: Path) -> Iterator[TextIO]:
    """Yield a temporary file that is renamed to `out` if the block succeeds."""
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
