"""Real scores, rich in ties: every known goal of men's international football.

The file is `goalscorers.csv` of the public data set "international_results". The file is not part of this repository.
LEADERFORGE_TEST_GOALS contains the path of the file. By default, the file is in `*/data` in the parent folder of the
checkout.
"""

import csv
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leaderforge.domain.order import Place
from tests.acceptance.command import Command, kill, new_command
from tests.acceptance.conftest import new_database
from tests.waiting import until

OPTIONS = (
    *("--player", "scorer", "--score", "=1", "--time", "date", "--where", "own_goal=FALSE"),
    *("--where", "scorer!=NA", "--batch", "2000"),
)
PLAYERS = 14_853
BEST = [("Cristiano Ronaldo", 124), ("Harry Kane", 75), ("Lionel Messi", 71)]


class Goals:
    """Counted goals of the file, read without code of the product."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.of: Counter[str] = Counter()
        self.last: dict[str, int] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["own_goal"] == "FALSE" and row["scorer"] not in {"", "NA"}:
                    at = int(datetime.fromisoformat(row["date"]).replace(tzinfo=UTC).timestamp()) * 1000
                    self.of[row["scorer"]] += 1
                    self.last[row["scorer"]] = max(at, self.last.get(row["scorer"], at))
        self.total = self.of.total()

    def board(self, ids: dict[str, int]) -> list[Place]:
        """Return the complete board by goals. Ties are ordered by the time of the last goal, then by player id."""
        places = [Place(goals, self.last[name], ids[name]) for name, goals in self.of.items()]
        return sorted(places, key=lambda place: (-place.score, place.achieved_at, place.user_id))

    def standings(self) -> list[tuple[str, int, int, int]]:
        """Return each player's name, score, submissions and time."""
        return sorted((name, goals, goals, self.last[name]) for name, goals in self.of.items())


@pytest.fixture(scope="module")
def goals() -> Goals:
    named = os.environ.get("LEADERFORGE_TEST_GOALS")
    beside = Path(__file__).resolve().parents[3].glob("*/data/goalscorers.csv")
    path = Path(named) if named else next(iter(sorted(beside)), None)
    if path is None:
        pytest.skip("there is no goalscorers.csv: name it with LEADERFORGE_TEST_GOALS")
    return Goals(path)


async def new(postgres, valkey) -> Command:
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    command.run("reconcile")
    return command


async def standings(command: Command) -> list[tuple[str, int, int, int]]:
    query = "select username, score, submissions, achieved_at from standings join users using (user_id)"
    return sorted(await command.query(query))


async def check(command: Command, goals: Goals) -> None:
    """Check the complete board in the database and in the index against the file."""
    ids = {name: user_id for user_id, name in await command.query("select user_id, username from users")}
    in_store, in_index = await command.orders()
    assert in_store == in_index == goals.board(ids)
    names = {user_id: name for name, user_id in ids.items()}
    assert len(in_store) == len(names) == PLAYERS
    assert [(names[place.user_id], place.score) for place in in_store[:3]] == BEST
    assert await standings(command) == goals.standings()
    assert command.run("verify").output == [f"{PLAYERS:,} standings compared, 0 differ"]


async def test_goals_make_the_board_that_the_file_says(goals: Goals, postgres, valkey):
    command = await new(postgres, valkey)
    ended = command.run("import", goals.path, *OPTIONS)
    assert ended.output[0].startswith(f"{goals.total:,} scores imported, 0 duplicates, {PLAYERS:,} players created")
    await check(command, goals)
    before = await command.contents()
    ended = command.run("import", goals.path, *OPTIONS)
    assert ended.output[0].startswith(f"0 scores imported, {goals.total:,} duplicates, 0 players created")
    assert await command.contents() == before


async def test_goals_count_once_when_their_import_is_killed_and_run_again(goals: Goals, postgres, valkey):
    command = await new(postgres, valkey)
    # A transaction locks a name from the middle of the file. The import stops at this name, and waits for the lock.
    with command.running("import", goals.path, *OPTIONS) as process:
        async with command.held("insert into username_claims values ('cristiano ronaldo', -1)"):
            await until(command.waits, "the import to come to the name")
            kill(process)
    done = await command.count("score_events")
    assert 0 < done < goals.total
    ended = command.run("import", goals.path, *OPTIONS)
    assert ended.output[0].startswith(f"{goals.total - done:,} scores imported, {done:,} duplicates, ")
    await check(command, goals)
