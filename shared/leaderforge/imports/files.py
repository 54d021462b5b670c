"""Score lines of a file. This module is the entry point of the package.

The file is a binary stream that can be rewound, such as an open file or an upload.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, TextIO, TypeAlias

from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import PLAIN_NUMBERS, NumberStyle, ScoreParser
from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.columns import Columns
from leaderforge.imports.csv_rows import CsvTable
from leaderforge.imports.formats import FileLayout, TableFormat
from leaderforge.imports.identity import Identities
from leaderforge.imports.json_rows import JsonTable
from leaderforge.imports.lines import ScoreLine, ScoreLineParser
from leaderforge.imports.streams import opened_text
from leaderforge.imports.times import TimeParser

Table: TypeAlias = CsvTable | JsonTable
OnProgress: TypeAlias = Callable[[int], None]
"""Callback that receives the number of bytes read since its last call."""

_PROGRESS_ROWS = 500
"""Rows between two reports. Reporting each row would cost more than reading it."""


class ScoreNotation(StrEnum):
    """Meaning of numbers in a file: stored scores (whole numbers), or scores as the board shows them."""

    STORED = "stored"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class FilePlan:
    """Plan for reading score lines from a file. `source` distinguishes the file from others with equal lines.

    Times without an offset are in `time_zone`, by default the board's. `planning.completed_plan` sets the `notation`
    if it is None. Until then, numbers are stored scores.
    """

    board: Board
    columns: Columns
    layout: FileLayout
    style: NumberStyle = PLAIN_NUMBERS
    notation: ScoreNotation | None = None
    time_format: str | None = None
    time_zone: str | None = None
    source: str | None = None

    @property
    def is_stored(self) -> bool:
        """Return whether numbers are stored scores. On boards without decimals, both notations are equal: False."""
        return self.notation is not ScoreNotation.SHOWN and self.board.display.decimals > 0


class ScoreFile:
    """Score lines of an opened table, and remarks on how it is read."""

    def __init__(self, raw: BinaryIO, table: Table, plan: FilePlan, identities: Identities) -> None:
        self._raw = raw
        self._table = table
        self.notes = table.notes
        scores = ScoreParser(plan.board.display, plan.style)
        self._parser = ScoreLineParser(
            plan.columns,
            identities,
            scores.stored if plan.is_stored else scores.shown,
            TimeParser(plan.time_format, plan.time_zone or plan.board.calendar.time_zone),
            escaped=plan.layout.format is TableFormat.CSV,
        )

    def lines(self, on_bad: OnBadLine, on_progress: OnProgress = lambda _: None) -> Iterator[ScoreLine]:
        """Yield the score lines in the order of the file. Report bad lines to `on_bad`, in the same order."""
        position = 0
        parse = self._parser.parse
        for count, row in enumerate(self._table.rows(on_bad, with_content=self._parser.needs_content)):
            if count % _PROGRESS_ROWS == 0:
                offset = self._raw.tell()
                on_progress(offset - position)
                position = offset
            try:
                line = parse(row)
            except BadLine as bad:
                on_bad(bad)
            else:
                if line is not None:
                    yield line
        on_progress(self._raw.tell() - position)


@contextmanager
def opened_scores(raw: BinaryIO, plan: FilePlan) -> Iterator[ScoreFile]:
    """Yield the score lines of a file.

    Raises `BadLine` if the header lacks a column, and `Refused` if the file cannot be read as planned.
    """
    raw.seek(0)
    with (
        closing(Identities(plan.board.slug, plan.source)) as identities,
        opened_text(raw, plan.layout.encoding) as text,
    ):
        yield ScoreFile(raw, table_of(text, plan.layout, plan.columns), plan, identities)


def require_header(raw: BinaryIO, plan: FilePlan) -> None:
    """Raise `BadLine` if the header lacks a column, and `Refused` if the file cannot be read as planned."""
    raw.seek(0)
    with opened_text(raw, plan.layout.encoding) as text:
        table_of(text, plan.layout, plan.columns)


def find_notation(raw: BinaryIO, plan: FilePlan) -> ScoreNotation:
    """Return the notation of all scores of a file.

    One score with decimals or as a clock time decides for the whole file, because a column has one meaning.
    """
    parser = ScoreParser(plan.board.display, plan.style)
    for score in _scores(raw, plan):
        if not score.isdecimal() and parser.is_only_shown(score):
            return ScoreNotation.SHOWN
    return ScoreNotation.STORED


def _scores(raw: BinaryIO, plan: FilePlan) -> Iterator[str]:
    """Yield the texts of all scores that the conditions admit."""
    columns = plan.columns
    if not isinstance(columns.score, str):
        return
    position = {column: i for i, column in enumerate(columns.required)}
    raw.seek(0)
    with opened_text(raw, plan.layout.encoding) as text:
        for row in table_of(text, plan.layout, columns).rows(_ignore, with_content=False):
            if all(condition.holds(row.values[position[condition.column]]) for condition in columns.conditions):
                yield row.values[position[columns.score]]


def table_of(text: TextIO, layout: FileLayout, columns: Columns) -> Table:
    """Return the table in a text. Raises `BadLine` if its header lacks a column."""
    if layout.format is TableFormat.CSV:
        return CsvTable(text, layout, columns.required)
    path = layout.list_path if layout.format is TableFormat.JSON else None
    return JsonTable(text, columns.required, path)


def _ignore(_: BadLine) -> None:
    pass
