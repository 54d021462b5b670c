"""The named statements of queries/, and their multi-row forms."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TypeVar

from leaderforge.adapters.postgres.pool import Connection, Record

SIZES = (256, 128, 64, 32, *range(16, 0, -1))
"""How many rows a multi-row statement may have: few sizes, so that few statements are prepared."""

T = TypeVar("T")

_VALUES = re.compile(r"values (\([^)]*\))")
_PLACEHOLDER = re.compile(r"\$(\d+)")


@cache
def statement(name: str) -> str:
    """Return the statement in queries/`name`.sql."""
    return files(__package__).joinpath("queries", f"{name}.sql").read_text()


@cache
def multi_row(name: str, rows: int) -> str:
    """Return the statement in queries/`name`.sql with its one row of VALUES repeated."""
    before, row, after = _around_values(name)
    width = len(_PLACEHOLDER.findall(row))
    repeated = ", ".join(_renumbered(row, i * width) for i in range(rows))
    return f"{before}values {repeated}{after}"


@cache
def combined(head: str, name: str, source: str) -> str:
    """Return the statement in queries/`name`.sql after the WITH in queries/`head`.sql, over one of its tables."""
    before, _, after = _around_values(name)
    return "".join((statement(head), before, "select * from ", source, after))


def _renumbered(row: str, start: int) -> str:
    return _PLACEHOLDER.sub(lambda match: f"${start + int(match[1])}", row)


def _around_values(name: str) -> tuple[str, str, str]:
    """Return what is before the VALUES of a statement, their one row, and what is after."""
    template = statement(name)
    found = _VALUES.search(template)
    if found is None:
        raise ValueError(f"{name}.sql has no VALUES")
    return template[: found.start()], found[1], template[found.end() :]


async def run_rows(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> list[Record]:
    """Run a multi-row statement over all rows, in pieces, and return what they returned."""
    returned: list[Record] = []
    for piece in pieces(rows):
        returned += await connection.fetch(multi_row(name, len(piece)), *chain.from_iterable(piece))
    return returned


def pieces(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut rows into pieces of `SIZES`."""
    start = 0
    while start < len(rows):
        size = next(size for size in SIZES if size <= len(rows) - start)
        yield rows[start : start + size]
        start += size


def listed(values: Collection[object]) -> str:
    """Return ids as the statements' string_to_array takes them.

    An array parameter would make the driver look its type up, once a connection: 200 ms on Citus.
    """
    return ",".join(map(str, values))
