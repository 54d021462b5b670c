"""Names in imports, and the review of stored names: `leaderforge claim-names`."""

# ruff: noqa: RUF001 - look-alikes are the subject of this module

from collections.abc import Sequence
from pathlib import Path

import pytest

from leaderforge.domain.names import folded
from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import new_database

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.fixture
async def command(valkey, postgres) -> Command:
    """Command with an empty database and an empty, complete index."""
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    command.run("reconcile")
    return command


async def store(command: Command, names: Sequence[str]) -> None:
    """Store players with the ids 1, 2, 3, ... and one claim each, as version 0.2.0 did."""
    async with command.connection() as connection:
        for user_id, name in enumerate(names, 1):
            await connection.execute(
                "insert into users (user_id, username, created_at) values ($1, $2, 0)", user_id, name
            )
            await connection.execute(
                "insert into username_claims (username_key, user_id) values ($1, $2)", folded(name), user_id
            )


async def test_names_of_an_older_version_are_claimed_and_reported(command: Command, tmp_path: Path):
    await store(command, ["okapi", "оkapi", "okapi\u202e", "\u3164", "САВА", "bad word", FAMILY])
    words = tmp_path / "words.txt"
    words.write_text("bad\n")
    for claimed in (3, 0):
        result = command.run("claim-names", code=1, LEADERFORGE_REFUSED_NAMES=str(words))
        assert result.output == [
            "player 2 has the name of player 1: 'okapi'",
            "player 3 has the name of player 1: 'okapi'",
            "player 2 has the name '\\u043ekapi': the word 'оkapi' mixes scripts; "
            "write each word of a name in one script",
            "player 3 has the name 'okapi\\u202e': invisible characters are removed today: 'okapi'",
            "player 4 has the name '\\u3164': a username must show at least one letter, digit or symbol",
            "player 6 has the name 'bad word': the name 'bad word' is not allowed here; choose another one",
            f"{claimed} names made unique, 2 collisions, 4 names that are refused today",
        ]
    names = [name for (name,) in await command.query("select username from users order by user_id")]
    assert names == ["okapi", "оkapi", "okapi\u202e", "\u3164", "САВА", "bad word", FAMILY]
    result = command.run("claim-names", "--after", "4", LEADERFORGE_UNIQUE_NAMES="1")
    assert result.output == ["0 names made unique, 0 collisions, 0 names that are refused today"]


async def test_a_stale_claim_is_no_collision(command: Command):
    await store(command, ["САВА"])
    command.run("claim-names")
    async with command.connection() as connection:
        await connection.execute("update users set username = 'Ann' where user_id = 1")
        await connection.execute("insert into users (user_id, username, created_at) values (2, 'caba', 0)")
    result = command.run("claim-names")
    assert result.output == ["2 names made unique, 0 collisions, 0 names that are refused today"]


async def test_many_problems_are_counted_and_not_all_listed(command: Command):
    await store(command, [f"player\u200b {i}" for i in range(30)])
    result = command.run("claim-names", code=1)
    assert len(result.output) == 22
    assert result.output[-2:] == [
        "at most 20 players of each kind are listed",
        "30 names made unique, 0 collisions, 30 names that are refused today",
    ]


async def test_an_import_follows_the_rules_of_names(command: Command, tmp_path: Path):
    lines = ["okapi", "ok\u200bapi", "\u202eOKAPI", "ΟΚΑΡΙ", "оkapi", "\u3164", FAMILY, "bad", "САВА", "caba"]
    scores = tmp_path / "scores.csv"
    scores.write_text("player,score\n" + "".join(f"{name},{i}\n" for i, name in enumerate(lines, 1)), encoding="utf-8")
    words = tmp_path / "words.txt"
    words.write_text("bad\n")
    options = ("--player", "player", "--score", "score", "--on-bad-line", "skip")
    result = command.run("import", str(scores), *options, code=3, LEADERFORGE_REFUSED_NAMES=str(words))
    assert result.output == ["5 scores imported, 0 duplicates, 3 players created, 5 bad lines skipped"]
    assert [line.partition(":")[0] for line in result.errors] == ["line 7", "line 5", "line 6", "line 9", "line 11"]
    rows = await command.query("select username, score from users join standings using (user_id) order by score")
    assert [tuple(row) for row in rows] == [("okapi", 6), (FAMILY, 7), ("САВА", 9)]
