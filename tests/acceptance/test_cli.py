"""Maintenance commands, run as processes."""

import asyncio
import csv
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
from redis.cluster import RedisCluster

from leaderforge.adapters.postgres.migrate import migrations
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.order import Place, sort_key
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.standings import Event
from leaderforge.domain.timing import SETTLE_MS
from tests.acceptance.command import LADDER, PARTITIONS, Command, Rows, kill, new_command
from tests.acceptance.conftest import new_database
from tests.oracle import Oracle
from tests.waiting import PATIENCE_S, until

CROWD = ("--users", "3000", "--sessions", "12000", "--until", "2024-05-06")
COMMANDS = ["dev", "populate", "import", "export", "migrate", "claim-names", "rebuild", "verify", "reconcile", "keys"]
COMMANDS += ["signing-keys", "tokens"]
TIMED = ("--time", "time", "--time-format", "milliseconds")

Line = tuple[str, int, int]
"""Score line: player, score, time."""

NewCommand = Callable[[], Awaitable[Command]]

_numbers = count()


@pytest.fixture
def new(valkey, postgres) -> NewCommand:
    """Factory of commands with an empty database and an empty, complete index."""
    return lambda: _new(postgres.dsn, valkey.addresses)


@pytest.fixture(scope="module")
async def populated(valkey, postgres) -> Command:
    """Command with a populated database, which tests only read. See `elsewhere` for tests that break the index."""
    command = await _new(postgres.dsn, valkey.addresses)
    assert command.run("populate", *CROWD).output == ["12,000 sessions added"]
    return command


async def _new(dsn: str, nodes: Sequence[str]) -> Command:
    command = new_command(await new_database(dsn), nodes)
    command.run("reconcile")
    return command


def write_csv(path: Path, lines: Iterable[Line]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["player", "score", "time"])
        writer.writerows(lines)
    return str(path)


def write_json(path: Path, lines: Iterable[Line]) -> str:
    names = ("player", "score", "time")
    path.write_text("".join(json.dumps(dict(zip(names, line, strict=True))) + "\n" for line in lines))
    return str(path)


def random_lines(seed: int, size: int, players: int) -> list[Line]:
    random = Random(seed)
    return [
        (f"Player {random.randrange(players)}", random.randint(-2, 5), random.randrange(10_000)) for _ in range(size)
    ]


async def expected(command: Command, lines: Iterable[Line]) -> list[Place]:
    """Return the board that results from the lines, best first."""
    ids = {name.lower(): user_id for user_id, name in await command.query("select user_id, username from users")}
    events = [Event(ids[name.lower()], UUID(int=i), score, at) for i, (name, score, at) in enumerate(lines)]
    oracle = Oracle(LADDER.board, events)
    assert await command.query("select user_id, submissions from standings order by 1") == sorted(
        (line.user_id, line.submissions) for line in oracle.lines
    )
    return [Place(line.score, line.achieved_at, line.user_id) for line in oracle.lines]


def difference_named(output: Sequence[str]) -> list[int]:
    return [int(found[1]) for line in output if (found := re.search(r"player (\d+) differs between", line))]


async def test_migrate_makes_the_tables_once(valkey, postgres):
    name = f"empty_{os.getpid()}"
    connection = await asyncpg.connect(postgres.dsn)
    await connection.execute(f"create database {name}")
    await connection.close()
    command = new_command(urlunsplit(urlsplit(postgres.dsn)._replace(path=f"/{name}")), valkey.addresses)
    for other in (["populate"], ["verify"], ["reconcile"], ["rebuild"]):
        [error] = command.run(*other, code=1).errors
        assert error.startswith("error: the database schema differs from this version: ")
    assert command.run("migrate").output == [f"applied migrations: {', '.join(migrations().values())}"]
    assert command.run("migrate").output == ["nothing to do"]
    assert command.run("reconcile").output == ["0 standings checked"]
    assert command.run("verify").output == ["0 standings compared, 0 differ"]
    assert command.run("claim-names").output == ["0 names made unique, 0 collisions, 0 names that are refused today"]


async def test_the_search_inside_names_is_enabled_and_disabled(new: NewCommand):
    command = await new()
    indexes = "select count(*) from pg_indexes where indexdef like '%gin_trgm_ops%'"
    command.run("name-search", "enable")
    assert await command.query(indexes) == [(2,)]
    command.run("name-search", "disable")
    assert await command.query(indexes) == [(0,)]


