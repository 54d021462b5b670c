"""Worker of Citus that hangs. It accepts connections, but does not answer."""

import signal
from asyncio import create_task, gather
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from leaderforge.adapters.postgres import workers
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.domain.submissions import Recorded
from tests.contract.store_fixtures import Database, on_pool, run, submit
from tests.waiting import PATIENCE_S, until

LIMIT_S = 5.0
"""Time limit in s of recording a batch. A single node must use only a part of this time."""
PLAYERS = range(40)


@pytest.fixture
async def impatient(on_citus: Database) -> AsyncIterator[Database]:
    """All stores, on Citus, with a short time limit."""
    async with limited(on_citus, LIMIT_S) as database:
        yield database


@asynccontextmanager
async def limited(on_citus: Database, seconds: float) -> AsyncIterator[Database]:
    pool = Pool(on_citus.dsn, timeout_s=seconds)
    database = on_pool(pool, on_citus.dsn, record_timeout_s=seconds)
    yield database
    assert isinstance(database.scores, PostgresScoreStore)
    await database.scores.close()
    await pool.close()


async def record(
    database: Database, ladder: Ladder, user_ids: Collection[int]
) -> Sequence[Recorded | LeaderForgeError]:
    return await database.scores.record([submit(ladder, user_id, 1) for user_id in user_ids])


async def node_of_one_worker(database: Database) -> tuple[str, set[int]]:
    """Return the DSN of one worker, and the ids in `PLAYERS` whose rows the worker has."""
    placements = """select user_id, groupid from unnest($1::bigint[]) as u (user_id)
        join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('standings', user_id)"""
    rows = await database.pool.fetch(placements, list(PLAYERS))
    group = min(row["groupid"] for row in rows)
    [node] = await database.pool.fetch("select nodename, nodeport from pg_dist_node where groupid = $1", group)
    [[name]] = await database.run("select current_database()")
    dsn = f"postgresql://postgres@{node['nodename']}:{node['nodeport']}/{name}"
    return dsn, {row["user_id"] for row in rows if row["groupid"] == group}


@contextmanager
def frozen(postmaster: int) -> Iterator[None]:
    """Stop all processes of a server during the block."""
    server = psutil.Process(postmaster)
    # Stop the postmaster first, because it could start further processes.
    processes = [server, *server.children()]
    try:
        for process in processes:
            send(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            send(process, signal.SIGCONT)


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a process, unless the process has ended."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


async def postmaster_of(dsn: str) -> int:
    """Return the process id of a server. Skip the test if the server is on another machine."""
    [[directory]] = await run(dsn, "select current_setting('data_directory')")
    pid_file = Path(directory) / "postmaster.pid"
    if not pid_file.exists():
        pytest.skip("the workers of the Citus cluster are not on this machine")
    return int(pid_file.read_text().split()[0])


async def test_a_hanging_node_delays_only_its_own_players_and_only_once(impatient: Database) -> None:
    ladder = await impatient.ladder()
    await impatient.players(*PLAYERS)
    dsn, lost = await node_of_one_worker(impatient)
    others = set(PLAYERS) - lost
    assert lost
    assert others
    with frozen(await postmaster_of(dsn)):
        outcomes = dict(zip(PLAYERS, await record(impatient, ladder, PLAYERS), strict=True))
        assert {i for i, outcome in outcomes.items() if isinstance(outcome, Recorded)} == others
        assert all(isinstance(outcomes[i], StoreUnavailable) for i in lost)

        async def is_circuit_open() -> bool:
            [outcome] = await record(impatient, ladder, [min(lost)])
            return isinstance(outcome, StoreUnavailable) and outcome.message.endswith("does not answer")

        await until(is_circuit_open, "the circuit of the hanging node to open")
        # The failed batch must hold no locks on the other nodes.
        assert all(isinstance(outcome, Recorded) for outcome in await record(impatient, ladder, others))

    async def is_recovered() -> bool:
        return all(isinstance(outcome, Recorded) for outcome in await record(impatient, ladder, lost))

    await until(is_recovered, "the circuit to close")


async def test_the_circuit_of_a_slow_node_stays_closed(on_citus: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overloaded machine may delay a call and the probe. If both succeed later, the node does not hang."""
    monkeypatch.setattr(workers, "_PROBE_S", PATIENCE_S)
    monkeypatch.setattr(workers, "_SLOW_SHARE", 0.001)
    async with limited(on_citus, PATIENCE_S) as database:
        ladder = await database.ladder()
        await database.players(*PLAYERS)
        dsn, slow = await node_of_one_worker(database)
        assert isinstance(database.scores, PostgresScoreStore)
        circuits = database.scores._workers
        with frozen(await postmaster_of(dsn)):
            recording = create_task(record(database, ladder, slow))
            await until(lambda: circuits._probing, "a probe of the slow node")
        assert all(isinstance(outcome, Recorded) for outcome in await recording)
        await until(lambda: not circuits._probing, "the answer to the probe")
        assert not circuits._open


async def test_reads_of_a_hanging_node_leave_connections_for_submissions(impatient: Database) -> None:
    ladder = await impatient.ladder()
    await impatient.players(*PLAYERS)
    dsn, lost = await node_of_one_worker(impatient)
    others = set(PLAYERS) - lost
    await record(impatient, ladder, others)
    with frozen(await postmaster_of(dsn)):
        reads = [create_task(impatient.users.get([user_id])) for user_id in lost]
        outcomes = await record(impatient, ladder, others)
        assert all(isinstance(outcome, Recorded) for outcome in outcomes)
        failures = await gather(*reads, return_exceptions=True)
    assert all(isinstance(failure, StoreUnavailable) for failure in failures)
