"""The import of any table, in any format, results in the same board as submissions of its rows over HTTP."""

import asyncio
import csv
import gzip
import json
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leaderforge.domain.boards import Display
from leaderforge.domain.score_texts import NumberStyle, score_text
from leaderforge.domain.spreadsheet_cells import escaped
from leaderforge.imports import blocks, streams
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan
from leaderforge.imports.formats import FileLayout, ScoreNotation, TableFormat
from leaderforge.services.file_imports import ImportTerms
from leaderforge.services.importing import ImportTally
from tests import zstd
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving


class Row(NamedTuple):
    """Row of a table: a player, a score and a time in ms."""

    player: str
    score: int
    at: int


NAMES = ["Ann", "ann", "Zo\u00eb", "=2+3", "'=2+3", "-b", "@c", "+d", "'", "''", "'e", 'x"y', "a,b;c", "42", "null"]
HOUR = 3_600_000
rows = st.builds(Row, st.sampled_from(NAMES), st.integers(-50, 50), st.integers(START - HOUR, START + HOUR))
boards = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["sum", "best", "latest"]),
        "order": st.sampled_from(["asc", "desc"]),
        "unit": st.sampled_from([None, "s", "ms"]),
        "decimals": st.integers(0, 3),
        "min_score": st.sampled_from([None, -20]),
        "max_score": st.sampled_from([None, 20]),
        "max_change": st.sampled_from([None, 30]),
        "min_interval_ms": st.sampled_from([None, 1_000]),
        "periods": st.sampled_from([["all-time"], ["daily", "all-time"]]),
    }
)


def iso(row: Row) -> str:
    return datetime.fromtimestamp(row.at / 1000, UTC).isoformat()


class Writing(NamedTuple):
    """Form of a file: its format, its texts of scores and times, and the size of the blocks that the import reads."""

    form: str
    notation: ScoreNotation
    time: str
    style: NumberStyle
    block_size: int


TIMES: Mapping[str, tuple[str | None, Callable[[Row], str]]] = {
    "iso": (None, iso),
    "milliseconds": (None, lambda row: str(row.at)),
    "seconds": ("seconds", lambda row: f"{row.at // 1000}.{row.at % 1000:03}"),
    "microseconds": ("microseconds", lambda row: str(row.at * 1000)),
    "pattern": (
        "%d.%m.%Y %H:%M:%S.%f",
        lambda row: datetime.fromtimestamp(row.at / 1000, UTC).strftime("%d.%m.%Y %H:%M:%S.%f"),
    ),
}
STYLES = [NumberStyle(), NumberStyle(","), NumberStyle(",", ".")]


def separated(separator: str) -> Callable[[Sequence[Mapping[str, object]]], bytes]:
    def write(table: Sequence[Mapping[str, object]]) -> bytes:
        text = StringIO()
        writer = csv.DictWriter(text, ["player", "score", "time"], delimiter=separator)
        writer.writeheader()
        writer.writerows([{**row, "player": escaped(str(row["player"]))} for row in table])
        return text.getvalue().encode()

    return write


FORMATS: Mapping[str, tuple[TableFormat, Callable[[Sequence[Mapping[str, object]]], bytes]]] = {
    "comma": (TableFormat.CSV, separated(",")),
    "semicolon": (TableFormat.CSV, separated(";")),
    "tab": (TableFormat.CSV, separated("\t")),
    "gzip": (TableFormat.CSV, lambda table: gzip.compress(separated(",")(table))),
    "utf-16": (TableFormat.CSV, lambda table: separated("|")(table).decode().encode("utf-16")),
    "latin-1": (TableFormat.CSV, lambda table: separated(",")(table).decode().encode("latin-1")),
    "ndjson": (TableFormat.NDJSON, lambda table: "\n".join(map(json.dumps, table)).encode()),
    "zstd": (TableFormat.NDJSON, lambda table: zstd.compress("\n".join(map(json.dumps, table)).encode())),
    "json": (TableFormat.JSON, lambda table: json.dumps(table, indent=1).encode()),
    "json, an object a line": (
        TableFormat.JSON,
        lambda table: ("[" + ",\n".join(map(json.dumps, table)) + "]").encode(),
    ),
}


writings = st.builds(
    Writing,
    st.sampled_from(list(FORMATS)),
    st.sampled_from(ScoreNotation),
    st.sampled_from(list(TIMES)),
    st.sampled_from(STYLES),
    st.sampled_from([80, 1 << 18]),
)


