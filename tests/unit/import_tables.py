"""Random tables of scores, written as files in all supported forms, for the import of any table."""

import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from io import StringIO
from itertools import accumulate
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import NumberStyle, score_text
from leaderforge.domain.spreadsheet_cells import escaped
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan
from leaderforge.imports.formats import FileLayout, ScoreNotation, TableFormat
from tests import zstd
from tests.unit.edge_fixtures import START

Cells = Mapping[str, Any]
"""Values of a row by column."""


class Row(NamedTuple):
    """Row of a table: a player, a score and a time in ms. The metadata has no nested values."""

    player: str
    score: int
    at: int
    subscore: int | None = None
    metadata: Mapping[str, str | int] | None = None

    @property
    def external_id(self) -> str:
        """Return the id of the player in another system. Names that differ only in case have the same id."""
        return f"{self.player.casefold()}'"


class Writing(NamedTuple):
    """Form of a file: its format, columns and texts, and the size of the blocks that the import reads.

    `players` has the names of the columns that identify players. `members` has the members of the metadata that have
    columns of their own. The other members share one column. If `time` begins with "split", a time takes two columns.
    `zone` is the zone of times without an offset, by default the board's.
    """

    form: str = "comma"
    notation: ScoreNotation = ScoreNotation.STORED
    time: str = "iso"
    style: NumberStyle = NumberStyle()
    block_size: int = 1 << 18
    players: tuple[str, ...] = ("player",)
    has_subscores: bool = False
    has_metadata: bool = False
    members: tuple[str, ...] = ()
    has_header: bool = True
    zone: str | None = None

    def sent(self, row: Row) -> dict[str, Any]:
        """Return the subscore and the metadata of a row, as a submission over HTTP has them."""
        members = {**(row.metadata or {})} if self.has_metadata else {}
        members = {m: value for m, value in members.items() if m not in self.members} | {
            # A member in a column of its own becomes a text.
            member: str(members[member])
            for member in self.members
            if member in members
        }
        sent = {"subscore": row.subscore if self.has_subscores else None, "metadata": members or None}
        return {name: value for name, value in sent.items() if value is not None}


NAMES = ["Ann", "ann", "Zo\u00eb", "=2+3", "'=2+3", "-b", "@c", "+d", "'", "''", "'e", 'x"y', "a,b;c", "42", "null"]
HOUR = 3_600_000
DAY = 24 * HOUR
MEMBERS = ("map", "laps")

rows = st.builds(
    Row,
    st.sampled_from(NAMES),
    st.integers(-50, 50) | st.integers(-9_000_000, 9_000_000),
    st.integers(START - HOUR, START + HOUR) | st.integers(START - 4 * DAY, START + DAY),
    st.none() | st.integers(-2, 2),
    st.none()
    | st.fixed_dictionaries({}, optional={"map": st.sampled_from(["dust", "=a;b", '"']), "laps": st.integers(-1, 9)}),
)


def iso(row: Row) -> str:
    return _moment(row).isoformat()


def _moment(row: Row, zone: tzinfo = UTC) -> datetime:
    return datetime.fromtimestamp(row.at / 1000, zone)


def _local(pattern: str) -> Callable[[Row, tzinfo], str]:
    """Return a function that writes the time of a row by the clocks of a zone, without the offset."""
    return lambda row, zone: _moment(row, zone).strftime(pattern)


def _serial_day(row: Row, zone: tzinfo) -> str:
    """Return the time of a row as spreadsheets count it: days since 1899-12-30 by the clocks of a zone."""
    since = _moment(row, zone).replace(tzinfo=None) - datetime(1899, 12, 30)
    return f"{Decimal(since // timedelta(milliseconds=1)) / DAY:.12f}"


TIMES: Mapping[str, tuple[str | None, Callable[[Row, tzinfo], str]]] = {
    "iso": (None, lambda row, _: iso(row)),
    "local iso": (None, _local("%Y-%m-%dT%H:%M:%S.%f")),
    "milliseconds": (None, lambda row, _: str(row.at)),
    "seconds": ("seconds", lambda row, _: f"{row.at // 1000}.{row.at % 1000:03}"),
    "microseconds": ("microseconds", lambda row, _: str(row.at * 1000)),
    "nanoseconds": ("nanoseconds", lambda row, _: str(row.at * 1_000_000)),
    "serial": ("serial", _serial_day),
    "pattern": ("%d.%m.%Y %H:%M:%S.%f", _local("%d.%m.%Y %H:%M:%S.%f")),
    "split iso": (None, _local("%Y-%m-%d %H:%M:%S.%f")),
    "split pattern": ("%m/%d/%Y %H.%M.%S.%f", _local("%m/%d/%Y %H.%M.%S.%f")),
}
LIST_PATH = "data.scores"


def _separated(separator: str) -> Callable[[Sequence[Cells], bool], bytes]:
    def write(table: Sequence[Cells], has_header: bool) -> bytes:
        text = StringIO()
        writer = csv.writer(text, delimiter=separator)
        writer.writerows([list(table[0])] * has_header + [list(map(_cell, row.items())) for row in table])
        return text.getvalue().encode()

    return write


def _cell(item: tuple[str, Any]) -> str:
    """Return the text of a value. Names and ids are escaped, as in exported files."""
    column, value = item
    if column in {"player", "player_id"}:
        return escaped(value)
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _objects(table: Sequence[Cells], separator: str = "\n") -> str:
    return separator.join(map(json.dumps, table))


