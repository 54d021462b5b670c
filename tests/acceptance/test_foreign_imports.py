"""`leaderforge import --from`: boards of real servers of other services, and the report of ranks that differ."""

import csv
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid5

import pytest
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

from tests.acceptance.command import Command, Finished, new_command
from tests.acceptance.conftest import new_database
from tests.foreign_services import (
    NAKAMA,
    PLAIN,
    add_nakama_records,
    copy_rows,
    fetch_sql,
    nakama_migrations,
    nakama_tables,
    run_sql,
    single_valkey,
)
from tests.waiting import until

LINE_IDS = UUID("6f1c7a0e-2a5e-5b0e-9f57-1c0d8b9f4a11")
"""Namespace of the ids of imported lines, which docs/moving.md publishes."""
HOURS_S = 7200
"""Time limit in s of the long imports."""
MANY = int(os.environ.get("LEADERFORGE_TEST_FOREIGN", "100000"))
"""Number of scores of the long imports."""


@pytest.fixture(scope="module")
async def command(valkey, postgres) -> Command:
    """Command on a database of this module. Each test has a board of its own."""
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    command.run("reconcile")
    return command


@pytest.fixture(scope="module")
async def cluster(valkey) -> AsyncIterator["RedisCluster[bytes]"]:
    host, _, port = valkey.addresses[0].rpartition(":")
    client = RedisCluster(host=host, port=int(port))
    yield client
    await client.aclose()


@pytest.fixture
def cluster_url(valkey) -> str:
    return f"redis://{valkey.addresses[0]}"


@pytest.fixture
async def foreign_dsn(postgres) -> str:
    """DSN of an empty database on the same server."""
    return await new_foreign_database(postgres.dsn)


_numbers = iter(range(1000))


async def new_foreign_database(dsn: str) -> str:
    name = f"foreign_{urlsplit(dsn).port}_{next(_numbers)}"
    await run_sql(dsn, f"create database {name}")
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def contents(dsn: str) -> list[tuple[object, ...]]:
    """Return all rows of all tables as texts."""
    tables = await fetch_sql(dsn, "select relname from pg_stat_user_tables order by 1")
    return [row for (table,) in tables for row in await fetch_sql(dsn, f"select {table}::text from {table} order by 1")]  # noqa: S608


def ranking(command: Command, board: str, period: str = "current") -> list[tuple[str, int]]:
    """Return the external ids and scores of a board, best first."""
    rows = csv.DictReader(command.run("export", board, "--period", period).output)
    return [(row["external_id"], int(row["score"])) for row in rows]


def causes(ended: Finished) -> dict[str, int]:
    """Return the table of a comparison in a command's output: the number of players by cause."""
    start = next(i for i, line in enumerate(ended.output) if line.startswith("cause "))
    rows = [re.split(r" {2,}", line) for line in ended.output[start + 1 :]]
    return {row[0]: int(row[1].replace(",", "")) for row in rows if len(row) > 1 and row[1].replace(",", "").isdigit()}


