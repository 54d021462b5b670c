"""Transactions in doubt: prepared before a crash of the coordinator of Citus, and committed long after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.postgres.activity import PostgresActivity
from leaderforge.adapters.postgres.statements import statement
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.services.activity import ActivityService
from leaderforge.services.maintain import MaintainService
from tests.conftest import OwnPostgres
from tests.contract.store_fixtures import Database, run, submit

GID = "citus_0_4711_1_1"
"""Name of a prepared transaction in the form of Citus: group, process, transaction, connection."""
_EVENT = "(user_id, board_id, submission_id, score, achieved_at, recorded_at)"
PLAYER = 1
MINUTE_MS = 60_000


class World:
    """All stores on Citus, an index in which `PLAYER` has the score 5, and the service that repairs the index."""

    def __init__(self, database: Database, ladder: Ladder) -> None:
        self.database, self.ladder = database, ladder
        self.now = database.clock() // 1000
        self.index = MemoryIndex(partitions=1)
        self.maintain = MaintainService(
            database.scores, database.users, self.index, database.processes, lambda: self.now, Fanout([])
        )

    @property
    def score(self) -> int:
        """Score of the player in the index."""
        return self.index.standings_on(self.ladder)[PLAYER].score

    async def leave_in_doubt(self, score: int) -> None:
        """Set the player's score in a transaction that a worker prepares, but does not commit."""
        group, worker, shards = await shards_of(self.database)
        await prepare(
            worker,
            GID,
            "set local citus.enable_manual_changes_to_shards to on",
            f"insert into {shards['score_events']} {_EVENT}"  # noqa: S608 - names of shards, and numbers
            f" values ({PLAYER}, {self.ladder.board.id}, gen_random_uuid(), {score}, 1, {self.now})",
            f"update {shards['standings']} set score = {score}, revision = revision + 1000000"  # noqa: S608 - as above
            f" where user_id = {PLAYER} and board_id = {self.ladder.board.id}",
        )
        # This row tells the coordinator that the transaction was committed: recovery commits it on the worker, too.
        await run(self.database.dsn, f"insert into pg_dist_transaction values ({group}, '{GID}')")  # noqa: S608 - as above


@pytest.fixture
async def world(on_citus: Database) -> World:
    world = World(on_citus, await on_citus.ladder(Policy.BEST))
    await on_citus.players(PLAYER)
    await on_citus.scores.record([submit(world.ladder, PLAYER, 5)])
    await world.maintain.reconcile()
    return world


async def test_the_watermark_waits_for_a_transaction_in_doubt(world: World) -> None:
    scores, begun = world.database.scores, world.now
    async with recovery_by_hand(world.database.dsn):
        await world.leave_in_doubt(12)
        world.now += MINUTE_MS
        in_doubt = await scores.in_doubt_since()
        assert in_doubt is not None
        assert begun - SETTLE_MS < in_doubt < world.now
        await world.maintain.reconcile()
        assert await world.index.watermarks() == [in_doubt - SETTLE_MS]
        await world.maintain.rebuild()
        assert await world.index.watermarks() == [in_doubt - SETTLE_MS]
        activity = ActivityService(
            PostgresActivity(world.database.pool), scores, world.index, lambda: world.now + MINUTE_MS
        )
        assert await activity.fold() == 0
        assert world.score == 5
    assert await scores.in_doubt_since() is None
    await world.maintain.reconcile()
    assert (world.score, await world.index.watermarks()) == (12, [world.now - SETTLE_MS])
    assert await activity.fold() == 2


async def test_a_single_server_has_no_transaction_in_doubt(on_postgres: Database) -> None:
    assert await on_postgres.scores.in_doubt_since() is None


async def test_only_transactions_of_citus_in_this_database_count(own_postgres: OwnPostgres) -> None:
    server = own_postgres()
    with (server.data / "postgresql.auto.conf").open("a") as settings:
        settings.write("max_prepared_transactions = 4\n")
    server.restart()
    await script(server.dsn, "create table t (i int)")
    await prepare(server.dsn, "another_program", "insert into t values (1)")
    assert await run(server.dsn, statement("in_doubt_since")) == [(None,)]
    await prepare(server.dsn, GID, "insert into t values (2)")
    [[prepared_at]] = await run(server.dsn, statement("in_doubt_since"))
    [[now]] = await run(server.dsn, "select (extract(epoch from clock_timestamp()) * 1000)::bigint")
    assert now - MINUTE_MS < prepared_at <= now
    await script(server.dsn, f"commit prepared '{GID}'")
    assert await run(server.dsn, statement("in_doubt_since")) == [(None,)]


@asynccontextmanager
async def recovery_by_hand(dsn: str) -> AsyncIterator[None]:
    """Prevent the automatic recovery of transactions in doubt during the block, and recover them at its end."""
    await script(dsn, "alter system set citus.recover_2pc_interval = -1", "select pg_reload_conf()")
    try:
        yield
    finally:
        await script(dsn, "select recover_prepared_transactions()")
        await script(dsn, "alter system reset citus.recover_2pc_interval", "select pg_reload_conf()")


async def prepare(dsn: str, gid: str, *statements: str) -> None:
    """Run the statements in a transaction, and prepare it."""
    await script(dsn, "begin", *statements, f"prepare transaction '{gid}'")


async def script(dsn: str, *statements: str) -> None:
    """Run the statements on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        for text in statements:
            await connection.execute(text)
    finally:
        await connection.close()


async def shards_of(database: Database) -> tuple[int, str, dict[str, str]]:
    """Return the group and the DSN of the player's worker, and the names of the player's shards by table."""
    rows = await database.pool.fetch(
        """select s.table_name::text, shard_name, nodename, nodeport, groupid
        from citus_shards s join pg_dist_node using (nodename, nodeport)
        where shardid in (
            get_shard_id_for_distribution_column('score_events', $1::bigint),
            get_shard_id_for_distribution_column('standings', $1::bigint)
        )""",
        PLAYER,
    )
    hosts = {f"postgres@{row['nodename']}:{row['nodeport']}" for row in rows}
    [worker] = {urlsplit(database.dsn)._replace(netloc=host).geturl() for host in hosts}
    return rows[0]["groupid"], worker, {row["table_name"]: row["shard_name"] for row in rows}