# The first line is refused and creates no player. Therefore Ann is created before Zoë, and leads at the equal score and
# time.
TIED_AFTER_A_REFUSAL = [Row("Zo\u00eb", -21, START), Row("Ann", 0, START), Row("Zo\u00eb", 0, START)]
ASCENDING_WITH_A_MINIMUM = {
    "policy": "sum",
    "order": "asc",
    "unit": None,
    "decimals": 0,
    "min_score": -20,
    "periods": ["all-time"],
}
COMMA_SEPARATED = Writing("comma", ScoreNotation.STORED, "iso", NumberStyle(), 1 << 18)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=12), boards, writings)
@example(TIED_AFTER_A_REFUSAL, ASCENDING_WITH_A_MINIMUM, COMMA_SEPARATED)
@example(TIED_AFTER_A_REFUSAL, ASCENDING_WITH_A_MINIMUM, COMMA_SEPARATED._replace(block_size=80))
def test_an_import_makes_the_board_that_submissions_make(table: list[Row], board: dict[str, Any], writing: Writing):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "BLOCK_CHARACTERS", writing.block_size)
        patched.setattr(streams, "_CHUNK_BYTES", writing.block_size)
        asyncio.run(_compare(table, board, writing))


async def _compare(table: list[Row], settings: dict[str, Any], writing: Writing) -> None:
    async with serving() as imported, serving() as submitted:
        tally, reasons = await _import(imported, table, settings, writing)
        refusals = await _submit(submitted, table, settings, _player_ids(table, reasons))
        assert [reasons.get(i) for i in range(len(table))] == refusals
        assert tally.recorded + len(reasons) == len(table)
        for period in settings["periods"]:
            assert await _board(imported, period) == await _board(submitted, period)


async def _import(
    api: Api, table: list[Row], settings: dict[str, Any], writing: Writing
) -> tuple[ImportTally, dict[int, str]]:
    await _create(api, settings)
    board = await api.store.board("cup")
    assert board is not None
    table_format, write = FORMATS[writing.form]
    display = Display(settings["unit"], settings["decimals"])
    is_stored = writing.notation is ScoreNotation.STORED and display.decimals
    time_format, time_of = TIMES[writing.time]

    def text_of(row: Row) -> str:
        return str(row.score) if is_stored else score_text(display, row.score).replace(".", writing.style.decimal)

    # Rows with the same values count separately, and all rows in the order of the file, like the submissions over HTTP.
    data = write([{"player": row.player, "score": text_of(row), "time": time_of(row)} for row in table])
    encoding = "latin-1" if writing.form == "latin-1" else None
    plan = FilePlan(
        board,
        Columns(time="time"),
        FileLayout(table_format, encoding=encoding),
        writing.style,
        writing.notation,
        time_format,
    )
    reasons: dict[int, str] = {}
    first = 2 if table_format is TableFormat.CSV or writing.form == "json" else 1
    lines = 5 if writing.form == "json" else 1

    def note(bad: Any) -> None:
        reasons[(bad.number - first) // lines] = bad.reason

    imports = api.services.imports
    plan = imports.check(BytesIO(data), plan, [].append)
    tally = await imports.run(
        BytesIO(data), plan, ImportTerms("cli", batch=4, in_flight=3), ImportTally(), note, [].append
    )
    return tally, reasons


def _player_ids(table: list[Row], refused: Container[int]) -> dict[str, int]:
    """Return the ids of all players, in the order of their first rows that are not refused.

    An import creates players in this order, because a refused row creates none. Players whose rows are all refused come
    last.
    """
    counted = [row for i, row in enumerate(table) if i not in refused]
    players = dict.fromkeys(row.player.casefold() for row in [*counted, *table])
    return {player: user_id for user_id, player in enumerate(players, 1)}


async def _submit(api: Api, table: list[Row], settings: dict[str, Any], ids: Mapping[str, int]) -> list[str | None]:
    """Submit the rows one by one, and return the reason why each is refused."""
    await _create(api, settings)
    created_keys: set[str] = set()
    refusals: list[str | None] = []
    for row in table:
        key = row.player.casefold()
        if key not in created_keys:
            created_keys.add(key)
            created = await api.post("/api/users", {"user_id": ids[key], "username": row.player}, ADMIN_KEY)
            assert created.status_code == 201, created.text
        body = {"user_id": ids[key], "score": row.score, "achieved_at": iso(row)}
        answer = await api.post("/api/boards/cup/scores", body)
        refusals.append(None if answer.status_code == 200 else answer.json()["error"]["message"])
    return refusals


async def _create(api: Api, settings: dict[str, Any]) -> None:
    answer = await api.post("/api/boards", {"board": "cup", "name": "Cup", **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def _board(api: Api, period: str) -> list[tuple[Any, ...]]:
    """Return the entries in their order, without player ids. Ties are in the order of the player ids."""
    answer = await api.get(f"/api/boards/cup/page?rank=1&limit=100&period={period}", ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    return [
        (entry["username"].casefold(), entry["score"], entry["submissions"], entry["achieved_at"])
        for entry in answer.json()["entries"]
    ]