async def test_a_sorted_set_keeps_its_ranks_and_a_second_run_counts_nothing_twice(
    command: Command, cluster: "RedisCluster[bytes]", cluster_url: str, tmp_path: Path
):
    members = {f"player-{i}": float(i % 7) for i in range(60)}
    await cluster.zadd("{moved}", members)
    await cluster.hset("{moved}:member_data", mapping={"player-1": '{"clan": "red"}', "player-2": "free text"})
    names = {member: f"Name {member}" for member in members}
    await cluster.hset("{moved}:names", mapping=names)
    arguments = ("import", "--from", "redis", cluster_url, "--key", "{moved}", "--names", "{moved}:names")
    missing = command.run(*arguments, "--board", "moved", code=1)
    [line] = missing.errors
    assert "leaderforge boards create moved policy=best order=desc periods=all-time" in line
    command.run("boards", "create", "moved", "policy=latest")

    dry = command.run(*arguments, "--board", "moved", "--dry-run")
    assert dry.output[-1] == "lines that would count: 60, bad lines: 0. Nothing was changed"
    ended = command.run(*arguments, "--board", "moved")
    assert ended.output[0] == "60 scores imported, 0 duplicates, 60 players created, 0 bad lines skipped"
    assert causes(ended) == {"equal rank and score": 60}
    there = [(m.decode(), int(s)) for m, s in await cluster.zrevrange("{moved}", 0, -1, withscores=True)]
    assert ranking(command, "moved") == there
    stored = command.run("export", "moved", "--format", "ndjson").output
    entries = {entry["external_id"]: entry for entry in map(json.loads, stored)}
    assert entries["player-1"]["metadata"] == {"clan": "red"}
    assert entries["player-2"]["metadata"] == {"member_data": "free text"}
    assert entries["player-3"]["username"] == "Name player-3"

    # The score of one player becomes lower. A new player has the same score as other players.
    await cluster.zadd("{moved}", {"player-6": 1.0, "player-new": 3.0})
    report = tmp_path / "ranks.csv"
    again = command.run(*arguments, "--board", "moved", "--report", str(report))
    assert again.output[0] == ("1 scores imported, 59 duplicates, 1 replaced, 1 players created, 0 bad lines skipped")
    assert dict(ranking(command, "moved")) == dict(members) | {"player-6": 1, "player-new": 3}
    numbers = causes(again)
    assert set(numbers) <= {"equal rank and score", "equal scores in another order", "moved by players above"}
    rows = list(csv.DictReader(report.read_text().splitlines()))
    ties = [row for row in rows if row["cause"] == "equal scores in another order"]
    assert len(ties) == numbers["equal scores in another order"] > 0
    assert {row["detail"] for row in ties} == {"equal scores are in the reverse lexicographic order of the members"}
    third = command.run(*arguments, "--board", "moved")
    assert third.output[0] == "0 scores imported, 61 duplicates, 0 players created, 0 bad lines skipped"


async def test_an_interrupted_import_continues_in_the_same_order(
    command: Command, cluster: "RedisCluster[bytes]", cluster_url: str
):
    await cluster.zadd("{cut}", {f"cut-{i}": i % 3 for i in range(2000)})
    command.run("boards", "create", "cut", "policy=best")
    arguments = ("import", "--from", "redis", cluster_url, "--key", "{cut}", "--board", "cut", "--batch", "10")
    counted = "select count(*) from score_events join boards using (board_id) where slug = 'cut'"

    async def has_begun() -> bool:
        [(events,)] = await command.query(counted)
        return bool(events)

    with command.running(*arguments):
        await until(has_begun, "the first scores")
    ended = command.run(*arguments)
    match = re.match(r"([\d,]+) scores imported, ([\d,]+) duplicates", ended.output[0])
    assert match is not None
    imported, duplicates = (int(text.replace(",", "")) for text in match.groups())
    assert imported + duplicates == 2000
    assert duplicates > 0
    assert causes(ended) == {"equal rank and score": 2000}
    assert await command.query(counted) == [(2000,)]