async def test_populate_again_changes_nothing(populated: Command):
    before = await everything(populated)
    assert populated.run("populate", *CROWD).output == ["0 sessions added, 12,000 existed already"]
    assert await everything(populated) == before
    assert [len(before[name]) for name in ("users", "score_events", "standings")] == [3000, 12_000, 3000]
    assert [user_id for user_id, *_ in before["users"]] == list(range(1, 3001))
    assert populated.run("verify").output == ["3,000 standings compared, 0 differ"]


async def test_populated_standings_are_the_sessions(populated: Command):
    lines = await populated.query("select username, score, achieved_at from score_events join users using (user_id)")
    in_store, in_index = await populated.orders()
    assert in_store == in_index == await expected(populated, lines)


@pytest.mark.parametrize(
    "options",
    [
        ("--users", "3001"),
        ("--users", "2000", "--sessions", "90000"),
        ("--users", "12000"),
    ],
)
async def test_populate_refuses_what_is_there_differently(populated: Command, options: Sequence[str]):
    before = await everything(populated)
    [error] = populated.run("populate", *CROWD, *options, code=1).errors
    assert error.startswith("error: ids 1 to ")
    assert await everything(populated) == before


async def test_populate_refuses_other_peoples_ids_and_other_boards(new: NewCommand):
    command = await new()
    await command.query("insert into users values (1234, 'Ada', null, 0)")
    await command.query("insert into boards values (7, 'laps', 'Laps', 'best', 'asc', 'shared')")
    [error] = command.run("populate", *CROWD, code=1).errors
    assert error.startswith("error: ids 1 to 3000 have players that differ from this crowd")
    [error] = command.run("populate", *CROWD, "--board", "laps", code=1).errors
    assert error == "error: board 'laps' must have policy=sum, order=desc and periods=all-time to be populated"
    [error] = command.run("populate", "--until", "2999-01-01", code=1).errors
    assert error == "error: --until must be between 1970 and now, not 2999-01-01 00:00:00"
    assert await command.count("users") == 1


@pytest.mark.long
async def test_populate_goes_on_after_a_kill(new: NewCommand):
    crowd = ("populate", "--users", "21000", "--sessions", "21000", "--until", "2024-05-06")
    unbroken, killed = await new(), await new()
    unbroken.run(*crowd)
    # A transaction locks the name of a player in the second chunk. Only this chunk waits for the transaction.
    [(key,)] = await unbroken.query("select username_key from username_claims where user_id = 15000")

    async def others_done() -> bool:
        return await killed.waits() and await killed.count("users") == 11_000

    with killed.running(*crowd) as process:
        async with killed.held("insert into username_claims values ($1, -1)", key):
            await until(others_done, "all chunks but one")
            kill(process)
    assert await killed.count("score_events") == 11_000
    assert killed.run(*crowd).output == ["10,000 sessions added, 11,000 existed already"]
    assert await everything(killed) == await everything(unbroken)
    assert killed.run("verify").output == unbroken.run("verify").output == ["21,000 standings compared, 0 differ"]


async def test_verify_tells_of_a_lost_index_and_rebuild_or_reconcile_mends_it(populated: Command):
    command = populated.elsewhere()
    command.run("rebuild")
    forget(command)
    found = command.run("verify", code=1)
    assert found.output[0] == (
        "the index is incomplete, partitions 0, 1, 2: they are new or were lost, and no process rebuilds them now: "
        "start an API or a worker, or run `leaderforge rebuild`"
    )
    assert len(difference_named(found.output)) == 20
    assert found.output[-2:] == ["... and 2,980 more", "3,000 standings compared, 3,000 differ"]
    assert not found.errors
    assert command.run("rebuild").output == ["3,000 standings indexed"]
    assert command.run("verify").output == ["3,000 standings compared, 0 differ"]
    in_store, in_index = await command.orders()
    assert in_store == in_index
    forget(command)
    assert command.run("reconcile").output == ["3,000 standings checked"]
    assert command.run("verify").output == ["3,000 standings compared, 0 differ"]


async def test_verify_tells_an_empty_index_from_a_different_one_and_from_a_rebuild(valkey, postgres):
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    cause, result = command.run("verify", code=3).output
    assert cause.startswith("the index is incomplete, partitions 0, 1, 2: they are new")
    assert result == "0 standings compared, 0 differ"
    with client(command) as cluster:
        cluster.set(IndexKeys(command.namespace, PARTITIONS).lease("maintain"), "another process")
    cause, _ = command.run("verify", code=3).output
    assert cause.endswith("another process is rebuilding it; verify again afterwards")


