"""Reading score lines from CSV and NDJSON files."""

import csv
import json
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
from leaderforge.services.importing import ScoreLine

_IDS = UUID("6f1c7a0e-2a5e-5b0e-9f57-1c0d8b9f4a11")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class BadLine(LeaderForgeError):
    """A line that cannot be imported."""

    code = "bad_line"

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}", line=number)
        self.number = number
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter on a column: `column=value`, or `column!=value`."""

    column: str
    value: str
    negated: bool = False

    def holds(self, row: Mapping[str, str]) -> bool:
        """Whether the row passes. Raises `KeyError` where it has no such column."""
        return (row[self.column] == self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what. A score is a column or a constant; without `id`, a line is known by where it stands.

    `missing` are the texts that stand for no value.
    """

    player: str
    score: str | int
    time: str | None
    id: str | None
    conditions: Sequence[Condition]
    missing: frozenset[str]
    board: str


OnBadLine = Callable[[BadLine], None]
"""Told of each line that cannot be imported; raises to stop."""


def score_lines(
    path: Path, columns: Columns, now: int, on_bad: OnBadLine, advance: Callable[[int], None]
) -> Iterator[ScoreLine]:
    """Yield the score lines of a `.csv`, `.ndjson` or `.jsonl` file, those without a time as of now.

    `advance` is told how many bytes have been read since the last time.
    """
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        rows = _csv_rows(file) if path.suffix.lower() == ".csv" else _json_rows(file, on_bad)
        position = 0
        for count, (number, row) in enumerate(rows):
            if count % 500 == 0:
                at = raw.tell()
                advance(at - position)
                position = at
            try:
                if all(condition.holds(row) for condition in columns.conditions):
                    yield _score_line(number, row, columns, now)
            except BadLine as bad:
                on_bad(bad)
            except KeyError as error:
                on_bad(BadLine(number, f"there is no column {error}"))
        advance(path.stat().st_size - position)


def _csv_rows(file: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(file, restval="", strict=True)
    number = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadLine(reader.line_num, f"not CSV: {error}") from None
        number = reader.line_num
        yield number, {column: value for column, value in row.items() if column is not None}


def _json_rows(file: TextIO, on_bad: OnBadLine) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, text in enumerate(iter(file.readline, ""), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            on_bad(BadLine(number, f"not JSON: {error}"))
            continue
        if isinstance(row, dict):
            yield (
                number,
                {column: value if isinstance(value, str) else json.dumps(value) for column, value in row.items()},
            )
        else:
            on_bad(BadLine(number, "not a JSON object"))


def _score_line(number: int, row: Mapping[str, str], columns: Columns, now: int) -> ScoreLine:
    def value(column: str) -> str:
        text = row[column].strip()
        if text in columns.missing:
            raise BadLine(number, f"no {column}")
        return text

    try:
        player = username(value(columns.player))
    except Refused as refused:
        raise BadLine(number, refused.message) from None
    score = columns.score if isinstance(columns.score, int) else _score(number, value(columns.score))
    achieved_at = now if columns.time is None else _time(number, value(columns.time))
    known_by = value(columns.id) if columns.id else f"{number}\0" + "\0".join(row.values())
    return ScoreLine(number, player, score, achieved_at, uuid5(_IDS, f"{columns.board}\0{known_by}"))


def _score(number: int, text: str) -> int:
    try:
        score = int(text)
    except ValueError:
        raise BadLine(number, f"{text!r} is not an integer score") from None
    if abs(score) > MAX_INTEGER:
        raise BadLine(number, f"the score {text} is beyond +-(2^53 - 1)")
    return score


def _time(number: int, text: str) -> int:
    """Return the time in ms since 1970 that the text says: ISO 8601, in UTC unless it says otherwise, or such ms."""
    try:
        if text.lstrip("-").isdigit():
            time = int(text)
        else:
            moment = datetime.fromisoformat(text)
            time = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise BadLine(number, f"{text!r} is not an ISO 8601 time, nor milliseconds since 1970") from None
    if abs(time) > MAX_TIME:
        raise BadLine(number, f"the time {text} is too far from today")
    return time
