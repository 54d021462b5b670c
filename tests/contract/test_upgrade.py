"""Upgrade of a store of 0.1.0 to the present schema, while clients of 0.1.0 continue to use it."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from typing import Any

import asyncpg
import pytest

from benchmarks.upgrade import locks
from leaderforge.adapters import postgres as adapter
from leaderforge.adapters.postgres.migrate import commands, migrate, migrations
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.board_settings import DEFAULT_BOARD, changed_board
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.moments import Moments
from leaderforge.domain.players import Player
from leaderforge.domain.submissions import Recorded
from leaderforge.domain.team_rules import TeamRules
from leaderforge.domain.teams import Team
from leaderforge.domain.tiers import Tier
from leaderforge.embedded import PostgresServer
from leaderforge.services.moment_comparison import MomentComparison
from scripts.old_store.dump import catalog
from tests import old_version
from tests.contract.store_fixtures import Database, emptied_citus, empty, numbers, opened, run, sibling, submit
from tests.contract.test_notice_store import on
from tests.contract.test_statements import DEFINITION
from tests.old_version import LAST_MIGRATION, lost_rows, old_clients
from tests.waiting import until

LATER = [number for number in migrations() if number > LAST_MIGRATION]
END = 2**43
"""Time (ms) after all changes in the store of 0.1.0."""
ON_CITUS_ONLY = {"nodes_of_users", "ping_worker", "workers"}
"""Statements of 0.1.0 that only Citus can prepare."""
TABLES_USED = "users, score_events, standings, touches, boards, username_claims, periods, audit_log"


@pytest.fixture
async def postgres_store(postgres: PostgresServer) -> AsyncIterator[str]:
    """DSN of a new database with the store of 0.1.0."""
    name = f"old_{next(numbers)}"
    await run(postgres.dsn, f"create database {name}")
    dsn = sibling(postgres.dsn, name)
    await old_version.restore(dsn)
    yield dsn
    await run(postgres.dsn, f"drop database {name} with (force)")


@pytest.fixture
async def citus_store() -> str:
    """DSN of a Citus cluster with the store of 0.1.0."""
    dsn = await emptied_citus()
    await empty(dsn)
    await old_version.restore(dsn)
    return dsn


@pytest.fixture(params=["postgres", "citus"])
def old_store(request: pytest.FixtureRequest) -> str:
    """DSN of each kind of real database, with the store of 0.1.0."""
    dsn: str = request.getfixturevalue(f"{request.param}_store")
    return dsn


async def test_the_first_migrations_still_make_the_schema_of_0_1_0(postgres_store: str) -> None:
    assert await catalog(postgres_store) == old_version.schema()


async def test_each_statement_of_0_1_0_stays_valid(old_store: str) -> None:
    [[distributed]] = await run(old_store, statement("has_workers"))
    for number in (LAST_MIGRATION, *LATER):
        await migrate(old_store, last=number)
        refused = await refusals(old_store)
        assert refused.keys() == (set() if distributed else ON_CITUS_ONLY), (number, refused)


async def refusals(dsn: str) -> dict[str, str]:
    """Return the statements of 0.1.0 that the database does not prepare, each with the reason."""
    refused = {}
    connection = await asyncpg.connect(dsn)
    try:
        for name, text in old_version.statements().items():
            if name != DEFINITION:
                try:
                    await connection.execute(f"prepare {name} as {text}")
                except asyncpg.PostgresError as error:
                    refused[name] = str(error)
    finally:
        await connection.close()
    return refused


async def test_a_migration_excludes_the_writers_of_one_table_at_most(old_store: str) -> None:
    """A migration that holds the lock of one table while it waits for the lock of another table can deadlock with
    clients.
    """
    for number in LATER:
        assert len({table for table, _ in await locks(old_store, number)}) <= 1, migrations()[number]
        await migrate(old_store, last=number)


async def test_no_migration_rewrites_a_table(old_store: str) -> None:
    """A rewrite locks clients out until the table is copied. PostgreSQL gives a rewritten table a new file."""
    query = (
        "select relname, relfilenode from pg_class where relnamespace = current_schema::regnamespace and relkind = 'r'"
    )
    before = dict(map(tuple, await run(old_store, query)))
    await migrate(old_store)
    after = dict(map(tuple, await run(old_store, query)))
    assert {table: after[table] for table in before} == before


async def test_a_store_that_applied_0010_before_its_release_is_migrated(old_store: str) -> None:
    """Before its release, migration 0010 also added a column to `standings`, which migration 0015 adds now."""
    await migrate(old_store, last=10)
    await run(old_store, "alter table standings add column received_us bigint not null default 0")
    assert "0015_standing_receptions.sql" in await migrate(old_store)
    assert await lost_rows(old_store) == {}


async def test_clients_go_on_during_each_migration(old_store: str) -> None:
    async with old_clients(old_store) as clients:
        for number in LATER:
            await migrate(old_store, last=number)
            await clients.progress()
    assert await lost_rows(old_store) == {}
    rows = await run(old_store, f"select user_id, score from standings where board_id = {clients.board_id}")  # noqa: S608
    scores = {row["user_id"]: row["score"] for row in rows}
    assert {user_id: scores[user_id] for user_id in clients.acknowledged} == clients.acknowledged


async def test_both_versions_count_side_by_side(old_store: str) -> None:
    """Processes of 0.1.0 and of this version submit for the same players while processes are replaced."""
    await migrate(old_store)
    async for present in opened(old_store):
        async with old_clients(old_store) as clients:
            board = await present.scores.board("old")
            assert board is not None
            submissions = [submit(Ladder(board), clients.players[i % 20], 1, at=i) for i in range(200)]
            for submission in submissions:
                [outcome] = await present.scores.record([submission])
                assert isinstance(outcome, Recorded), outcome
        standings = await present.scores.standings(Ladder(board), clients.players)
        assert {s.user_id: s.score for s in standings} == {
            user_id: 10 + clients.acknowledged.get(user_id, 0) for user_id in clients.players
        }
        assert [s.submissions for s in standings] == [s.score for s in standings]


async def test_a_board_of_0_1_0_gets_moments_and_a_team_board(old_store: str) -> None:
    await migrate(old_store)
    async for present in opened(old_store):
        board = await present.scores.board(DEFAULT_BOARD)
        assert board is not None
        act = AuditEntry(1, "tests", "board.change", board.slug)
        enabled = await with_moments(present, board, act)
        total = (await present.scores.counts(Ladder(board), [])).total
        assert (await present.moments.ranking(END).counts(Ladder(enabled, at=END), [])).total == total > 0
        assert await present.moments.add_checkpoint(Ladder(enabled), 1, END)
        assert await MomentComparison(present.scores, present.moments).faults() == []
        listed = await run(old_store, f"select * from standings where board_id = {board.id} and hidden = 0 limit 5")  # noqa: S608
        members = [row["user_id"] for row in listed]
        team_board = Ladder(await present.board(policy=board.policy, order=board.order, team=TeamRules(board.slug)))
        await present.teams.create(Player(-1, "Team of 0.1.0", None, 0), Team(-1), act)
        for user_id in members:
            await present.teams.join(-1, user_id, 0, act, transfers=False)
        assert await present.team_scores.stale(team_board, board, members) == {-1: set(members)}
        [(_, standing)] = await present.team_scores.refresh(team_board, board, -1, members)
        assert standing.score == sum(row["score"] for row in listed)
        await require_earlier_settings(old_store, present, enabled, act)


async def require_earlier_settings(dsn: str, present: Database, board: Board, act: AuditEntry) -> None:
    """Change the rank style of a board, then its name by the statement of 0.1.0, and read the board as of before."""
    changes = {"rank_style": RankStyle.SHARED, "tiers": (Tier("all"),)}
    changed = await present.scores.change_board(board.slug, lambda b: changed_board(b, changes, 9), act)
    update = old_version.statements()["update_board"]
    [row] = await run(dsn, f"select * from boards where board_id = {board.id}")  # noqa: S608
    columns = re.findall(r"(\w+) = \$\d+", update.partition("where")[0])
    await run(dsn, update, board.id, *({**row, "name": "Renamed"}[column] for column in columns))
    stored = await present.scores.board(board.slug)
    assert stored == replace(changed, name="Renamed")
    assert stored.as_of(8) == replace(stored, rank_style=board.rank_style, tiers=())


async def with_moments(present: Database, board: Board, act: AuditEntry) -> Board:
    """Enable moments: the board keeps its past standings from now on. Return the changed board."""
    enabled = replace(board, moments=Moments(30, 1))
    await present.scores.change_board(board.slug, lambda _: enabled, act)
    async with aclosing(present.scores.players_on(enabled)) as players:
        async for user_ids in players:
            await present.moments.copy_standings(enabled, user_ids)
    assert await present.moments.begin(enabled, 2)
    return enabled


async def test_notices_of_before_bundles_keep_their_deliveries(old_store: str) -> None:
    await migrate(old_store, last=33)
    for text in (
        """insert into notice_log (origin, user_id, type, board, at, body)
            values ('a', 1, 'score.improved', 'b', 5, '{}'), ('b', 2, 'score.improved', 'b', 6, '{}')""",
        """insert into endpoints (endpoint_id, url, types, boards, secret_id, created_at, created_by, position)
            values ('e', 'https://example.org', '', '', 'whs_1', 1, 'tests', 1)""",
        """insert into deliveries (endpoint_id, position, user_id, attempts, redriven, next_at)
            values ('e', 1, 1, 1, false, 9)""",
    ):
        await run(old_store, text)
    await migrate(old_store)
    async for present in opened(old_store):
        scene = on(present)
        [first, second] = (await scene.notices.after(0, 10)).notices
        [target] = await scene.endpoints.endpoints()
        work = await scene.endpoints.work(target, 10, due=10, fresh=10)
        assert ([queued.notice for queued in work.due], work.fresh) == ([first], [second])
        await scene.append(3)
        await scene.notices.purge(50, 1, 1)
        assert (await scene.endpoints.work(target, 10, due=10, fresh=10)).due == []


async def test_no_client_waits_behind_a_migration_that_a_long_transaction_blocks(old_store: str) -> None:
    """A migration may have to wait for a long transaction, such as an export. Meanwhile it must not block clients."""
    async with old_clients(old_store) as clients, long_transaction(old_store):
        migrating = asyncio.create_task(migrate(old_store))
        await until(lambda: waits_for_a_lock(old_store), "the migration to wait for a lock")
        for _ in range(3):
            await clients.progress()
        assert not migrating.done()
    assert list(await migrating) == [migrations()[number] for number in LATER]


@asynccontextmanager
async def long_transaction(dsn: str) -> AsyncIterator[None]:
    """Hold the locks of a reader on all tables that migrations change, during the block."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            for table in TABLES_USED.split(", "):
                await connection.execute(f"select from {table} limit 1")
            yield
    finally:
        await connection.close()


