"""`leaderforge backup` and `restore`: a drill while clients write, and refusals."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import empty_database, new_database
from tests.waiting import until

WRITERS = 4
PLAYERS = 300
WRONG_STANDINGS = """
select count(*) from standings join (
    select user_id, sum(score) as score, count(*) as submissions from score_events group by user_id
) as played using (user_id)
where (standings.score, standings.submissions) <> (played.score, played.submissions)
"""


@dataclass
class Writers:
    """Clients that submit until `stopping`, and the submissions that the service acknowledged."""

    api: Served
    players: int
    acknowledged: dict[UUID, int] = field(default_factory=dict)
    stopping: bool = False

    async def write(self) -> None:
        while not self.stopping:
            submission, player = uuid4(), random.randint(1, self.players)
            assert (await self.submit(submission, player)) == {"duplicate": False}
            self.acknowledged[submission] = player

    async def submit(self, submission: UUID, player: int, api: Served | None = None) -> Mapping[str, object]:
        """Submit, and return the part of the receipt that says whether the submission was known."""
        body = {"user_id": player, "score": 7, "submission_id": str(submission)}
        receipt = await (api or self.api).post("/api/scores", body)
        assert receipt.status_code == 200, receipt.text
        return {"duplicate": receipt.json()["duplicate"]}

    async def more(self, number: int = 20) -> None:
        """Return after some more acknowledged submissions."""
        enough = len(self.acknowledged) + number
        await until(lambda: len(self.acknowledged) >= enough, "more submissions")


@asynccontextmanager
async def writing(api: Served, players: int) -> AsyncIterator[Writers]:
    """Run writers during the block. Fails if one of their submissions failed."""
    writers = Writers(api, players)
    tasks = [asyncio.create_task(writers.write()) for _ in range(WRITERS)]
    yield writers
    writers.stopping = True
    await asyncio.gather(*tasks)


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
