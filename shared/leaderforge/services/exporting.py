"""Export of complete ladders as text."""

import csv
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from io import StringIO
from json import dumps
from typing import TYPE_CHECKING, Any, TypeAlias

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.spreadsheet_cells import escaped
from leaderforge.domain.tiebreakers import unpacked
from leaderforge.domain.times import time_text
from leaderforge.services.entries import Entry, Page

if TYPE_CHECKING:  # the help of the command needs `ExportFormat`, but not this slow import
    from leaderforge.services.query import QueryService

PAGE = 1000
"""Entries per page. Only one page is in memory at a time."""

Again: TypeAlias = Callable[[Ladder], Awaitable[Ladder]]
"""Call before each later page that finds the ladder again: see `Ladders.again`."""

_CSV_ONLY = ("metadata", "external_id")
"""Last columns of CSV. Add new columns at the end, because programs may read columns by position."""


class ExportFormat(StrEnum):
    """Format of exported entries: CSV (RFC 4180, with a header) or NDJSON (one JSON object a line)."""

    CSV = "csv"
    NDJSON = "ndjson"


async def pages(query: "QueryService", ladder: Ladder, again: Again) -> AsyncGenerator[Page, None]:
    """Yield all entries of a ladder, best first. Each page is read when it is requested.

    The first page is yielded even if it is empty. A player whose standing does not change during the export appears
    exactly once. Raises the errors of `again`: a deleted board must not look like the end of the ladder.
    """
    page = await query.page(ladder, 1, PAGE)
    yield page
    while page.next is not None:
        page = await query.page_after(await again(ladder), page.next, PAGE)
        yield page


def header(form: ExportFormat, board: Board) -> str:
    """Return the first line of a file, empty for NDJSON."""
    return _csv([[*_columns(board), *_CSV_ONLY]]) if form is ExportFormat.CSV else ""


def lines(form: ExportFormat, board: Board, entries: Sequence[Entry]) -> str:
    """Return the entries as lines of a file.

    In CSV, an apostrophe precedes texts that a spreadsheet would read as a formula: see `spreadsheet_cells`.
    """
    columns = _columns(board)
    if form is ExportFormat.NDJSON:
        return "".join(_json(_members(board, _with_external_id(columns, e), e), e.metadata) for e in entries)
    members = (_cells(_members(board, columns, entry)) for entry in entries)
    return _csv(
        [*(values | {"username": _harmless(values["username"])}).values(), entry.metadata, _harmless(entry.external_id)]
        for values, entry in zip(members, entries, strict=True)
    )


def _with_external_id(columns: list[str], entry: Entry) -> list[str]:
    """Return the columns of NDJSON, with the external id after the name if the player has one."""
    return columns if entry.external_id is None else [*columns[:3], "external_id", *columns[3:]]


def _columns(board: Board) -> list[str]:
    """Return the exported columns in order, without the metadata, which `lines` adds as JSON text."""
    subscore = ["tiebreakers"] if board.tiebreakers else [] if board.subscore_order is None else ["subscore"]
    return ["rank", "user_id", "username", "score", *subscore, "submissions", "achieved_at"]


def _members(board: Board, columns: Sequence[str], entry: Entry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in columns} | {"achieved_at": time_text(entry.achieved_at)}
    values["score"] = board.score_type.json_value(entry.score)
    if entry.tiebreakers:
        values["tiebreakers"] = unpacked(entry.tiebreakers, entry.subscore or 0)
    return values


def _cells(members: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON members of an entry as cells of CSV: the object `tiebreakers` becomes JSON text."""
    return members | {"tiebreakers": dumps(members["tiebreakers"])} if "tiebreakers" in members else members


def _harmless(text: str | None) -> str | None:
    return None if text is None else escaped(text)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _json(members: dict[str, Any], metadata: str | None) -> str:
    # Insert the metadata without parsing, because it is already JSON text.
    return f'{dumps(members, ensure_ascii=False)[:-1]}, "metadata": {metadata or "null"}}}\n'