async def test_the_report_explains_expired_refused_rounded_and_unknown_players(
    command: Command, cluster: "RedisCluster[bytes]", cluster_url: str, tmp_path: Path
):
    await cluster.zadd("{podium}", {"a": 12.344, "b": 12.341, "c": 12.339, "ended": 99.0, "lasting": 50.0, "bad": 40.0})
    now = datetime.now(UTC).timestamp()
    await cluster.zadd("{podium}:ttl", {"ended": now - 60, "lasting": now + 3600})
    await cluster.mset({"{podium}/a": "Ada", "{podium}/bad": "x" * 200})
    command.run("boards", "create", "podium", "policy=best", "decimals=2")
    await cluster.zadd("{podium}", {b"\xff\xfe": 1.0})
    arguments = ("import", "--from", "redis", cluster_url, "--key", "{podium}", "--names", "{podium}/*")
    exact = command.run(*arguments, "--board", "podium", "--dry-run", code=3)
    assert any("'12.344' has 3 decimals, and the board keeps 2 decimals" in line for line in exact.output)

    report = tmp_path / "ranks.csv"
    ended = command.run(*arguments, "--board", "podium", "--round", "--report", str(report), code=3)
    assert ranking(command, "podium") == [("lasting", 5000), ("a", 1234), ("b", 1234), ("c", 1234)]
    assert causes(ended) == {"equal rank and score": 0, "excluded": 1, "refused": 2, "moved by players above": 4}
    rows = {row["player_id"]: row for row in csv.DictReader(report.read_text().splitlines())}
    assert rows["ended"]["detail"] == "expired in Podium"
    assert "name" in rows["bad"]["detail"]
    assert (rows["a"]["foreign_rank"], rows["a"]["rank"], rows["a"]["foreign_score"]) == ("4", "2", "12.344")

    # Rounding makes three scores equal. On the board here, the players achieved these scores in another order.
    # Therefore the ranks differ.
    command.run("boards", "create", "rounded", "policy=best", "decimals=2")
    (tmp_path / "other.csv").write_text("id,score,time\nc,12.34,2026-01-01\nb,12.34,2026-01-02\na,12.34,2026-01-03\n")
    command.run(
        "import", str(tmp_path / "other.csv"), "--player-id", "id", "--time", "time", "--board", "rounded", "--history"
    )
    compared = command.run(*arguments, "--board", "rounded", "--round", "--compare-only")
    assert causes(compared)["scores that rounding made equal"] == 2
    assert causes(compared)["no entry here"] == 1


async def test_scores_that_contain_a_time_are_divided(
    command: Command, cluster: "RedisCluster[bytes]", cluster_url: str
):
    # Common layout of stored scores: score * 2^20 plus a number that is larger for earlier players.
    await cluster.hset(
        "member_data", mapping={"first": '{"clan": "blue"}'}
    )  # the library of agoragames stores data of players here, for all boards
    await cluster.zadd("{packed}", {"late": 7 * 2**20 + 1, "early": 7 * 2**20 + 900, "first": 8 * 2**20 + 5})
    command.run("boards", "create", "packed", "policy=best")
    arguments = ("import", "--from", "redis", cluster_url, "--key", "{packed}", "--divisor", str(2**20))
    ended = command.run(*arguments, "--board", "packed")
    assert causes(ended) == {"equal rank and score": 3}
    assert ranking(command, "packed") == [("first", 8), ("early", 7), ("late", 7)]
    [first, *_] = map(json.loads, command.run("export", "packed", "--format", "ndjson").output)
    assert first["metadata"] == {"clan": "blue"}
    await cluster.delete("member_data")


async def test_a_server_with_a_password_is_only_read_and_its_password_is_never_shown(command: Command, tmp_path: Path):
    with single_valkey(tmp_path, "user default off", "user reader on >hush-hush ~* +@read +@connection") as address:
        url = f"redis://reader:hush-hush@{address}"
        client = Redis.from_url(url)

        async def answers() -> bool:
            try:
                return bool(await client.ping())
            except RedisError:
                return False

        await until(answers, "the server")
        await client.aclose()
        command.run("boards", "create", "single", "policy=best", "order=asc")
        arguments = ("import", "--from", "redis", "--key", "laps", "--board", "single")
        missing = command.run(*arguments, url, code=1)
        assert missing.errors == [f"error: there is no key 'laps' at redis://reader@{address}"]
        wrong = command.run(*arguments, f"redis://reader:wrong-word@{address}", code=1)
        assert "wrong-word" not in " ".join(wrong.errors)
        assert wrong.errors[0].startswith(f"error: redis://reader@{address} cannot be read: ")
    unreachable = command.run(*arguments, url, code=1)
    assert "hush-hush" not in " ".join(unreachable.errors)


