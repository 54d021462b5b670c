"""Dumps: files from which index nodes load their data."""

from collections.abc import Iterable
from pathlib import Path

_LOADED_BYTES_A_SECOND = 10_000_000
"""Bytes of a dump that a node loads in a second at least, also on a busy machine."""


def loading_seconds(dumps: Iterable[Path]) -> float:
    """Return the time in s in which nodes load these dumps at the latest, concurrently. Missing dumps take no time."""
    return max(dump.stat().st_size if dump.exists() else 0 for dump in dumps) / _LOADED_BYTES_A_SECOND
