"""Proposals of columns, from the header and the values of the first rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import NumberStyle, ScoreParser
from leaderforge.imports.formats import FileLayout
from leaderforge.imports.tables import open_table
from leaderforge.imports.times import TimeParser

_SAMPLED = 50
"""Maximum number of rows whose values are examined."""
_PLAYER = ("player", "username", "user", "name", "nickname", "nick", "scorer", "athlete", "driver", "runner", "team")
_SCORE = ("score", "points", "result", "goals", "total", "value", "xp", "time", "lap")
_TIME = ("achieved_at", "time", "date", "timestamp", "when", "day", "at", "created_at", "datetime")


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """Columns that a file is likely to have for player, score and time, each None if none fits."""

    player: str | None
    score: str | None
    time: str | None

    @property
    def options(self) -> str:
        """Return the proposal as options of the command."""
        pairs = (("--player", self.player), ("--score", self.score), ("--time", self.time))
        return " ".join(f"{option} {_quoted(column)}" for option, column in pairs if column is not None)


def sampled_rows(raw: BinaryIO, layout: FileLayout) -> Sequence[Mapping[str, str]]:
    """Return the first rows of a file with all their values."""
    opened = open_table(raw, layout, ())
    return list(islice(opened.table.objects(next(opened.blocks)), _SAMPLED))


def propose_columns(
    rows: Sequence[Mapping[str, str]], board: Board, style: NumberStyle, time_format: str | None
) -> ColumnProposal:
    """Return a proposal by the names of the columns, and by their values if no name is usual."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    values = {column: [row[column] for row in rows if row.get(column)] for column in columns}
    parse_score, parse_time = _score_parser(board, style), TimeParser(time_format)
    scores = [column for column in columns if _all_parse(values[column], parse_score)]
    times = [column for column in columns if _all_parse(values[column], parse_time)]
    score = _best(scores, _SCORE)
    time = _best([column for column in times if column != score], _TIME)
    texts = [column for column in columns if values[column] and column not in {score, time, *scores, *times}]
    by_name = _usual_name([column for column in columns if column not in {score, time}], _PLAYER)
    return ColumnProposal(by_name or _best(texts, _PLAYER), score, time)


def _score_parser(board: Board, style: NumberStyle) -> Callable[[str], int]:
    return ScoreParser(board.display, style, board.score_type).from_shown


def _best(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the column with the first of these names that occurs. If none occurs, return the first column."""
    return _usual_name(columns, names) or next(iter(columns), None)


def _usual_name(columns: Sequence[str], names: Sequence[str]) -> str | None:
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)


def _all_parse(values: Iterable[str], parse: Callable[[str], int]) -> bool:
    """Return whether there are values, and nearly all of them can be parsed."""
    results = [_parses(value, parse) for value in values]
    return len(results) > 0 and sum(results) >= 0.8 * len(results)


def _parses(value: str, parse: Callable[[str], int]) -> bool:
    with suppress(ValueError):
        parse(value)
        return True
    return False


def _quoted(column: str) -> str:
    return column if column.replace("_", "").replace("-", "").isalnum() else f"'{column}'"