def test_wrong_options_are_refused(command: Command):
    wrong = command.run("import", "--from", "redis", "redis://127.0.0.1:1", code=2)
    assert "--key" in " ".join(wrong.errors)
    beside = command.run("import", "--from", "redis", "redis://127.0.0.1:1", "--key", "a", "--player", "p", code=2)
    assert "--player" in " ".join(beside.errors)
    alone = command.run("import", "scores.csv", "--report", "ranks.csv", code=2)
    assert "--from" in " ".join(alone.errors)


def test_a_board_with_tiebreakers_is_refused_before_the_source_is_read(command: Command):
    tiebreakers = json.dumps([{"name": "time_ms", "order": "asc", "max": 9}])
    command.run("boards", "create", "broken-ties", "policy=best", f"tiebreakers={tiebreakers}")
    arguments = ("import", "--from", "redis", "redis://127.0.0.1:1", "--key", "a", "--board", "broken-ties")
    refused = command.run(*arguments, code=1)
    assert refused.errors == [
        "error: board 'broken-ties' has tiebreakers, which --from does not read; import a file with --numbers"
    ]


async def test_a_leaderboard_of_nakama_with_resets_subscores_and_bans(
    command: Command, foreign_dsn: str, tmp_path: Path
):
    expiry = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await run_sql(
        foreign_dsn,
        NAKAMA,
        "insert into leaderboard (id, authoritative, sort_order, operator, reset_schedule) values"
        " ('daily', true, 0, 0, '0 0 * * *'), ('coins', false, 1, 3, '*/7 * * * * * *')",
    )
    await add_nakama_records(foreign_dsn, "daily", 200, seed=1, scores=20, expiry=expiry)
    await run_sql(
        foreign_dsn,
        "update leaderboard_record set update_time = now() - interval '1 ms' * abs(hashtext(owner_id::text) % 9999),"
        " metadata = '{\"kart\": 7}'",
    )
    await add_nakama_records(foreign_dsn, "daily", 3, seed=2, scores=20, expiry=expiry - timedelta(days=1))
    banned = (
        "update users set disable_time = now() where id = (select max(owner_id::text)::uuid from leaderboard_record)"
    )
    await run_sql(foreign_dsn, banned)
    arguments = ("import", "--from", "nakama", foreign_dsn, "--key")
    proposal = command.run(*arguments, "coins", "--board", "coins", code=1).errors[0]
    assert "policy=latest order=desc periods=all-time time_zone=UTC open_to_players=yes; " in proposal
    assert "the operator decr has no equal" in proposal
    assert "'*/7 * * * * * *' has no equal among cron expressions" in proposal
    assert str(urlsplit(foreign_dsn).password) not in proposal
    [proposal] = command.run(*arguments, "daily", "--board", "nakama", code=1).errors[:1]
    words = re.search(r"boards create nakama (.*?);", proposal)
    assert words is not None
    assert words[1] == ("policy=best order=asc subscore_order=asc periods=season 'season=0 0 * * *' time_zone=UTC")
    settings = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", words[1])]
    command.run("boards", "create", "nakama", *settings)

    report = tmp_path / "ranks.csv"
    before = await contents(foreign_dsn)
    ended = command.run(*arguments, "daily", "--board", "nakama", "--report", str(report))
    assert await contents(foreign_dsn) == before
    assert ended.output[0].startswith("199 scores imported, 0 duplicates, 199 players created")
    assert any("records before the last reset: 3" in line for line in ended.errors)
    numbers = causes(ended)
    assert set(numbers) <= {
        "equal rank and score",
        "excluded",
        "equal scores in another order",
        "moved by players above",
    }
    assert sum(numbers.values()) == 200
    assert numbers["excluded"] == 1
    # The imported entries equal Nakama's entries, also in their order if both are sorted by Nakama's rule for ties.
    there = await fetch_sql(
        foreign_dsn,
        "select owner_id::text, score, subscore from leaderboard_record join users on users.id = owner_id"
        " where expiry_time > now() and disable_time < '1971-01-01' order by score, subscore, owner_id",
    )
    entries = [json.loads(line) for line in command.run("export", "nakama", "--format", "ndjson").output]
    assert {(e["external_id"], e["score"], e["subscore"]) for e in entries} == set(there)
    assert sorted((e["score"], e["subscore"], e["external_id"]) for e in entries) == [(s, t, o) for o, s, t in there]
    assert all(entry["metadata"] == {"kart": 7} for entry in entries)
    # On the board here, ties have another order: the earlier score leads.
    keys = [(entry["score"], entry["subscore"], entry["achieved_at"]) for entry in entries]
    assert keys == sorted(keys)
    [reason] = {
        row["detail"] for row in csv.DictReader(report.read_text().splitlines()) if "another order" in row["cause"]
    }
    assert reason == "for equal score and subscore, the lowest owner id leads"

    # With --history, periods before the last reset are imported too. Changed records replace the scores that were
    # imported before.
    await run_sql(foreign_dsn, "update leaderboard_record set score = score + 1000 where subscore = 0")
    again = command.run(*arguments, "daily", "--board", "nakama", "--history")
    [(changed,)] = await fetch_sql(
        foreign_dsn,
        "select count(*) from leaderboard_record join users on users.id = owner_id"
        " where subscore = 0 and disable_time < '1971-01-01' and expiry_time > now()",
    )
    assert f"{changed} replaced" in again.output[0]
    assert sum(causes(again).values()) == 200
    assert "another score here" not in causes(again)
    periods = await command.query(
        "select distinct period_id from standings join boards using (board_id) where slug = 'nakama'"
    )
    assert len(periods) >= 2