@pytest.mark.parametrize("arguments", [["populate", *CROWD], ["import", "scores.csv"], ["rebuild"]])
async def test_the_index_is_complete_without_any_other_process(
    valkey, postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
):
    (tmp_path / "scores.csv").write_text("player,score\nAnn,1\n")
    monkeypatch.chdir(tmp_path)
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    assert not command.run(*arguments).errors
    command.run("verify")
    in_store, in_index = await command.orders()
    assert in_store == in_index


async def test_a_rebuild_outlasts_the_loss_of_a_node(own_valkey, postgres, populated: Command):
    cluster = own_valkey(nodes=1)
    command = replace(populated, nodes=cluster.addresses)
    with command.running("rebuild") as process:
        async with command.connection() as connection, connection.transaction():
            await connection.execute("lock table standings in access exclusive mode")
            await until(command.waits, "the rebuild to read the database")
            cluster.kill(0)
        await asyncio.to_thread(cluster.restart, 0)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
    command.run("verify")


@pytest.mark.parametrize(
    "arguments",
    [["rebuild"], *(pytest.param([name], marks=pytest.mark.long) for name in ("reconcile", "verify"))],
)
async def test_a_command_waits_for_an_index_that_restarts(
    own_valkey, postgres, populated: Command, arguments: list[str]
):
    cluster = own_valkey(nodes=1)
    command = replace(populated, nodes=cluster.addresses)
    command.run("rebuild")
    cluster.kill(0)
    with command.running(*arguments) as process:
        restarting = asyncio.create_task(asyncio.to_thread(cluster.restart, 0))
        code = await asyncio.to_thread(process.wait, PATIENCE_S)
        await restarting
    assert code == (1 if arguments == ["verify"] else 0)  # all entries differ, because the restarted node is empty


async def test_verify_names_the_very_player(populated: Command):
    command = populated.elsewhere()
    command.run("rebuild")
    tampered = 1234
    [(score, at)] = await command.query("select score, achieved_at from standings where user_id = $1", tampered)
    keys = IndexKeys(command.namespace, PARTITIONS)
    entries = keys.entries(partition_of(tampered, PARTITIONS), LADDER)
    entry = sort_key(LADDER.board, Place(score, at, tampered))
    with client(command) as cluster:
        assert cluster.zrem(entries, entry) == 1
        stranger = sort_key(LADDER.board, Place(5, 5, -7))
        cluster.zadd(keys.entries(partition_of(-7, PARTITIONS), LADDER), {stranger: 0})
    assert command.run("verify", code=1).output == [
        "board default: player 1234 differs between index and database",
        "board default: player -7 is in the index only",
        "3,000 standings compared, 2 differ",
    ]
    assert command.run("rebuild").output == ["3,000 standings compared, 2 corrected"]
    assert command.run("verify").output == ["3,000 standings compared, 0 differ"]


async def test_a_rebuild_compares_and_an_emptying_one_loads(populated: Command):
    command = populated.elsewhere()
    assert command.run("rebuild").output == ["3,000 standings indexed"]
    assert command.run("rebuild").output == ["3,000 standings compared, 0 corrected"]
    assert command.run("rebuild", "--empty").output == ["3,000 standings indexed"]
    some = sum(partition_of(user_id, PARTITIONS) in (0, 2) for user_id in range(1, 3001))
    part = ["rebuild", "--partition", "0", "--partition", "2"]
    assert command.run(*part).output == [f"{some:,} standings compared, 0 corrected"]
    assert command.run(*part, "--empty").output == [f"{some:,} standings indexed"]
    refused = command.run("rebuild", "--partition", "3", code=1)
    assert refused.errors == ["error: the index has no partition 3: its partitions are 0 to 2"]
    assert command.run("verify").output == ["3,000 standings compared, 0 differ"]


@pytest.mark.parametrize("write", [write_csv, pytest.param(write_json, marks=pytest.mark.long)])
async def test_import_equals_the_oracle(new: NewCommand, tmp_path: Path, write: Callable[..., str]):
    command = await new()
    lines = random_lines(1, 700, players=60)
    lines += [(name.upper(), score, at) for name, score, at in random_lines(2, 300, players=90)]
    file = write(tmp_path / ("scores.csv" if write is write_csv else "scores.ndjson"), lines)
    [told] = command.run("import", file, *TIMED, "--batch", "64").output
    players = len({name.lower() for name, _, _ in lines})
    assert told == f"1,000 scores imported, 0 duplicates, {players} players created, 0 bad lines skipped"
    in_store, in_index = await command.orders()
    assert in_store == in_index == await expected(command, lines)
    before = await command.contents()
    [told] = command.run("import", file, *TIMED).output
    assert told == "0 scores imported, 1,000 duplicates, 0 players created, 0 bad lines skipped"
    assert await command.contents() == before
    assert command.run("verify").output == [f"{players} standings compared, 0 differ"]


