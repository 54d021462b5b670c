"""Snapshot of a foreign board: its rows as a temporary NDJSON file, which is imported like any other file.

The line number of a row is its rank if the rows are the ranking.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, BinaryIO, NamedTuple

from leaderforge.domain.boards import Board
from leaderforge.imports.columns import Condition
from leaderforge.imports.files import FilePlan
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow
from leaderforge.imports.options import FileOptions

_COLUMNS = ("id", "player_id", "player", "score", "subscore", "time", "metadata", "excluded", "exact")
_FLUSHED = 1000


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """Conversion of foreign scores. If they contain a time, dividing by `divisor` and rounding down removes the time.

    With `rounds`, a score is then rounded to the board's `decimals`, halves to the even neighbour.
    """

    decimals: int = 0
    divisor: int = 1
    rounds: bool = False

    def converted(self, text: str) -> str:
        """Return the score to import. A text that is no number of a float's size stays, and becomes a bad line."""
        with suppress(InvalidOperation):
            number = Decimal(text)
            if number.is_finite() and abs(number.adjusted()) <= _MAX_EXPONENT:
                return self._text(number)
        return text

    def _text(self, number: Decimal) -> str:
        if self.divisor != 1:
            number = (number / self.divisor).to_integral_value(ROUND_FLOOR)
        if self.rounds and number.adjusted() < _MAX_DIGITS:
            number = number.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN)
        return f"{number:f}" if number % 1 else f"{number.to_integral_value():f}"


_MAX_EXPONENT = 400
"""Maximum exponent of numbers to convert, which floats do not reach. The text of 1e-999999 would have a million digits.
"""
_MAX_DIGITS = 20
"""Maximum digits of numbers to round. Longer numbers stay unchanged and become bad lines, as no score is so long."""


class SnapshotRow(NamedTuple):
    """Row of a snapshot. `exact` is the score on the foreign board, before its conversion by `ScoreScale`."""

    number: int
    player_id: str
    player: str | None
    exact: str
    excluded: str | None


async def write_snapshot(
    rows: AsyncIterator[ForeignRow],
    file: BinaryIO,
    scale: ScoreScale,
    advance: Callable[[int], None],
    as_of: str | None = None,
) -> int:
    """Write the rows to the file, and return their number. `advance` receives the number of newly written rows.

    Rows without a time get the time `as_of`.
    """
    written, lines = 0, []
    async for row in rows:
        lines.append(_line(row if row.time else row._replace(time=as_of), scale))
        if len(lines) == _FLUSHED:
            file.write("".join(lines).encode())
            advance(len(lines))
            written, lines = written + len(lines), []
    file.write("".join(lines).encode())
    advance(len(lines))
    file.seek(0)
    return written + len(lines)


def _line(row: ForeignRow, scale: ScoreScale) -> str:
    score = scale.converted(row.score)
    exact = None if score == row.score else row.score
    values = (row.id, row.player_id, row.player, score, row.subscore, row.time, row.metadata, row.excluded, exact)
    # Give all rows the same JSON members, because the import reads such rows faster.
    return json.dumps(dict(zip(_COLUMNS, values, strict=True)), separators=(",", ":")) + "\n"


def snapshot_rows(file: BinaryIO) -> Iterator[SnapshotRow]:
    """Yield the rows of a snapshot, from its beginning."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        row: dict[str, Any] = json.loads(line)
        exact = row["score"] if row["exact"] is None else row["exact"]
        yield SnapshotRow(number, _writable(row["player_id"]).strip(), _writable(row["player"]), exact, row["excluded"])


def _writable(text: str | None) -> str:
    """Return a text for reports. Replace lone surrogates (bytes that are not UTF-8), which cannot be written."""
    return (text or "").encode(errors="replace").decode()


def snapshot_plan(
    board: Board, facts: ForeignFacts, *, scores: str | None, time_zone: str | None, as_of: str | None
) -> FilePlan:
    """Return the plan for importing a snapshot. The import skips excluded rows."""
    options = FileOptions(
        file="snapshot.ndjson",
        player="player",
        player_id="player_id",
        score="score",
        subscore="subscore" if facts.has_subscores else None,
        time="time" if facts.has_times or as_of is not None else None,
        id="id",
        metadata="metadata",
        scores=scores,
        time_zone=time_zone,
        conditions=[Condition("excluded", "")],
    )
    return options.plan(board, options.columns())