@pytest.mark.skipif("LEADERFORGE_TEST_NAKAMA" not in os.environ, reason="no clone of Nakama: LEADERFORGE_TEST_NAKAMA")
async def test_the_tables_are_those_of_nakamas_own_migrations(foreign_dsn: str, postgres):
    migrated = await new_foreign_database(postgres.dsn)
    await run_sql(migrated, *nakama_migrations(Path(os.environ["LEADERFORGE_TEST_NAKAMA"])))
    await run_sql(foreign_dsn, NAKAMA)
    expected = await nakama_tables(migrated)
    assert expected
    assert await nakama_tables(foreign_dsn) == expected


async def test_sessions_and_totals_of_the_plain_sql_design(command: Command, foreign_dsn: str):
    await run_sql(foreign_dsn, PLAIN)
    await copy_rows(foreign_dsn, "users", ["id", "username"], [(i, f"sql-{i}") for i in range(1, 41)])
    played = datetime(2026, 11, 1, tzinfo=UTC)
    sessions = [(i, i % 40 + 1, i * i % 17, played + timedelta(minutes=i)) for i in range(1, 401)]
    await copy_rows(foreign_dsn, "game_sessions", ["id", "user_id", "score", "played_at"], sessions)
    await run_sql(
        foreign_dsn,
        "insert into leaderboard select user_id, username, sum(score), count(*), max(played_at) from game_sessions"
        " join users on users.id = user_id group by user_id, username",
        "update leaderboard set total_score = total_score + 5 where user_id = 7",
    )
    arguments = ("import", "--from", "sql", foreign_dsn, "--board", "plain")
    proposal = command.run(*arguments, code=1).errors[0]
    assert "policy=sum order=desc periods=all-time" in proposal
    assert "totals in leaderboard that are not the sum of the player's sessions: 1" in proposal
    command.run("boards", "create", "plain", "policy=sum")
    before = await contents(foreign_dsn)
    ended = command.run(*arguments)
    assert await contents(foreign_dsn) == before
    assert ended.output[0].startswith("400 scores imported, 0 duplicates, 40 players created")
    numbers = causes(ended)
    assert numbers["another score here"] == 1
    assert set(numbers) <= {
        "equal rank and score",
        "another score here",
        "moved by players above",
        "equal scores in another order",
    }
    totals = await fetch_sql(foreign_dsn, "select user_id::text, sum(score)::bigint from game_sessions group by 1")
    assert sorted(ranking(command, "plain")) == sorted(totals)

    # An import gives each session a fixed id. A game server that submits to both services must send the same id.
    await run_sql(foreign_dsn, "insert into game_sessions values (401, 1, 6, '2026-11-02T00:00:00Z')")
    submission_id = uuid5(LINE_IDS, "plain\0game_sessions/401")
    ids = await command.query("select submission_id from score_events where submission_id = $1", submission_id)
    assert ids == []
    again = command.run(*arguments)
    assert again.output[0].startswith("1 scores imported, 400 duplicates")
    assert len(await command.query("select 1 from score_events where submission_id = $1", submission_id)) == 1


