"""Reader of score lines from CSV and NDJSON files."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO
from uuid import UUID, uuid5

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.order import MAX_TIME
from leaderforge.domain.players import username
from leaderforge.domain.times import moment_of
from leaderforge.services.importing import ScoreLine

_IDS = UUID("6f1c7a0e-2a5e-5b0e-9f57-1c0d8b9f4a11")
"""Namespace of the submission ids. Changing it makes earlier imports count again."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SHOWN = 60
"""Maximum characters of a wrong value in a message."""
_INTEGER = re.compile("[+-]?[0-9]{1,40}")


class BadLine(LeaderForgeError):
    """Error for a line that cannot be imported."""

    code = "bad_line"

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}", line=number)
        self.number = number
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Condition:
    """Filter on a column: `column=value`, or `column!=value`."""

    column: str
    value: str
    negated: bool = False

    def holds(self, row: Mapping[str, str]) -> bool:
        """Return whether the row passes. Raises `KeyError` if it lacks the column."""
        return (row[self.column].strip() == self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the score lines. `score` is a column or a constant.

    Without `id`, number and text identify a line. Texts in `missing` mean no value.
    """

    player: str
    score: str | int
    time: str | None
    id: str | None
    conditions: Sequence[Condition]
    missing: frozenset[str]
    board: str

    @property
    def required(self) -> Sequence[str]:
        """Return the columns that a file must have."""
        optional = (self.score if isinstance(self.score, str) else None, self.time, self.id)
        return [self.player, *filter(None, optional), *(condition.column for condition in self.conditions)]


OnBadLine = Callable[[BadLine], None]
"""Callback for each line that cannot be imported. It may raise to stop."""


def score_lines(
    path: Path, columns: Columns, now: int, on_bad: OnBadLine, advance: Callable[[int], None]
) -> Iterator[ScoreLine]:
    """Yield the score lines of a `.csv`, `.ndjson` or `.jsonl` file. Lines without a time get the time `now` (ms).

    `advance` receives the number of bytes read since its last call. Raises `Refused` for another kind of file, and
    `BadLine` if a `.csv` file has no header with the columns.
    """
    kind = path.suffix.lower()
    if kind not in {".csv", ".ndjson", ".jsonl"}:
        raise Refused(f"{path.name} has an unknown format: its name must end with .csv, .ndjson or .jsonl")
    # Keep bytes that are not UTF-8 as surrogates: one bad line must not end the whole import.
    with (
        path.open("rb") as raw,
        # `-sig`: spreadsheets begin a file with a byte order mark.
        TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="") as file,
    ):
        rows = _csv_rows(file, columns, on_bad) if kind == ".csv" else _json_rows(file, on_bad)
        position = 0
        for count, (number, row) in enumerate(rows):
            # Reporting each row would cost more than reading it.
            if count % 500 == 0:
                offset = raw.tell()
                advance(offset - position)
                position = offset
            try:
                if all(condition.holds(row) for condition in columns.conditions):
                    yield _score_line(number, row, columns, now)
            except BadLine as bad:
                on_bad(bad)
            except KeyError as error:
                on_bad(BadLine(number, f"there is no column {error}"))
        advance(path.stat().st_size - position)


def _csv_rows(file: TextIO, columns: Columns, on_bad: OnBadLine) -> Iterator[tuple[int, Mapping[str, str]]]:
    header: list[str] = []
    for number, cells in _csv_lines(file, on_bad):
        if not header:
            header = _checked_header(number, cells, columns)
        elif len(cells) > len(header):
            on_bad(BadLine(number, f"{len(cells)} values for {len(header)} columns"))
        else:
            yield number, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
    if not header:
        raise BadLine(1, "the file is empty: its first line must name the columns")


def _csv_lines(file: TextIO, on_bad: OnBadLine) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines that are not blank, each with the number of its first line.

    Raises `BadLine` if the first line is not CSV: without a header, no line can be read.
    """
    reader = csv.reader(file, strict=True)
    has_header = False
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bad = BadLine(number, f"not CSV: {error}")
            if not has_header:
                raise bad from None
            on_bad(bad)
            continue
        if any(map(str.strip, cells)):
            has_header = True
            yield number, cells


def _checked_header(number: int, cells: Sequence[str], columns: Columns) -> list[str]:
    header = [cell.strip() for cell in cells]
    for column in columns.required:
        if header.count(column) != 1:
            fault = f"the column {column!r} occurs twice" if column in header else f"there is no column {column!r}"
            raise BadLine(number, f"{fault} in the header {', '.join(map(repr, header))}")
    return header


def _json_rows(file: TextIO, on_bad: OnBadLine) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, text in enumerate(iter(file.readline, ""), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        # Deeply nested JSON raises a `RecursionError`.
        except (ValueError, RecursionError) as error:
            on_bad(BadLine(number, f"not JSON: {error}"))
            continue
        if isinstance(row, dict):
            yield number, {column: _text(value) for column, value in row.items()}
        else:
            on_bad(BadLine(number, "not a JSON object"))


def _text(value: object) -> str:
    """Return a JSON value as the text that a CSV file would contain."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _score_line(number: int, row: Mapping[str, str], columns: Columns, now: int) -> ScoreLine:
    def value(column: str) -> str:
        text = row[column].strip()
        if text in columns.missing:
            raise BadLine(number, f"no {column}")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadLine(number, f"the {column} is not UTF-8 text") from None
        return text

    try:
        player = username(value(columns.player))
    except Refused as refused:
        raise BadLine(number, refused.message) from None
    score = columns.score if isinstance(columns.score, int) else _score(number, value(columns.score))
    achieved_at = now if columns.time is None else _time(number, value(columns.time))
    line_key = value(columns.id) if columns.id else f"{number}\0" + "\0".join(row.values())
    # Bytes that are not UTF-8 are surrogates here, which `uuid5` cannot encode.
    identity = f"{columns.board}\0{line_key}".encode(errors="backslashreplace").decode()
    return ScoreLine(number, player, score, achieved_at, uuid5(_IDS, identity), is_timed=columns.time is not None)


def _score(number: int, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadLine(number, f"{_short(text)} is not an integer score")
    score = int(text)
    if abs(score) > MAX_INTEGER:
        raise BadLine(number, f"the score {text} is beyond +-(2^53 - 1)")
    return score


def _time(number: int, text: str) -> int:
    """Return the time of a text in ms since 1970: ISO 8601, in UTC without an offset, or an integer in ms."""
    try:
        if text.lstrip("-").isdigit():
            time = int(text)
        else:
            moment = moment_of(text)
            time = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise BadLine(number, f"{_short(text)} is not a time: use ISO 8601, or milliseconds since 1970") from None
    if abs(time) > MAX_TIME:
        raise BadLine(number, f"the time {_short(text)} is more than 4,459 years from 1970")
    return time


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