async def waits_for_a_lock(dsn: str) -> bool:
    """Return whether a migration waits for a lock."""
    waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return bool(await run(dsn, f"{waiting} and query ilike 'alter table%'"))


async def test_a_migration_that_cannot_get_its_locks_says_so(postgres_store: str) -> None:
    async with long_transaction(postgres_store):
        with pytest.raises(StoreUnavailable, match="0007_pending_processes"):
            await migrate(postgres_store, timeout_s=2)
    assert await migrate(postgres_store)


class Interrupted(asyncpg.Connection):
    """Connection that breaks at the statement `end`. With `begin`, only an `end` after the statement `begin` breaks it.

    With `is_sent`, the server executes `end` before the break, so that the client does not know the result.
    """

    begin, end, is_sent = "", "", False

    async def execute(self, query: str, *args: object, **options: Any) -> str:
        """Run a statement. Break the connection if the statement is `end`."""
        self.has_begun = getattr(self, "has_begun", not self.begin) or query == self.begin
        ends = self.has_begun and query == self.end
        if not ends or self.is_sent:
            status = str(await super().execute(query, *args, **options))
        if ends:
            self.terminate()
            raise ConnectionResetError
        return status


@dataclass(frozen=True)
class Interrupter:
    """Runner of migrations whose connection breaks."""

    monkeypatch: pytest.MonkeyPatch

    async def migrate(self, dsn: str, last: int, **interruption: object) -> None:
        """Migrate on a connection that breaks. `interruption` sets attributes of `Interrupted`, such as `end`."""
        broken = type("Broken", (Interrupted,), interruption)
        with self.monkeypatch.context() as patched:
            patched.setattr(asyncpg, "connect", partial(asyncpg.connect, connection_class=broken))
            with pytest.raises(StoreUnavailable):
                await migrate(dsn, last=last)


