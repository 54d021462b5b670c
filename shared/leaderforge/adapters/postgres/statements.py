"""Named statements of queries/, and their multi-row forms."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TypeVar

from leaderforge.adapters.postgres.pool import Connection, Record

SIZES = (256, 128, 64, 32, *range(16, 0, -1))
"""Numbers of rows that a multi-row statement may have. Few sizes, because each needs a prepared statement."""

T = TypeVar("T")

_VALUES = re.compile(r"values (\([^)]*\))")
_PLACEHOLDER = re.compile(r"\$(\d+)")

_BOARD_COLUMNS = ":board_columns"
"""Marker that fragments/board_columns.sql replaces. psql reads the marker as a variable: `\\set board_columns ...`."""
_OF_POLICY = ("wins", "improves")
"""Markers in statements whose names end with a policy. The policy's fragments, such as wins_best.sql, replace them.

Each fragment is a condition that several columns use. Without a marker, each column would repeat the condition.
"""


@cache
def statement(name: str) -> str:
    """Return the statement in queries/`name`.sql, with fragments at their markers."""
    text = _text(name)
    for marker in _OF_POLICY:
        if f":{marker}" in text:
            text = text.replace(f":{marker}", fragment(f"{marker}_{name.rpartition('_')[2]}"))
    # `select *` would not do, because a prepared statement with `*` fails when a migration adds a column.
    return text.replace(_BOARD_COLUMNS, fragment("board_columns")) if _BOARD_COLUMNS in text else text


@cache
def fragment(name: str) -> str:
    """Return the fragment of statements in queries/fragments/`name`.sql, without its comment lines."""
    lines = _text(f"fragments/{name}").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def _text(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text()


@cache
def multi_row(name: str, rows: int) -> str:
    """Return the statement in queries/`name`.sql with its row of VALUES repeated `rows` times.

    Raises `ValueError` if the statement has no VALUES.
    """
    template = statement(name)
    match = _VALUES.search(template)
    if match is None:
        raise ValueError(f"{name}.sql has no VALUES")
    width = len(_PLACEHOLDER.findall(match[1]))
    repeated = ", ".join(_renumbered(match[1], i * width) for i in range(rows))
    return f"{template[: match.start()]}values {repeated}{template[match.end() :]}"


def _renumbered(row: str, start: int) -> str:
    return _PLACEHOLDER.sub(lambda match: f"${start + int(match[1])}", row)


async def run_rows(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> list[Record]:
    """Run a multi-row statement over all rows, in pieces, and return its result rows."""
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

    Values must not contain commas. An array parameter would cost 200 ms per connection on Citus, because the driver
    looks up the type of the array.
    """
    return ",".join(map(str, values))