def test_saved_responses_of_playfab_and_unity(command: Command, tmp_path: Path):
    pages = tmp_path / "playfab"
    pages.mkdir()
    columns = [{"Name": "points", "SortDirection": "Descending"}, {"Name": "time", "SortDirection": "Ascending"}]
    entry = {"Metadata": "level 3", "LastUpdated": "2026-11-20T10:00:00.000Z"}
    for number, ranks in enumerate([(1, 2), (2, 3)]):
        rankings = [
            {"Rank": rank, "DisplayName": f"pf {rank}", "Entity": {"Id": f"PF{rank}", "Type": "title_player_account"},
             "Scores": [str(100 - rank), str(rank)]} | entry
            for rank in ranks
        ]  # fmt: skip
        data = {"Columns": columns, "EntryCount": 3, "Rankings": rankings, "Version": 2}
        (pages / f"{number}.json").write_text(json.dumps({"code": 200, "status": "OK", "data": data}))
    command.run("boards", "create", "playfab", "policy=best", "subscore_order=asc")
    ended = command.run("import", "--from", "playfab", str(pages), "--board", "playfab")
    assert causes(ended) == {"equal rank and score": 3}
    assert ranking(command, "playfab") == [("PF1", 99), ("PF2", 98), ("PF3", 97)]

    results = [
        {"playerId": f"unity-{i}", "playerName": f"Uni#{i}", "rank": i, "score": 9.25 - i, "tier": "gold",
         "updatedTime": "2026-11-20T10:00:00Z", "metadata": "{\"car\": 3}"}
        for i in range(3)
    ]  # fmt: skip
    file = tmp_path / "unity.json"
    file.write_text(json.dumps({"limit": 3, "offset": 0, "total": 5, "results": results}))
    command.run("boards", "create", "unity", "policy=best", "decimals=2")
    ended = command.run("import", "--from", "unity", str(file), "--board", "unity")
    assert causes(ended) == {"equal rank and score": 3}
    assert ranking(command, "unity") == [("unity-0", 925), ("unity-1", 825), ("unity-2", 725)]
    assert any("3 of 5 entries" in line for line in ended.errors)


@pytest.mark.long
async def test_many_members_keep_their_ranks(command: Command, cluster: "RedisCluster[bytes]", cluster_url: str):
    for start in range(0, MANY, 10_000):
        await cluster.zadd("{million}", {f"m{i}": i * 7919 % 50_021 for i in range(start, start + 10_000)})
    command.run("boards", "create", "million", "policy=best")
    ended = replace(command, seconds=HOURS_S).run(
        "import", "--from", "redis", cluster_url, "--key", "{million}", "--board", "million"
    )
    assert causes(ended) == {"equal rank and score": MANY}


@pytest.mark.long
async def test_many_records_of_nakama_keep_their_ranks(command: Command, foreign_dsn: str):
    await run_sql(foreign_dsn, NAKAMA, "insert into leaderboard (id, authoritative) values ('big', true)")
    await add_nakama_records(foreign_dsn, "big", MANY, seed=3, scores=10**9)
    command.run("boards", "create", "big", "policy=best", "subscore_order=desc")
    ended = replace(command, seconds=HOURS_S).run(
        "import", "--from", "nakama", foreign_dsn, "--key", "big", "--board", "big"
    )
    numbers = causes(ended)
    assert set(numbers) <= {"equal rank and score", "equal scores in another order"}
    assert sum(numbers.values()) == MANY
