"""Named statements of queries/, and their multi-row forms."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TypeVar

from leaderforge.adapters.postgres.pool import Connection, Record

SIZES = (256, 128, 64, 32, *range(16, 0, -1))
"""Row counts of multi-row statements. Each one is a prepared statement, therefore there are few."""

T = TypeVar("T")

_VALUES = re.compile(r"values (\([^)]*\))")
_PLACEHOLDER = re.compile(r"\$(\d+)")

_BOARD_COLUMNS = ":board_columns"
"""Marker that queries/board_columns.sql replaces. psql reads it as a variable: `\\set board_columns ...`."""


@cache
def statement(name: str) -> str:
    """Return the statement in queries/`name`.sql, with the columns of boards at their marker."""
    text = _text(name)
    # Not `select *`: a prepared statement with `*` fails when a migration adds a column.
    return text.replace(_BOARD_COLUMNS, _text("board_columns").strip()) if _BOARD_COLUMNS in text else text


def _text(name: str) -> str:
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
    """Return one statement: the WITH in queries/`head`.sql, then the statement in queries/`name`.sql over `source`.

    `source`, a table of the WITH, replaces the VALUES.
    """
    # Spliced, not stored: the upsert of each policy exists once, for both write strategies. One statement saves at
    # least three round trips a batch.
    before, _, after = _around_values(name)
    return "".join((statement(head), before, "select * from ", source, after))


def _renumbered(row: str, start: int) -> str:
    return _PLACEHOLDER.sub(lambda match: f"${start + int(match[1])}", row)


def _around_values(name: str) -> tuple[str, str, str]:
    """Return the text before the VALUES, their one row, and the text after. Raises `ValueError` without VALUES."""
    template = statement(name)
    match = _VALUES.search(template)
    if match is None:
        raise ValueError(f"{name}.sql has no VALUES")
    return template[: match.start()], match[1], template[match.end() :]


async def run_rows(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> list[Record]:
    """Run a multi-row statement over all rows, in pieces, and return the returned rows."""
    returned: list[Record] = []
    for piece in pieces(rows):
        returned += await connection.fetch(multi_row(name, len(piece)), *chain.from_iterable(piece))
    return returned


def pieces(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the rows in pieces whose lengths are in `SIZES`."""
    start = 0
    while start < len(rows):
        size = next(size for size in SIZES if size <= len(rows) - start)
        yield rows[start : start + size]
        start += size


def joined(values: Collection[object]) -> str:
    """Return the values as one comma-separated text, for `string_to_array`.

    Values must not contain commas. With an array parameter, the driver looks up its type on each connection: 200 ms on
    Citus.
    """
    return ",".join(map(str, values))
