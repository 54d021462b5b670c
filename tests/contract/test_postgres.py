"""PostgreSQL adapter beyond its ports: migrations, time limits, bulk loading."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from uuid import UUID

import asyncpg
import pytest

from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.errors import NodeUnavailable, Rejected
from leaderforge.adapters.postgres.migrate import SchemaTooNew, commands, migrate, migrations
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import SNAPSHOT, Connection, Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.postgres.statements import SIZES, pieces, statement
from leaderforge.domain.boards import Ladder, Order, Policy
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.domain.order import FIRST
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing, fold
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.embedded import PostgresServer
from leaderforge.services.boards import BoardService
from leaderforge.services.overlapping import for_each
from tests.conftest import OwnPostgres
from tests.contract.store_fixtures import Database, empty, on_pool, opened, submit
from tests.waiting import PATIENCE_S, until

LIMIT = 2.0
WARNING_AT_COMMIT = """
create table warned (number integer);
create function warn() returns trigger language plpgsql as
$$ begin raise warning 'failed to commit transaction on 127.0.0.1:9762'; return null; end $$;
create constraint trigger warn after insert on warned deferrable initially deferred for each row execute function warn()
"""
"""Statements that create the table `warned`. An insertion into it causes a warning at the commit, as Citus gives it."""


@asynccontextmanager
async def stores_on(server: PostgresServer, **options: float) -> AsyncIterator[Database]:
    """All stores, on a separate server, with a short time limit."""
    await migrate(server.dsn)
    pool = Pool(server.dsn, **{"timeout_s": LIMIT, "connect_timeout_s": LIMIT, **options})
    yield on_pool(pool, server.dsn, record_timeout_s=LIMIT, health_timeout_s=LIMIT)
    async with asyncio.timeout(PATIENCE_S):
        await pool.close()


async def load_without_end(begun: asyncio.Event, _: object) -> None:
    begun.set()
    await asyncio.Event().wait()


def every_call(database: Database, ladder: Ladder) -> list[Callable[[], Awaitable[object]]]:
    scores, users = database.scores, database.users

    async def stream() -> None:
        async for _ in scores.all_standings(ladder):
            pass

    async def changes() -> None:
        async for _ in scores.changed_between(0, 2**53):
            pass

    return [
        lambda: scores.record([submit(ladder, 1, 1)]),
        lambda: scores.board("default"),
        lambda: scores.standings(ladder, [1]),
        lambda: scores.window(ladder, FIRST, before=1, after=1),
        lambda: scores.key_at(ladder, 1),
        lambda: users.create([Player(2, "two", None, 0)]),
        lambda: users.get([1]),
        lambda: users.by_name(["one"]),
        stream,
        changes,
    ]


def test_scripts_are_cut_into_their_statements() -> None:
    script = "-- why;\nselect 1;\n\ndo $$\nbegin\n    perform 1;\nend\n$$;\nselect\n    2;\n"
    assert list(commands(script)) == ["select 1;", "do $$\nbegin\n    perform 1;\nend\n$$;", "select\n    2;"]
    with pytest.raises(ValueError, match="no end"):
        list(commands("select 1"))


class TestMigrate:
    async def test_again_changes_nothing(self, database: Database) -> None:
        assert list(await migrate(database.dsn)) == []

    async def test_concurrent_migrators_take_turns(self, database: Database) -> None:
        await database.pool.close()
        await empty(database.dsn)
        applied = await asyncio.gather(*(migrate(database.dsn) for _ in range(4)))
        assert sorted(name for names in applied for name in names) == list(migrations().values())
        assert await database.scores.board("default")

    async def test_a_newer_database_is_left_alone(self, database: Database) -> None:
        await database.run("insert into schema_migrations (version, name) values (9999, 'future')")
        with pytest.raises(SchemaTooNew, match="9999"):
            await migrate(database.dsn)

    async def test_a_database_without_tables_says_what_to_do(self, database: Database) -> None:
        await empty(database.dsn)
        with pytest.raises(LeaderForgeError, match="migrate"):
            await database.scores.board("default")


class TestReadOnly:
    async def test_a_server_that_refuses_all_writes_is_not_writable(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        async with stores_on(server) as database:
            assert await database.scores.is_writable()
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("alter role current_user set default_transaction_read_only = on")
        await connection.close()
        pool = Pool(server.dsn)
        store = PostgresScoreStore(pool)
        assert not await store.is_writable()
        assert await store.health() == {"postgres": True}
        await pool.close()


class TestTimeLimits:
    async def test_a_frozen_server_holds_nobody_up(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        async with stores_on(server) as database:
            await database.players(1)
            board = await database.scores.board("default")
            assert board
            ladder = Ladder(board)
            calls = every_call(database, ladder)
            server.pause()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    outcomes = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
                    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
                    assert await database.scores.health() == {"postgres": False}
                    assert not await database.scores.is_writable()
                    with pytest.raises(StoreUnavailable):
                        await Pool(server.dsn, timeout_s=LIMIT).open()
            finally:
                server.resume()
            await self.recovered(database, ladder)

    async def test_a_server_frozen_amid_calls(self, own_postgres: OwnPostgres) -> None:
        """No acknowledged submission is lost, and a retried submission counts once."""
        server = own_postgres()
        async with stores_on(server) as database:
            await database.players(*range(10))
            ladder = await database.ladder()
            sent = [[submit(ladder, i % 10, 1) for i in range(j, j + 20)] for j in range(40)]
            enough = asyncio.Event()
            acknowledged = 0

            async def record(batch: list[object]) -> None:
                nonlocal acknowledged
                outcomes = await database.scores.record(batch)
                acknowledged += sum(isinstance(outcome, Recorded) for outcome in outcomes)
                enough.set()

            tasks = [asyncio.create_task(record(list(batch))) for batch in sent]
            await enough.wait()
            server.pause()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*tasks, return_exceptions=True)
            server.resume()
            await self.recovered(database, ladder)
            standings = await database.scores.standings(ladder, range(10))
            assert sum(s.score for s in standings) >= acknowledged
            for batch in sent:
                outcomes = await database.scores.record(batch)
                assert all(isinstance(outcome, Recorded) for outcome in outcomes)
            standings = await database.scores.standings(ladder, range(10))
            assert sum(s.score for s in standings) == sum(len(batch) for batch in sent) + 1

    async def test_a_restart_needs_no_help(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        async with stores_on(server, max_size=4) as database:
            await database.players(1)
            ladder = await database.ladder()
            await asyncio.gather(*(database.scores.record([submit(ladder, 1, 1)]) for _ in range(8)))
            server.kill()
            outcomes = await asyncio.gather(*(call() for call in every_call(database, ladder)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
            server.restart()
            await self.recovered(database, ladder)

    async def test_errors_tell_no_secrets(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        password = server.dsn.split(":")[2].split("@")[0]
        for dsn in (server.dsn.replace(password, "wr0ng"), server.dsn + "-missing", "no address"):
            with pytest.raises(LeaderForgeError) as caught:
                await Pool(dsn, timeout_s=PATIENCE_S).fetch("select 1")
            told = f"{caught.value} {caught.value.details}"
            assert not any(secret in told for secret in (password, "wr0ng", "127.0.0.1", "no address"))

    async def test_a_transaction_that_a_node_of_citus_has_not_committed_is_not_acknowledged(
        self, postgres_dsn: str
    ) -> None:
        """A trigger gives the warning of Citus at a commit. The pool must report an outage despite the commit."""
        async for database in opened(postgres_dsn):
            async with database.pool.connection() as connection:
                await connection.execute(WARNING_AT_COMMIT)

            async def insert(connection: Connection) -> None:
                await connection.execute("insert into warned values (1)")

            with pytest.raises(NodeUnavailable):
                await database.pool.transact(insert)
            assert [tuple(row) for row in await database.pool.fetch("select * from warned")] == [(1,)]

    async def test_an_exhausted_pool(self, postgres_dsn: str) -> None:
        async for database in opened(postgres_dsn, max_size=1, timeout_s=LIMIT):
            async with database.pool.connection(PATIENCE_S):
                with pytest.raises(StoreUnavailable):
                    await database.scores.board("default")
            assert await database.scores.board("default")

    async def test_a_slow_statement_is_ended(self, postgres_dsn: str) -> None:
        async for database in opened(postgres_dsn, timeout_s=LIMIT):
            with pytest.raises(StoreUnavailable):
                await database.pool.fetch("select pg_sleep(60)")
            assert await database.scores.board("default")

    async def test_a_shorter_limit_holds_in_the_server_too(self, postgres_dsn: str) -> None:
        """The server must not commit a statement after the client gave up, even if other limits are longer."""
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        async for database in opened(postgres_dsn, timeout_s=60):

            async def limits(connection: Connection) -> list[str]:
                return [await connection.fetchval(f"show {name}") for name in names]

            for run in (database.pool.transact, database.pool.autocommit):
                assert await run(limits, 5) == ["5s", "5s"]
                assert await run(limits, 60) == await run(limits) == ["1min", "1min"]

    async def test_new_periods_are_stored_within_one_limit(
        self, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("leaderforge.adapters.postgres.periods.commit_limit_s", lambda _: 0.2)
        async for database in opened(postgres_dsn, timeout_s=60):
            board = await database.board(calendar=Calendar((PeriodKind.DAILY,)))
            ladders = board.ladders_at(0)
            periods = Periods(database.pool)
            async with database.pool.transaction() as connection:
                await connection.execute(statement("open_period"), board.id, ladders[0].period)
                with pytest.raises(StoreUnavailable):
                    await periods.open(ladders)
            await periods.open(ladders)
            assert list(await periods.among(ladders)) == list(ladders)

    async def test_a_change_of_a_board_is_committed_in_time_or_not_at_all(
        self, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("leaderforge.services.boards.COMMIT_LIMIT_MS", 200)
        async for database in opened(postgres_dsn, timeout_s=60):
            boards = BoardService(database.scores, lambda: 0)
            await boards.create("laps", {}, "tests")
            async with database.pool.transaction() as connection:
                await connection.execute(statement("lock_board"), "laps")
                for change in (boards.change("laps", {"name": "Laps"}, "tests"), boards.delete("laps", "tests")):
                    with pytest.raises(StoreUnavailable):
                        await change
            assert (await boards.get("laps")).name == "laps"
            assert (await boards.change("laps", {"name": "Laps"}, "tests")).name == "Laps"

    async def test_a_cancelled_call_leaves_nothing_behind(self, postgres_dsn: str) -> None:
        async for database in opened(postgres_dsn, max_size=1):
            await database.players(1)
            ladder = await database.ladder()
            for turns in range(40):
                task = asyncio.create_task(database.scores.record([submit(ladder, 1, 1)]))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            [recorded] = await database.scores.record([submit(ladder, 1, 1)])
            assert isinstance(recorded, Recorded)
            assert recorded.standing.score == recorded.standing.submissions

    async def test_a_cancelled_catch_up_gives_its_connection_back(self, postgres_dsn: str) -> None:
        async for database in opened(postgres_dsn, max_size=1, timeout_s=LIMIT):
            await database.players(1)
            await database.scores.record([submit(await database.ladder(), 1, 1)])
            changed = database.scores.changed_between(0, 2**53)
            is_loading = asyncio.Event()
            catching_up = asyncio.create_task(for_each(changed, partial(load_without_end, is_loading), at_once=1))
            await is_loading.wait()
            catching_up.cancel()
            await asyncio.wait([catching_up])
            assert await database.scores.board("default")

    async def recovered(self, database: Database, ladder: Ladder) -> None:
        submission = submit(ladder, 1, 1)

        async def records() -> bool:
            try:
                [outcome] = await database.scores.record([submission])
            except StoreUnavailable:
                return False
            assert isinstance(outcome, Recorded)
            return True

        await until(records, "the store to recover")


async def test_a_lost_node_takes_only_its_own_players_with_it(on_citus: Database) -> None:
    ladder = await on_citus.ladder()
    await on_citus.players(*range(40))
    node = "from pg_dist_node where groupid = (select min(groupid) from pg_dist_node where groupid <> 0)"
    [[port]] = await on_citus.run(f"select nodeport {node}")
    batch = [submit(ladder, i, 1) for i in range(40)]
    lose = "update pg_dist_node set nodeport = {} where groupid in (select groupid {})"
    try:
        await on_citus.run(lose.format(1, node))
        async with asyncio.timeout(PATIENCE_S):
            outcomes = await on_citus.scores.record([*batch, submit(ladder, 99, 1)])
            health = await on_citus.scores.health()
    finally:
        await on_citus.run(lose.format(port, node))
    lost = sum(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    recorded = sum(isinstance(outcome, Recorded) for outcome in outcomes)
    assert 0 < lost < 41
    assert 0 < recorded < 40
    assert lost + recorded >= 40
    assert sorted(health.values())[0] is False
    assert health["postgres"]
    again = await on_citus.scores.record(batch)
    assert sum(isinstance(outcome, Recorded) and outcome.duplicate for outcome in again) == recorded


class TestPool:
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_it_moves_on_to_another_loop(self, own_postgres: OwnPostgres) -> None:
        """Use one pool in several event loops: each invocation of an AWS Lambda function may have a new loop."""
        server = own_postgres()
        asyncio.run(migrate(server.dsn))
        pool = Pool(server.dsn)
        store = PostgresScoreStore(pool)
        for _ in range(3):
            assert asyncio.run(store.board("default"))

        async def last() -> None:
            assert await store.board("default")
            await pool.close()

        asyncio.run(last())
        gc.collect()  # collecting the connections of the closed loops must cause no error

    async def test_it_can_be_closed_and_used_again(self, postgres_dsn: str) -> None:
        async for database in opened(postgres_dsn):
            await database.pool.close()
            await database.pool.open()
            assert await database.scores.board("default")
            await database.pool.close()
            await database.pool.close()

    async def test_a_stream_whose_connection_the_server_closes_is_an_outage(self, postgres_dsn: str) -> None:
        pool = Pool(postgres_dsn)
        stream = pool.stream("select pg_backend_pid() from generate_series(1, 9)", chunk=1)
        [[process]] = await anext(stream)
        await pool.fetch("select pg_terminate_backend($1, 5000)", process)
        with pytest.raises(StoreUnavailable):
            await anext(stream)
        await pool.close()

    async def test_without_prepared_statements(self, postgres_dsn: str) -> None:
        pool = Pool(postgres_dsn, pgbouncer=True)
        store = PostgresScoreStore(pool)
        await PostgresPlayerStore(pool).create([Player(1, "one", None, 0)])
        board = await store.board("default")
        assert board
        for _ in range(3):
            [recorded] = await store.record([submit(Ladder(board), 1, 2)])
        assert isinstance(recorded, Recorded)
        assert recorded.standing.score == 6
        assert (await store.window(Ladder(board), FIRST, before=0, after=1)).total == 1
        assert [len(chunk) async for chunk in store.all_standings(Ladder(board))] == [1]
        await pool.close()


def test_rows_are_cut_into_pieces_of_few_sizes() -> None:
    for length in range(0, 1200, 7):
        cut = list(pieces(range(length)))
        assert [row for piece in cut for row in piece] == list(range(length))
        assert {len(piece) for piece in cut} <= set(SIZES)


@pytest.mark.parametrize("order", Order)
async def test_players_loaded_in_bulk_are_as_if_recorded(database: Database, order: Order) -> None:
    ladder = await database.ladder(Policy.SUM, order)
    random = Random(4)
    users = [Player(i, f"Player {i}", f"{i}@example.org" if i % 2 else None, i) for i in range(500)]
    events = [
        Event(i, UUID(int=random.getrandbits(128)), random.randint(-9, 9), random.randint(0, 9), '{"a": 1}')
        for i in range(500)
        for _ in range(3)
    ]
    standings = [fold(ladder.board, events[3 * i : 3 * i + 3]) for i in range(500)]
    rows = [(e.user_id, e.submission_id, e.score, e.achieved_at, e.metadata) for e in events]
    await copy_chunk(database.pool, ladder, users, rows, standings, 77)

    async def stored() -> dict[int, Standing]:
        return {s.user_id: s async for chunk in database.scores.all_standings(ladder) for s in chunk}

    assert await stored() == {s.user_id: s for s in standings}
    assert await database.users.get(range(500)) == {u.user_id: u for u in users}
    assert list(await database.users.with_prefix("player 499", 5)) == [users[499]]
    [again] = await database.scores.record([Submission([ladder], events[15])])
    assert isinstance(again, Recorded)
    assert again.duplicate
    with pytest.raises(Rejected):
        await copy_chunk(database.pool, ladder, [Player(1000, "new", None, 0), users[3]], [], [], 78)
    assert await database.users.get([1000]) == {}


async def test_without_a_minimum_of_submissions_a_count_reads_the_index_only(database: Database) -> None:
    ladder = await database.ladder()
    bounds = [str(number) for number in (-9, -9, -9, -9, 9, 9, 9, 9)]
    async with database.pool.transaction(SNAPSHOT) as connection:
        await connection.execute("set local enable_seqscan = off")

        async def plan(minimum: int) -> str:
            explained = "explain " + statement("counts")
            rows = await connection.fetch(explained, ladder.board.id, ladder.period, *bounds, minimum, None, 1)
            return "\n".join(row[0] for row in rows)

        assert not {"submissions", "segments"} & set(re.findall(r"\w+", await plan(1)))
        assert "(submissions >= 2)" in await plan(2)
