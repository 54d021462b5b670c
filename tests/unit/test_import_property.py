"""The import of any table, in any format, results in the same board as submissions of its rows over HTTP."""

import asyncio
from collections.abc import Container, Mapping
from io import BytesIO
from itertools import cycle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leaderforge.imports import blocks, streams
from leaderforge.services.file_imports import ImportTerms
from leaderforge.services.importing import ImportTally
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.import_tables import DAY, FORMATS, STYLES, TIMES, ZONES, Row, Writing, iso, rows, writings, written

boards = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["sum", "best", "latest"]),
        "order": st.sampled_from(["asc", "desc"]),
        "subscore_order": st.sampled_from([None, "asc", "desc", "desc"]),
        "unit": st.sampled_from([None, "s", "ms"]),
        "decimals": st.integers(0, 3),
        "min_score": st.sampled_from([None, None, -20, -2_000_000]),
        "max_score": st.sampled_from([None, None, 20, 5_000_000]),
        "max_change": st.sampled_from([None, None, 30, 3_000_000]),
        "min_interval_ms": st.sampled_from([None, 1_000]),
        "periods": st.sampled_from([["all-time"], ["daily", "all-time"], ["all-time", "daily", "weekly"]]),
        "time_zone": st.sampled_from(["UTC", *ZONES]),
    }
)

# The first line is refused, so that it does not create Zoë. Ann is created first, and leads at the equal score and
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


@given(st.lists(rows, min_size=1, max_size=12), boards, writings)
@example(TIED_AFTER_A_REFUSAL, ASCENDING_WITH_A_MINIMUM, Writing())
@example(TIED_AFTER_A_REFUSAL, ASCENDING_WITH_A_MINIMUM, Writing(block_size=80))
def test_an_import_makes_the_board_that_submissions_make(table: list[Row], board: dict[str, Any], writing: Writing):
    # An import with a column of subscores is refused as a whole if the board has no subscores.
    has_subscores = writing.has_subscores and board.get("subscore_order") is not None
    writing = writing._replace(has_subscores=has_subscores)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "BLOCK_CHARACTERS", writing.block_size)
        patched.setattr(streams, "_CHUNK_BYTES", writing.block_size)
        asyncio.run(_compare(table, board, writing))


A_TABLE_OF_DAYS = [
    Row("Ann", 1_234_567, START - 3 * DAY + 7),
    Row("Zo\u00eb", -7_654_321, START - DAY),
    Row("a,b;c", 1_000, START - 61_003),
    Row("Ann", 999, START),
    Row("Zo\u00eb", 8_000_050, START + DAY),
]
_PERIODS = {"policy": "latest", "order": "desc", "periods": ["daily", "weekly", "all-time"]}


@pytest.mark.parametrize(
    ("form", "time", "style", "zone", "board_zone"),
    list(zip(FORMATS, cycle(TIMES), cycle(STYLES), cycle([None, *ZONES]), cycle(ZONES), strict=False)),
)
def test_each_form_of_a_file_with_each_kind_of_time(
    form: str, time: str, style: Any, zone: str | None, board_zone: str
):
    writing = Writing(form, time=time, style=style, zone=zone)
    asyncio.run(_compare(A_TABLE_OF_DAYS, {**_PERIODS, "time_zone": board_zone}, writing))


async def _compare(table: list[Row], settings: dict[str, Any], writing: Writing) -> None:
    async with serving() as imported, serving() as submitted:
        tally, reasons = await _import(imported, table, settings, writing)
        refusals = await _submit(submitted, table, settings, writing, _player_ids(table, reasons))
        assert [reasons.get(i) for i in range(len(table))] == refusals
        assert tally.recorded + len(reasons) == len(table)
        periods = await _periods(imported)
        assert periods == await _periods(submitted)
        for period in [*settings["periods"], *periods]:
            assert await _board(imported, period) == await _board(submitted, period)


async def _import(
    api: Api, table: list[Row], settings: dict[str, Any], writing: Writing
) -> tuple[ImportTally, dict[int, str]]:
    await _create(api, settings)
    board = await api.store.board("cup")
    assert board is not None
    data, plan, numbers = written(table, board, writing)
    reasons: dict[int, str] = {}

    def note(bad: Any) -> None:
        reasons[numbers.index(bad.number)] = bad.reason

    imports = api.services.imports
    plan = imports.check(BytesIO(data), plan, [].append)
    tally = await imports.run(
        BytesIO(data), plan, ImportTerms("cli", batch=4, in_flight=3), ImportTally(), note, [].append
    )
    return tally, reasons


def _player_ids(table: list[Row], refused: Container[int]) -> dict[str, int]:
    """Return the ids of all players, in the order in which an import creates them.

    This is the order of the first rows that are not refused. Players whose rows are all refused come last.
    """
    counted = [row for i, row in enumerate(table) if i not in refused]
    players = dict.fromkeys(row.external_id for row in [*counted, *table])
    return {player: user_id for user_id, player in enumerate(players, 1)}


async def _submit(
    api: Api, table: list[Row], settings: dict[str, Any], writing: Writing, ids: Mapping[str, int]
) -> list[str | None]:
    """Submit the rows one by one. Return the reason of the refusal of each row, None for a counted row."""
    await _create(api, settings)
    created: set[str] = set()
    refusals: list[str | None] = []
    for row in table:
        if row.external_id not in created:
            created.add(row.external_id)
            await _create_player(api, row, writing, ids[row.external_id])
        by_id = (
            {"external_id": row.external_id} if "player_id" in writing.players else {"user_id": ids[row.external_id]}
        )
        body = {**by_id, "score": row.score, "achieved_at": iso(row), **writing.sent(row)}
        answer = await api.post("/api/boards/cup/scores", body)
        refusals.append(None if answer.status_code == 200 else answer.json()["error"]["message"])
    return refusals


async def _create_player(api: Api, row: Row, writing: Writing, user_id: int) -> None:
    values = {"player": {"username": row.player}, "player_id": {"external_id": row.external_id}}
    player = {name: value for column in writing.players for name, value in values[column].items()}
    answer = await api.post("/api/users", {"user_id": user_id, **player}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def _create(api: Api, settings: dict[str, Any]) -> None:
    answer = await api.post("/api/boards", {"board": "cup", "name": "Cup", **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def _board(api: Api, period: str) -> list[dict[str, Any]]:
    """Return the entries, best first, without player ids. The ids only decide the order of ties."""
    answer = await api.get(f"/api/boards/cup/page?rank=1&limit=100&period={period}", ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    entries = [{**entry, "username": (entry["username"] or "").casefold()} for entry in answer.json()["entries"]]
    return [{name: value for name, value in entry.items() if name != "user_id"} for entry in entries]


async def _periods(api: Api) -> list[str]:
    """Return the names of all periods with entries, and of the current ones."""
    answer = await api.get("/api/boards/cup/periods", ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    return [period["period"] for period in answer.json()["periods"]]