FORMATS: Mapping[str, tuple[TableFormat, Callable[[Sequence[Cells], bool], bytes]]] = {
    "comma": (TableFormat.CSV, _separated(",")),
    "semicolon": (TableFormat.CSV, _separated(";")),
    "tab": (TableFormat.CSV, _separated("\t")),
    "byte order mark": (TableFormat.CSV, lambda table, header: b"\xef\xbb\xbf" + _separated(",")(table, header)),
    "gzip": (TableFormat.CSV, lambda table, header: gzip.compress(_separated(",")(table, header))),
    "utf-16": (TableFormat.CSV, lambda table, header: _separated("|")(table, header).decode().encode("utf-16")),
    "latin-1": (TableFormat.CSV, lambda table, header: _separated(",")(table, header).decode().encode("latin-1")),
    "ndjson": (TableFormat.NDJSON, lambda table, _: _objects(table).encode()),
    "zstd": (TableFormat.NDJSON, lambda table, _: zstd.compress(_objects(table).encode())),
    "json": (TableFormat.JSON, lambda table, _: json.dumps(table, indent=1).encode()),
    "json, an object a line": (TableFormat.JSON, lambda table, _: ("[" + _objects(table, ",\n") + "]").encode()),
    "list at a path": (
        TableFormat.JSON,
        lambda table, _: (
            '{"scores": [0], "data": {"made": {"scores": []}, "scores": [' + _objects(table, ",\n") + '], "n": 1}}'
        ).encode(),
    ),
}
STYLES = [
    NumberStyle(),
    NumberStyle(","),
    NumberStyle(",", "."),
    NumberStyle(".", ","),
    NumberStyle(",", " "),
    NumberStyle(".", "'"),
]
ZONES = ["Pacific/Auckland", "America/New_York", "Asia/Kolkata"]
"""Zones whose days begin at other times than in UTC. None of them changes its clocks near `START`."""

writings = st.builds(
    Writing,
    st.sampled_from(list(FORMATS)),
    st.sampled_from(ScoreNotation),
    st.sampled_from(list(TIMES)),
    st.sampled_from(STYLES),
    st.sampled_from([80, 1 << 18]),
    st.sampled_from([("player",), ("player",), ("player_id",), ("player", "player_id")]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(), ("map",), MEMBERS]),
    st.booleans(),
    st.sampled_from([None, *ZONES]),
)


class Written(NamedTuple):
    """File of a table: its bytes, the plan for its import, and the number of the first line of each row."""

    data: bytes
    plan: FilePlan
    numbers: Sequence[int]


def written(table: Sequence[Row], board: Board, writing: Writing) -> Written:
    """Return the file of a table for a board."""
    table_format, write = FORMATS[writing.form]
    cells = [_cells(row, board, writing) for row in table]
    names = tuple(cells[0])
    has_header = writing.has_header or table_format is not TableFormat.CSV
    members = tuple(member for member in writing.members if member in names)
    columns = Columns(
        player="player" if "player" in names else None,
        player_id="player_id" if "player_id" in names else None,
        subscore="subscore" if "subscore" in names else None,
        time="time",
        time_of_day="clock" if "clock" in names else None,
        metadata="metadata" if "metadata" in names else None,
        members=members,
    )
    layout = FileLayout(
        table_format,
        header=None if has_header else names,
        encoding="latin-1" if writing.form == "latin-1" else None,
        list_path=LIST_PATH if writing.form == "list at a path" else "",
    )
    time_format, _ = TIMES[writing.time]
    plan = FilePlan(board, columns, layout, writing.style, writing.notation, time_format, writing.zone)
    return Written(write(cells, has_header), plan, _numbers(cells, writing, has_header=has_header))


def _cells(row: Row, board: Board, writing: Writing) -> dict[str, Any]:
    """Return the values of a row: numbers and objects as they are in JSON, None for a missing value."""
    time = TIMES[writing.time][1](row, ZoneInfo(writing.zone or board.calendar.time_zone))
    day, _, clock = time.partition(" ") if writing.time.startswith("split") else (time, "", None)
    is_stored = writing.notation is ScoreNotation.STORED and board.display.decimals
    score = _styled(str(row.score) if is_stored else score_text(board.display, row.score), writing.style)
    sent = writing.sent(row)
    members = dict(sent.get("metadata", {}))
    cells = {
        **{"player": row.player, "player_id": row.external_id},
        **{"score": score, "time": day, "clock": clock},
        **{"subscore": sent.get("subscore")},
        **{member: members.pop(member, None) for member in writing.members},
        **{"metadata": members or None},
    }
    absent = {"player", "player_id"} - {*writing.players}
    absent |= {"clock"} if clock is None else set()
    absent |= set() if writing.has_subscores else {"subscore"}
    absent |= set() if writing.has_metadata else {"metadata", *writing.members}
    return {name: value for name, value in cells.items() if name not in absent}


def _styled(text: str, style: NumberStyle) -> str:
    """Return the text of a score with the marks of a style. Clock times have no separators of thousands."""
    whole, point, fraction = text.partition(".")
    if style.thousands is not None and ":" not in text:
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        whole = sign + f"{int(digits):,}".replace(",", style.thousands)
    return whole + point.replace(".", style.decimal) + fraction


def _numbers(cells: Sequence[Cells], writing: Writing, *, has_header: bool) -> Sequence[int]:
    """Return the number of the first line of each row."""
    if writing.form == "json":
        lines = [json.dumps(row, indent=1).count("\n") + 1 for row in cells]
        return list(accumulate(lines[:-1], initial=2))
    has_line_before = has_header and FORMATS[writing.form][0] is TableFormat.CSV
    return range(1 + has_line_before, 1 + has_line_before + len(cells))