@pytest.fixture
def interrupter(monkeypatch: pytest.MonkeyPatch) -> Interrupter:
    """Runner of migrations whose connection breaks."""
    return Interrupter(monkeypatch)


def steps(number: int) -> Iterator[str]:
    """Yield the statements of a migration, and the statement that records the migration as done."""
    script = files(adapter).joinpath("migrations", migrations()[number]).read_text()
    yield from commands(script)
    yield statement("schema_migrated")


async def test_an_interrupted_migration_is_resumed(
    old_store: str, postgres_store: str, interrupter: Interrupter
) -> None:
    for number in LATER:
        await migrate(old_store, last=number - 1)
        for text in steps(number):
            await interrupter.migrate(old_store, number, end=text)
            await interrupter.migrate(old_store, number, end=text, is_sent=True)
    assert list(await migrate(old_store)) == [migrations()[LATER[-1]]]
    assert await lost_rows(old_store) == {}
    await migrate(postgres_store)
    assert (await catalog(old_store))["columns"] == (await catalog(postgres_store))["columns"]


async def test_a_migration_is_not_repeated_if_only_its_confirmation_was_lost(
    old_store: str, interrupter: Interrupter
) -> None:
    for number in LATER:
        await interrupter.migrate(old_store, number, begin=statement("schema_migrated"), end="COMMIT;", is_sent=True)
    assert list(await migrate(old_store)) == []
