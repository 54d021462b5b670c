"""Estimates of the disk and memory that a product with many players needs on one machine."""

import shutil
from pathlib import Path
from typing import NamedTuple

import psutil
import typer

STORE_BYTES = 700
"""Bytes on disk of a player with a name and one submission, with all indexes of the tables."""
DUMP_BYTES = 100
"""Bytes of a player in the files that the index nodes write when they stop."""
WAL_BYTES, MAX_WAL_BYTES = 1200, 5 * 10**9
"""Bytes of the write-ahead log: for a player, and at most. PostgreSQL recycles the log at `max_wal_size`."""
INDEX_BYTES = 230
"""Bytes of a player in the memory of the index nodes, with reserve for the peak of a rebuild."""
BASE_BYTES = int(2.5 * 10**9)
"""Bytes of memory that do not depend on the number of players: database, API, commands and load generator."""


class Room(NamedTuple):
    """Bytes of disk and of memory."""

    disk: int
    memory: int


def required(players: int) -> Room:
    """Return the room that a product with this number of players needs."""
    disk = players * (STORE_BYTES + DUMP_BYTES) + min(players * WAL_BYTES, MAX_WAL_BYTES)
    return Room(disk, players * INDEX_BYTES + BASE_BYTES)


def available(directory: Path) -> Room:
    """Return the free room of this machine. `directory` is on the disk that will be used."""
    return Room(shutil.disk_usage(directory).free, psutil.virtual_memory().available)


def fitting(free: Room) -> int:
    """Return the largest number of players that fits, to two digits."""
    stored = STORE_BYTES + DUMP_BYTES
    on_disk = max(
        (free.disk - MAX_WAL_BYTES) // stored, min(free.disk // (stored + WAL_BYTES), MAX_WAL_BYTES // WAL_BYTES)
    )
    players = max(0, min(on_disk, (free.memory - BASE_BYTES) // INDEX_BYTES))
    unit = 10 ** max(0, len(str(players)) - 2)
    return int(players // unit * unit)


def require_room(players: int, free: Room) -> None:
    """Raise `typer.BadParameter` if this number of players does not fit."""
    need = required(players)
    if need.disk > free.disk or need.memory > free.memory:
        raise typer.BadParameter(
            f"{players:,} players need about {_text(need)}. Only {_text(free)} are free. "
            f"What fits: {fitting(free):,} players"
        )


def _text(room: Room) -> str:
    return f"{room.disk / 1e9:,.1f} GB of disk and {room.memory / 1e9:,.1f} GB of memory"