LINES = 6_000
KEYSTONE = 3_345
"""Number of the line, in the middle of the file, at which the tests block the import before they kill it."""
IN_CHUNKS = (*TIMED, "--batch", "500")
"""Options of imports that read a chunk of 1,500 lines at a time. Blocked at `KEYSTONE`, they have counted the first."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    lines = random_lines(3, LINES, players=3000)
    lines[KEYSTONE] = ("Keystone", 1, 1)
    return write_csv(tmp_path_factory.mktemp("large") / "large.csv", lines)


@pytest.fixture(scope="module")
async def whole(valkey, postgres, large: str) -> dict[str, Rows]:
    """Database content after an uninterrupted import of the large file."""
    command = await _new(postgres.dsn, valkey.addresses)
    command.run("import", large, *TIMED)
    return await command.contents()


GONE = "the server to notice that its client is gone"


async def goes_on(command: Command, large: str, whole: dict[str, Rows]) -> None:
    """Continue a killed import. Fails unless database and index equal those of an uninterrupted import."""
    done = await command.count("score_events")
    [told] = command.run("import", large, *IN_CHUNKS).output
    assert told.startswith(f"{LINES - done:,} scores imported, {done:,} duplicates, ")
    assert await command.contents() == whole
    command.run("verify")


@pytest.mark.long
async def test_an_import_killed_while_it_creates_players_goes_on(new: NewCommand, large: str, whole: dict[str, Rows]):
    command = await new()
    with command.running("import", large, *IN_CHUNKS) as process:
        async with command.held("insert into username_claims values ('keystone', -1)"):
            await until(command.waits, "the import to come to the name")
            kill(process)
    await until(command.left, GONE)
    assert 0 < await command.count("score_events") < LINES
    await goes_on(command, large, whole)


async def test_an_import_killed_within_a_transaction_goes_on(new: NewCommand, large: str, whole: dict[str, Rows]):
    command = await new()
    await command.query("insert into users values (1, 'Keystone', null, 0)")
    await command.query("insert into username_claims values ('keystone', 1)")
    [(submission,)] = [row[2:3] for row in whole["events"] if row[0] == "Keystone"]
    with command.running("import", large, *IN_CHUNKS) as process:
        async with command.held("insert into score_events values (1, 1, $1, 0, 0, 0)", submission):
            await until(command.waits, "the import to come to the submission")
            kill(process)
    await until(command.left, GONE)
    assert 0 < await command.count("score_events") < LINES
    await goes_on(command, large, whole)


@pytest.mark.long
@pytest.mark.parametrize("latest", [LINES // 3, LINES - 1])
async def test_an_import_killed_at_any_moment_goes_on(new: NewCommand, large: str, whole: dict[str, Rows], latest: int):
    command = await new()
    moment = Random().randint(1, latest)

    async def begun() -> bool:
        return await command.count("score_events") >= moment

    with command.running("import", large, *IN_CHUNKS) as process:
        await until(begun, f"{moment} scores")
        process.kill()
    await until(command.left, GONE)
    await goes_on(command, large, whole)


async def test_reconcile_mends_what_an_import_killed_before_the_index_left(own_valkey, postgres, large: str):
    cluster = own_valkey(nodes=1)
    command = await _new(postgres.dsn, cluster.addresses)

    async def one_batch() -> bool:
        return await command.count("score_events") >= 1000

    with command.running("import", large, *IN_CHUNKS) as process:
        cluster.pause(0)
        await until(one_batch, "a batch that is in the database")
        kill(process)
    await until(command.left, GONE)
    cluster.resume(0)
    standings = await command.count("standings")
    assert command.run("verify", code=1).output[-1] == f"{standings:,} standings compared, {standings:,} differ"
    # Date the events back, because reconciliation omits events younger than the settle time.
    await command.query("update score_events set recorded_at = recorded_at - $1", SETTLE_MS)
    assert command.run("reconcile").output == [f"{standings:,} standings checked"]
    assert command.run("verify").output == [f"{standings:,} standings compared, 0 differ"]


async def test_two_imports_of_one_file_count_once(new: NewCommand, large: str, whole: dict[str, Rows]):
    command = await new()
    with (
        command.running("import", large, *TIMED) as one,
        command.running("import", large, *TIMED, "--batch", "700") as two,
    ):
        assert (one.wait(), two.wait()) == (0, 0)
    assert await command.contents() == whole
    command.run("verify")


BAD = "player,score\nAnn,1\nBen,two\nCy,9007199254740991\nCy,1\n,3\nDi,4\n"


async def test_bad_lines_are_told_of_and_skipped(new: NewCommand, tmp_path: Path):
    command = await new()
    (tmp_path / "bad.csv").write_text(BAD)
    ended = command.run("import", str(tmp_path / "bad.csv"), code=3)
    assert sorted(ended.errors) == [
        "line 3: 'two' is not an integer score",
        "line 5: the player's score would leave the range of +-(2^53 - 1)",
        "line 6: no player",
    ]
    assert ended.output == ["3 scores imported, 0 duplicates, 3 players created, 3 bad lines skipped"]
    assert [place.score for place in (await command.orders())[1]] == [2**53 - 1, 4, 1]


async def test_only_so_many_bad_lines_are_shown(new: NewCommand, tmp_path: Path):
    command = await new()
    (tmp_path / "bad.csv").write_text("player,score\n" + "Ann,x\n" * 100 + "Ben,1\n")
    ended = command.run("import", str(tmp_path / "bad.csv"), code=3)
    assert len(ended.errors) == 21
    assert ended.errors[-1] == "further bad lines are counted and not shown"
    assert ended.output == ["1 scores imported, 0 duplicates, 1 players created, 100 bad lines skipped"]


async def test_a_bad_line_may_stop_the_import(new: NewCommand, tmp_path: Path):
    command = await new()
    file = tmp_path / "bad.csv"
    file.write_text(BAD)
    stop = ("import", str(file), "--on-bad-line", "stop", "--batch", "1")
    ended = command.run(*stop, code=1)
    assert not ended.output
    assert ended.errors == [
        "stopped after 1 new scores; run the same command again to continue",
        "error: line 3: 'two' is not an integer score",
    ]
    file.write_text(BAD.replace("two", "2"))
    assert command.run(*stop, code=1).errors == [
        "stopped after 2 new scores; run the same command again to continue",
        "error: line 5: the player's score would leave the range of +-(2^53 - 1)",
    ]
    file.write_text(BAD.replace("two", "2").replace("Cy,1", "Cy,-1").replace("\n,3", "\nEd,3"))
    assert command.run(*stop).output == ["3 scores imported, 3 duplicates, 2 players created, 0 bad lines skipped"]


IN_HEADER = (
    "in the header 'player', 'score': name the columns by options, or by --columns if the file has no header. "
    "Try --player player --score score"
)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["scores.csv", "--board", "nowhere"], "there is no board 'nowhere'"),
        (["nothing.csv"], "there is no file {folder}/nothing.csv"),
        (["folder.csv"], "{folder}/folder.csv is not a file"),
        (["scores.csv", "--player", "who"], f"line 1: there is no column 'who' {IN_HEADER}"),
        (["scores.csv", "--where", "own=x"], f"line 1: there is no column 'own' {IN_HEADER}"),
        (["empty.csv"], "line 1: the file is empty: its first line must name the columns"),
        (
            ["notes.txt"],
            "notes.txt has an unknown format: set --format, or let the name end with .csv, .tsv, .tab, .ndjson, "
            ".jsonl, .json",
        ),
    ],
)
async def test_an_import_that_cannot_be_says_why_in_a_line(
    populated: Command, tmp_path: Path, arguments: list[str], error: str
):
    (tmp_path / "scores.csv").write_text("player,score\nAnn,1\n")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder.csv").mkdir()
    ended = populated.run("import", str(tmp_path / arguments[0]), *arguments[1:], code=1)
    assert ended.errors == [f"error: {error.format(folder=tmp_path)}"]
    assert not ended.output


@pytest.mark.parametrize("arguments", [["--score", "=x"], ["--where", "own"], ["--batch", "0"], ["--on-bad-line", "x"]])
async def test_wrong_options_are_named(populated: Command, tmp_path: Path, arguments: list[str]):
    (tmp_path / "scores.csv").write_text("player,score\nAnn,1\n")
    ended = populated.run("import", str(tmp_path / "scores.csv"), *arguments, code=2)
    assert arguments[0] in "\n".join(ended.errors)


async def test_without_a_service_a_line_says_what_to_do(tmp_path: Path, monkeypatch):
    (tmp_path / "s.csv").write_text("player,score\nAnn,1\n")
    monkeypatch.chdir(tmp_path)
    command = Command("postgresql://somebody:secret@127.0.0.1:1/nothing", ["127.0.0.1:1"], "cli")
    each = [["populate"], ["import", "s.csv"], ["migrate"], ["rebuild"], ["verify"], ["reconcile"]]
    # Run them concurrently, because some wait 10 s for the index.
    for ended in await asyncio.gather(*(asyncio.to_thread(command.run, *arguments, code=1) for arguments in each)):
        assert len(ended.errors) == 1
        assert ended.errors[0].startswith(
            ("error: the database cannot be reached", "error: the rank index did not answer")
        )
        assert not ended.output


async def test_without_settings_a_line_says_where_a_service_is_looked_for(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("migrate", "verify"):
        assert Command("", [], "cli").run(command, code=1).errors == [
            "error: no service runs in .leaderforge: start `leaderforge dev`, set its --data-dir, or set "
            "LEADERFORGE_POSTGRES_DSN and LEADERFORGE_REDIS_NODES"
        ]


@pytest.mark.long
async def test_without_an_index_scores_are_imported_and_the_rest_says_so(postgres, tmp_path: Path):
    (tmp_path / "s.csv").write_text("player,score\nAnn,1\n")
    command = Command(await new_database(postgres.dsn), ["127.0.0.1:1"], "cli")
    ended = command.run("import", str(tmp_path / "s.csv"))
    assert ended.output == ["1 scores imported, 0 duplicates, 1 players created, 0 bad lines skipped"]
    assert ended.errors == [
        "the index could not be reached: a running API updates it; without one, run `leaderforge rebuild` when it is "
        "available"
    ]
    for other in ("rebuild", "verify", "reconcile"):
        [error] = command.run(other, code=1).errors
        assert error.startswith("error: the rank index did not answer")
    ended = command.run("populate", *CROWD)
    assert ended.output == ["12,000 sessions added"]
    assert ended.errors == ["the index could not be reached: run `leaderforge rebuild` when it is available"]


async def test_a_wrong_setting_is_named(populated: Command):
    assert (
        populated.run("verify", code=1, LEADERFORGE_PARTITIONS="0")
        .errors[0]
        .startswith("error: LEADERFORGE_PARTITIONS")
    )
    assert (
        populated.run("verify", code=1, LEADERFORGE_PARTITION="6").errors[0].startswith("error: LEADERFORGE_PARTITION ")
    )


def test_help_names_commands_and_options():
    nowhere = Command("", [], "cli")
    text = "\n".join(nowhere.run("--help").output)
    assert all(re.search(rf"^\W+{name} ", text, re.MULTILINE) for name in COMMANDS)
    assert all(line in text for line in nowhere.run(code=2).output)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dev", ["--host", "--port", "--data-dir", "--nodes", "--partitions", "--workers", "--demo", "--no-demo"]),
        ("populate", ["--users", "--sessions", "--seed", "--until", "--board", "--data-dir"]),
        (
            "import",
            [
                "FILE",
                "--player",
                "--score",
                "--time",
                "--id",
                "--where",
                "--missing",
                "--on-bad-line",
                "--batch",
                "--board",
            ],
        ),
        ("export", ["BOARD", "--format", "--period", "--out", "--data-dir"]),
        *((name, ["--data-dir"]) for name in ("migrate", "rebuild", "verify", "reconcile")),
    ],
)
def test_help_of_a_command_names_its_options(name: str, options: list[str]):
    ended = Command("", [], "cli").run(name, "--help")
    text = "\n".join(ended.output)
    assert [option for option in options if option.lower() not in text.lower()] == []
    assert not ended.errors


async def everything(command: Command) -> dict[str, Rows]:
    """Return every row of every table."""
    tables = ("boards", "users", "username_claims", "email_claims", "score_events", "standings")
    return {name: await command.query(f"select * from {name} t order by 1, t::text") for name in tables}  # noqa: S608


def client(command: Command) -> RedisCluster:
    host, _, port = command.nodes[0].rpartition(":")
    return RedisCluster(host=host, port=int(port))


def forget(command: Command) -> None:
    """Delete the command's index, but no other index of the cluster."""
    with client(command) as cluster:
        for node in cluster.get_primaries():
            for key in cluster.scan_iter(f"{command.namespace}:*", count=1000, target_nodes=node):
                cluster.delete(key)
