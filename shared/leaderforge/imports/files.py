"""Score lines of a file. This module is the entry point of the package.

The file is a binary stream that can be rewound, such as an open file or an upload.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import compress
from operator import itemgetter
from typing import BinaryIO, TypeAlias

from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import PLAIN_NUMBERS, NumberStyle, ScoreParser
from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.block_parsing import BlockProcesses, complete_blocks
from leaderforge.imports.blocks import Block
from leaderforge.imports.columns import Columns, Condition
from leaderforge.imports.csv_rows import CsvTable
from leaderforge.imports.formats import FileLayout, ScoreNotation, TableFormat
from leaderforge.imports.identity import Identities, LineDigests
from leaderforge.imports.lines import LineColumns, ScoreLine, ScoreLineParser
from leaderforge.imports.rows import Fault
from leaderforge.imports.tables import OpenedTable, Table, open_table
from leaderforge.imports.times import TimeParser
from leaderforge.imports.whole_scores import WholeCsvScores, WholeJsonScores

OnProgress: TypeAlias = Callable[[int], None]
"""Callback that receives the number of bytes read since its last call."""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """Plan for reading score lines from a file. `source` distinguishes the file from other files with equal lines.

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
        """Return whether numbers are stored scores. Return False without decimals: both notations are equal then."""
        return self.notation is not ScoreNotation.SHOWN and self.board.display.decimals > 0


class _Parser:
    """Parser of the blocks of a table to score lines. Each process has its own parser."""

    def __init__(self, plan: FilePlan, table: Table) -> None:
        self._table = table
        scores = ScoreParser(plan.board.display, plan.style, plan.board.score_type)
        self._lines = ScoreLineParser(
            plan.columns,
            LineDigests(plan.board.slug, plan.source),
            scores.from_stored if plan.is_stored else scores.from_shown,
            partial(scores.whole, is_stored=plan.is_stored),
            TimeParser(plan.time_format, plan.time_zone or plan.board.calendar.time_zone),
            escaped=plan.layout.format is TableFormat.CSV,
        )

    def __call__(self, block: Block) -> LineColumns:
        return self._lines.parse(self._table.rows(block, with_content=self._lines.needs_content))


class ScoreFile:
    """Score lines of an opened table, and remarks on how it is read."""

    def __init__(self, opened: OpenedTable, processes: "BlockProcesses[LineColumns]", identities: Identities) -> None:
        self._blocks = opened.blocks
        self._processes = processes
        self._identities = identities
        self.notes = opened.table.notes

    def lines(self, on_bad: OnBadLine, on_progress: OnProgress = lambda _: None) -> Iterator[ScoreLine]:
        """Yield the score lines in the order of the file. Report bad lines to `on_bad`, in the same order."""
        position = 0
        for block, parsed in complete_blocks(self._blocks, self._processes):
            lines = parsed.lines(self._identities.ids(parsed.digests))
            yield from _merged(lines, parsed.faults, on_bad) if parsed.faults else lines
            on_progress(block.position - position)
            position = block.position
            if block.damage is not None and not parsed.is_end:
                number = block.end_number if parsed.open_row is None else parsed.open_row.number
                on_bad(BadLine(number, f"{block.damage}; the lines before it were read"))


def _merged(lines: Sequence[ScoreLine], faults: Sequence[Fault], on_bad: OnBadLine) -> Iterator[ScoreLine]:
    """Yield the lines. Report the faults between them, in the order of the line numbers."""
    entries: Iterator[ScoreLine | Fault] = merge(lines, sorted(faults, key=itemgetter(0)), key=itemgetter(0))
    for entry in entries:
        if isinstance(entry, Fault):
            on_bad(BadLine(*entry))
        else:
            yield entry


@contextmanager
def opened_scores(raw: BinaryIO, plan: FilePlan, processes: int = 0) -> Iterator[ScoreFile]:
    """Yield the score lines of a file. A long file is parsed by this number of further `processes`.

    Raises `BadLine` if the header lacks a column, and `Refused` if the file cannot be read as planned.
    """
    opened = open_table(raw, plan.layout, plan.columns.required)
    with (
        closing(Identities(by_content=plan.columns.id is None)) as identities,
        BlockProcesses(partial(_Parser, plan, opened.table), processes) as parsing,
    ):
        yield ScoreFile(opened, parsing, identities)


def require_header(raw: BinaryIO, plan: FilePlan) -> None:
    """Raise `BadLine` if the header lacks a column, and `Refused` if the file cannot be read as planned."""
    open_table(raw, plan.layout, plan.columns.required)


def find_notation(raw: BinaryIO, plan: FilePlan) -> ScoreNotation:
    """Return the notation of all scores of a file.

    One score with decimals or as a clock time decides for the whole file, because a column has one meaning.
    """
    if _has_whole_scores_only(raw, plan):
        return ScoreNotation.STORED
    parser = ScoreParser(plan.board.display, plan.style, plan.board.score_type)
    for scores in _scores(raw, plan):
        # Check whole blocks first, because most files have whole numbers only.
        if not "".join(scores).isdecimal() and any(map(parser.is_only_shown, scores)):
            return ScoreNotation.SHOWN
    return ScoreNotation.STORED


def _has_whole_scores_only(raw: BinaryIO, plan: FilePlan) -> bool:
    """Return whether the text of a file shows that all its scores are whole numbers."""
    column = plan.columns.score
    if not isinstance(column, str):
        return False
    table, blocks = open_table(raw, plan.layout, plan.columns.required)
    if isinstance(table, CsvTable):
        return all(map(WholeCsvScores(table.separator, table.header.index(column)).only_in, blocks))
    return all(map(WholeJsonScores(column).only_in, blocks))


def _scores(raw: BinaryIO, plan: FilePlan) -> Iterator[Sequence[str]]:
    """Yield the texts of all scores that the conditions admit, block by block."""
    columns = plan.columns
    if not isinstance(columns.score, str):
        return
    required = columns.required
    score = required.index(columns.score)
    conditions = [(required.index(condition.column), condition) for condition in columns.conditions]
    opened = open_table(raw, plan.layout, required)
    with BlockProcesses(partial(partial, opened.table.rows, with_content=False), processes=0) as parsing:
        for _, rows in complete_blocks(opened.blocks, parsing):
            yield _admitted(rows.columns, conditions)[score]


def _admitted(columns: Sequence[Sequence[str]], conditions: Iterable[tuple[int, Condition]]) -> Sequence[Sequence[str]]:
    """Return the columns without the rows that a condition excludes. Each condition has its column's position."""
    for position, condition in conditions:
        selectors = [condition.holds(text) for text in columns[position]]
        columns = [list(compress(column, selectors)) for column in columns]
    return columns
