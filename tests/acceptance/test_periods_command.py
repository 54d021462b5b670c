"""`leaderforge periods`, run as a process."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board
from leaderforge.domain.periods import Calendar, PeriodKind
from tests.acceptance.command import Command
from tests.acceptance.conftest import new_database


@pytest.fixture
async def command(valkey, postgres) -> Command:
    """Command on a new database with a daily board."""
    dsn = await new_database(postgres.dsn)
    pool = Pool(dsn)
    calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
    await PostgresScoreStore(pool).create_board(Board(0, "arena", "Arena", calendar=calendar))
    await pool.close()
    return Command(dsn, valkey.addresses, f"periods-{uuid4().hex[:12]}")


def table(output: list[str]) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in output]


async def test_it_lists_the_current_periods_and_then_the_past_ones(command: Command, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=n) for n in (1, 2, 400)]
    lines = [f"Ann,5,{day}T12:00:00Z" for day in days]
    (tmp_path / "scores.csv").write_text("\n".join(["player,score,time", *lines, ""]))
    options = ("--board", "arena", "--player", "player", "--score", "score", "--time", "time", "--history")
    command.run("import", str(tmp_path / "scores.csv"), *options)

    listed = table(command.run("periods", "--board", "arena").output)
    moment = re.compile(r"\d{4}-\d\d-\d\dT00:00:00\.000Z")
    assert listed[0][1:] == ("daily", listed[0][2], listed[0][3], "current")
    assert listed[1] == ("all-time", "all-time", "-", "-", "current")
    assert [row[0] for row in listed[2:]] == [str(day) for day in days] or listed[0][0] != str(today)
    for name, kind, starts_at, ends_at, state in listed[2:]:
        assert (kind, starts_at) == ("daily", f"{name}T00:00:00.000Z")
        assert moment.fullmatch(ends_at)
        assert state in {"final, in the index", "accepts late scores, in the index"}
    cut = command.run("periods", "--board", "arena", "--limit", "2")
    assert len(cut.output) == 4
    assert cut.errors == [f"... and more before {cut.output[-1].split()[0]}: raise --limit"]


async def test_a_board_that_there_is_not(command: Command) -> None:
    assert command.run("periods", "--board", "nowhere", code=1).errors == ["error: there is no board 'nowhere'"]
