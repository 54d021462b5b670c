"""`leaderforge backup` and `restore`: a backup and its restore while clients write, and refused calls."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.api_fixtures import environment, served
from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import empty_database, new_database
from tests.acceptance.score_writers import WRONG_STANDINGS, writing

PLAYERS = 300


@pytest.fixture
async def source(valkey, postgres) -> Command:
    return new_command(await new_database(postgres.dsn), valkey.addresses)


@pytest.mark.parametrize("players", [PLAYERS, pytest.param(200_000, marks=pytest.mark.long)])
async def test_a_restored_backup_has_all_that_was_acknowledged_before_it(
    source: Command, postgres, tmp_path: Path, players: int
) -> None:
    backup = tmp_path / "backup.dump"
    await asyncio.to_thread(source.run, "populate", "--users", str(players), "--sessions", str(2 * players))
    settings = environment(list(source.nodes), source.dsn)
    async with served(settings) as api, writing(api, players) as writers:
        await writers.more()
        before = set(writers.acknowledged)
        written = await asyncio.to_thread(source.run, "backup", str(backup))
        await writers.more()
    assert written.output == [f"{backup}: {backup.stat().st_size:,} bytes"]
    assert backup.stat().st_mode & 0o777 == 0o600

    restored = replace(source.elsewhere(), dsn=await empty_database(postgres.dsn))
    ended = await asyncio.to_thread(restored.run, "restore", str(backup))
    assert ended.output[-1].endswith(" standings compared, 0 differ")
    stored = {row[0] for row in await restored.query("select submission_id from score_events")}
    assert before <= stored
    assert await restored.query(WRONG_STANDINGS) == [(0,)]
    assert await restored.query(WRONG_STANDINGS) == await source.query(WRONG_STANDINGS)
    async with served(environment(list(source.nodes), restored.dsn)) as api:
        known, lost = next(iter(before)), next(iter(writers.acknowledged.keys() - stored))
        assert await writers.submit(known, writers.acknowledged[known], api) == {"duplicate": True}
        assert await writers.submit(lost, writers.acknowledged[lost], api) == {"duplicate": False}


def test_refusals_change_nothing(source: Command, tmp_path: Path) -> None:
    backup = tmp_path / "backup.dump"
    source.run("backup", str(backup))
    refused = source.run("restore", str(backup), code=1)
    assert refused.errors[0].startswith("error: the database is not empty: create an empty one")
    password = urlsplit(source.dsn).password
    broken = source.run("backup", str(tmp_path / "missing" / "backup.dump"), code=1)
    assert password not in str(broken)
    wrong = replace(source, dsn=source.dsn.replace(f":{password}@", ":wrong@"))
    assert "password authentication failed" in wrong.run("backup", str(tmp_path / "other"), code=1).errors[0]
    assert [path.name for path in tmp_path.iterdir()] == ["backup.dump"]


def test_scheduled_backups_delete_old_ones_only(source: Command, tmp_path: Path) -> None:
    old = [tmp_path / f"leaderforge-2026010{day}T000000Z.dump" for day in range(1, 4)]
    foreign = tmp_path / "leaderforge.dump"
    for path in (*old, foreign):
        path.touch()
    ended = source.run("backup", "--directory", str(tmp_path), "--keep", "2")
    assert ended.output[1:] == [f"{path}: deleted" for path in (old[1], old[0])]
    assert foreign.exists()
    assert old[2].exists()


@pytest.mark.skipif("LEADERFORGE_TEST_CITUS_DSN" not in os.environ, reason="needs a Citus cluster")
def test_a_citus_cluster_is_refused(source: Command, tmp_path: Path) -> None:
    cluster = replace(source, dsn=os.environ["LEADERFORGE_TEST_CITUS_DSN"])
    refused = cluster.run("backup", str(tmp_path / "backup.dump"), code=1)
    assert "the database is a Citus cluster" in refused.errors[0]
    assert not list(tmp_path.iterdir())
