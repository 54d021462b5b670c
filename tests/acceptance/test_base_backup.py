"""Base backup and archived WAL: the commands of docs/backup.md, while clients write."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import PostgresServer
from leaderforge.embedded.accounts import unprivileged_account
from leaderforge.embedded.wheels import postgres_program
from tests.acceptance.api_fixtures import environment, served
from tests.acceptance.command import new_command
from tests.acceptance.composed import ROOT
from tests.acceptance.score_writers import WRONG_STANDINGS, writing
from tests.waiting import until

PLAYERS = 20
SECTION = (
    (ROOT / "docs" / "backup.md").read_text(encoding="utf-8").partition("## Base backups\n")[2].partition("\n## ")[0]
)
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB"}


@pytest.fixture
def backups() -> Iterator[Path]:
    """Directory of the archive and the backup. The server's account can read and write it."""
    with tempfile.TemporaryDirectory(prefix="leaderforge-backups-") as name:
        Path(name).chmod(0o777)
        Path(name, "wal").mkdir()
        Path(name, "wal").chmod(0o777)
        yield Path(name)


def documented_settings(places: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    """Return the settings of PostgreSQL in each block of `SECTION`, which is a part of the guide to backups.

    `places` has replacements for paths in the guide.
    """
    blocks = re.findall(r"```ini\n(.*?) *```", SECTION, re.DOTALL)
    return [dict(re.findall(r"^ *(\w+) = '?(.*?)'?$", replaced(block, places), re.MULTILINE)) for block in blocks]


def documented_commands(places: Mapping[str, str]) -> Sequence[Sequence[str]]:
    """Return the commands in the guide's section. `places` has replacements for paths in the guide."""
    blocks = re.findall(r"```sh\n(.*?) *```", SECTION, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in replaced(block, places).splitlines()]


def replaced(text: str, places: Mapping[str, str]) -> str:
    for documented, place in places.items():
        text = text.replace(documented, place)
    return text


def admit_administrators(server: PostgresServer) -> None:
    """Admit the superuser and the role of backups. The servers of tests otherwise admit only one role."""
    rules = ("host all postgres 127.0.0.1/32 trust", "host replication backup 127.0.0.1/32 scram-sha-256")
    with (server.data / "pg_hba.conf").open("a") as file:
        file.writelines(f"{rule}\n" for rule in rules)
    server.restart()


async def run(command: Sequence[str], server: PostgresServer) -> None:
    """Run a program of PostgreSQL or of the system. Fails on a nonzero exit code."""
    programs = f"{postgres_program('psql').parent}:{os.environ['PATH']}"
    variables = {"PATH": programs, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres"}
    await asyncio.to_thread(subprocess.run, command, env=variables, check=True, capture_output=True)


async def test_a_base_backup_and_the_archive_have_all_that_was_acknowledged(
    valkey, own_postgres, backups: Path, tmp_path: Path
) -> None:
    restored = tmp_path / "restored"
    places = {"/var/backups/postgresql": str(backups), "/var/lib/postgresql/17/main": str(restored / "data")}
    archiving, recovering = documented_settings(places)
    server: PostgresServer = own_postgres(settings={**FAST, **archiving})
    admit_administrators(server)
    places["127.0.0.1:5432"] = f"127.0.0.1:{server.port}"
    commands = documented_commands(places)
    assert [command[0] for command in commands] == ["psql", "pg_basebackup", "pg_verifybackup", "cp", "touch"]
    create_role, backup, check, copy, mark = commands
    await run(create_role, server)
    await migrate(server.dsn)
    source = new_command(server.dsn, valkey.addresses)
    await asyncio.to_thread(source.run, "populate", "--users", str(PLAYERS), "--sessions", str(PLAYERS))
    async with served(environment(list(source.nodes), source.dsn)) as api, writing(api, PLAYERS) as writers:
        await writers.more()
        await run(backup, server)
        await writers.more()
    await run(check, server)
    await archive_everything(server)

    account = unprivileged_account(server.data)
    server.kill()  # the rest of the test must restore from the backup and the archive only
    restored.mkdir(mode=0o711)
    for command in (copy, mark):
        await run(command, server)
    for path in (restored / "data", *(restored / "data").rglob("*")):
        os.chown(path, account.uid or -1, account.gid or -1)
    shutil.copy(server.directory / "password", restored)
    with PostgresServer(restored, settings={**FAST, **recovering}) as successor:
        target = new_command(successor.dsn, source.nodes)
        await asyncio.to_thread(target.run, "rebuild", "--empty")
        verified = await asyncio.to_thread(target.run, "verify")
        assert verified.output[-1].endswith(" 0 differ")
        stored = {row[0] for row in await target.query("select submission_id from score_events")}
        assert writers.acknowledged.keys() <= stored
        assert await target.query(WRONG_STANDINGS) == [(0,)]


async def archive_everything(server: PostgresServer) -> None:
    """Wait until the WAL written so far is archived, as happens after `archive_timeout`."""
    parts = urlsplit(server.dsn)
    connection = await asyncpg.connect(host=parts.hostname, port=parts.port, user="postgres", database="postgres")
    try:
        segment = await connection.fetchval("select pg_walfile_name(pg_switch_wal())")

        async def is_archived() -> bool:
            archived = "select coalesce(last_archived_wal >= $1, false) from pg_stat_archiver"
            return bool(await connection.fetchval(archived, segment))

        await until(is_archived, "the archive", every=0.1)
    finally:
        await connection.close()
