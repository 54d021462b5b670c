"""Complete product under load, and checks of its invariants. The tests break parts of the product."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from redis import Redis

from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.standings import Event
from leaderforge.embedded import PostgresServer, ServerFailed, ValkeyCluster
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.services.comparison import Verification
from tests.acceptance.conftest import new_database
from tests.acceptance.failure_load import ANSWER_S, BOARD, PLAYERS, Answer, Load, Sent
from tests.api_client import SUBMIT_KEY, bearer
from tests.delivering import Process
from tests.oracle import Line, Oracle
from tests.waiting import PATIENCE_S, until

PARTITIONS = 6
NODES = 3

INDEX = frozenset({"index"})
STORE = frozenset({"postgres"})
EITHER = INDEX | STORE

_CLIENTS = 8
"""Maximum number of retries while a node hangs. Each retry uses a new index client, which looks up the nodes."""


class Rig:
    """API process over a cluster and a database, its clients, and their acknowledged submissions."""

    def __init__(self, valkey: ValkeyCluster, postgres: PostgresServer, dsn: str, api: ApiServer) -> None:
        self.valkey, self.postgres, self.api = valkey, postgres, api
        self.acknowledged: list[Sent] = []
        self.settings = {
            "LEADERFORGE_REDIS_NODES": ",".join(valkey.addresses),
            "LEADERFORGE_POSTGRES_DSN": dsn,
            "LEADERFORGE_NAMESPACE": f"rig-{uuid4().hex[:12]}",
            "LEADERFORGE_PARTITIONS": str(PARTITIONS),
            "LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEY,
            "LEADERFORGE_HOST": api.host,
            "LEADERFORGE_PORT": str(api.port),
            "LEADERFORGE_INDEX_TIMEOUT_MS": "500",
            "LEADERFORGE_STORE_TIMEOUT_MS": "1000",
            "LEADERFORGE_RECONCILE_MS": "500",
        }
        limits = httpx.Limits(max_keepalive_connections=0)  # an idle connection to a killed server would fail on reuse
        self._http = httpx.AsyncClient(base_url=api.url, timeout=ANSWER_S, limits=limits)

    async def start_api(self) -> None:
        self.api.start(self.settings)
        await self.api.wait_healthy()

    def kill_api(self) -> None:
        self.api.process.kill()

    async def close(self) -> None:
        await self._http.aclose()
        await asyncio.to_thread(self.api.stop)

    async def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the response to a GET, or to a POST with a body. Without a response in time, the status is 0."""
        headers = bearer(SUBMIT_KEY if body else None)
        method = "POST" if body else "GET"
        try:
            reply = await self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            return Answer(path, 0, body=repr(error))
        return Answer(path, reply.status_code, reply.headers.get("x-leaderforge-source"), reply.headers, reply.json())

    async def submit(self, sent: Sent) -> Answer:
        """Send a submission once, and record whether it was acknowledged."""
        answer = await self.ask(f"{BOARD}/scores", sent.body)
        if answer.status == 200:
            self.acknowledged.append(sent)
        return answer

    async def submit_until_acknowledged(self, sent: Sent) -> None:
        async def acknowledged() -> bool:
            return (await self.submit(sent)).status == 200

        await until(acknowledged, "a submission to be acknowledged")

    async def source(self) -> str | None:
        """Read a page anew. Return the source of the answer, such as `index`, or None if the read fails."""
        return (await self.ask(f"{BOARD}/page?rank=2&limit=1")).source

    async def reads_from(self, source: str) -> None:
        async def there() -> bool:
            return await self.source() == source

        await until(there, f"reads from {source}")

    async def health(self) -> str:
        return str((await self.ask("/api/health")).body["status"])

    async def heals(self) -> None:
        """Return once the service reports good health and answers from the index."""

        async def well() -> bool:
            answer = await self.ask("/api/health")
            return answer.status == 200 and answer.body["status"] == "ok" and await self.source() == "index"

        await until(well, "everything to be well")

    async def truth(self) -> Oracle:
        """Return the oracle of all submissions. Fails unless each acknowledged submission counts exactly once."""
        connection = await asyncpg.connect(self.settings["LEADERFORGE_POSTGRES_DSN"], timeout=ANSWER_S)
        try:
            rows = await connection.fetch("select * from score_events")
        finally:
            await connection.close()
        recorded = {Sent(row["user_id"], row["submission_id"], row["score"]) for row in rows}
        assert recorded == set(self.acknowledged)
        events = [Event(r["user_id"], r["submission_id"], r["score"], r["achieved_at"], None) for r in rows]
        return Oracle(Board(1, "default", "Default"), events)

    async def is_exact(self, sources: Collection[str] = INDEX, oracle: Oracle | None = None) -> Oracle:
        """Assert that every kind of read equals the oracle and comes from one of the sources. Return the oracle."""
        oracle = oracle or await self.truth()
        chosen = random.sample(list(enumerate(oracle.lines)), 8)
        expected: list[tuple[str, Sequence[Line]]] = [(f"{BOARD}/page?rank=1&limit=1000", oracle.lines)]
        # Leave out the first page: it may come from the cache, which lags behind by up to a second.
        expected += [(f"{BOARD}/page?rank={i + 1}&limit=5", oracle.lines[i : i + 5]) for i, _ in chosen if i]
        expected += [(f"{BOARD}/around/{line.user_id}?radius=3", oracle.around(line.user_id, 3)) for _, line in chosen]
        expected += [(f"{BOARD}/ranks/{line.user_id}", [line]) for _, line in chosen]
        for answer in await asyncio.gather(*(self.ask(path) for path, _ in expected)):
            wanted = dict(expected)[answer.path]
            assert (answer.status, answer.source in sources) == (200, True), answer
            assert lines(answer.body.get("entries", [answer.body])) == wanted
            assert answer.body["total"] == oracle.total

        async def top_too() -> bool:  # poll, because the top is cached for a second
            top = await self.ask(f"{BOARD}/top?limit=1000")
            return top.source in {*sources, "cache"} and lines(top.body["entries"]) == oracle.lines

        await until(top_too, "an exact top")
        return oracle

    async def stays_exact(self, mending: Awaitable[object]) -> None:
        """Await the repair `mending`. Assert that reads from any source are exact until the service has recovered."""
        oracle = await self.truth()

        async def mended() -> None:
            await mending
            await self.heals()

        task = asyncio.create_task(mended())
        try:
            while not task.done():
                await self.is_exact(EITHER, oracle)
            await task
        finally:
            task.cancel()
        await self.is_exact(INDEX, oracle)

    async def verifies(self) -> Oracle:
        """Assert that index, database and clients agree, and that reads are exact. Return the oracle."""
        found = await self.compared()
        assert found.clean, found
        oracle = await self.is_exact()
        assert found.checked == oracle.total
        return oracle

    async def comes_to_verify(self) -> Oracle:
        """Wait until reconciliation has repaired the index after a crash of a process or node. Then call `verifies`."""

        async def clean() -> bool:
            return (await self.compared()).clean

        await until(clean, "a clean verification")
        return await self.verifies()

    async def compared(self) -> Verification:
        """Return the comparison of index and database, even while a node of the index hangs."""
        for _ in range(_CLIENTS):
            with suppress(IndexUnavailable):
                return await self._compared()
        return await self._compared()

    async def _compared(self) -> Verification:
        pool = Pool(self.settings["LEADERFORGE_POSTGRES_DSN"])
        cluster = Cluster(self.valkey.addresses, timeout_s=10)
        index = RedisIndex(cluster, partitions=PARTITIONS, namespace=self.settings["LEADERFORGE_NAMESPACE"])
        try:
            return await Process(PostgresScoreStore(pool), PostgresPlayerStore(pool), index).maintain.verify()
        finally:
            await cluster.close()
            await pool.close()

    async def command(self, name: str) -> tuple[int | None, str]:
        """Run a `leaderforge` command and return its exit code and its output."""
        program = [sys.executable, "-c", "from leaderforge.cli import main; main()", name]
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, **self.settings}
        process = await asyncio.create_subprocess_exec(*program, stdout=pipe, stderr=pipe, env=environment)
        output, errors = await process.communicate()
        return process.returncode, (output + errors).decode()

    @asynccontextmanager
    async def load(self) -> AsyncIterator[Load]:
        """Submit and read during the block. At the end of the block, every submission has been acknowledged."""
        load = Load(self.ask, self.submit)
        tasks = [asyncio.create_task(client()) for client in (*[load.write] * 4, *[load.read] * 2)]
        try:
            yield load
            load.over = True
            await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def lines(entries: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return entries in the form of the oracle's lines, to compare the two."""
    assert all(entry["username"] == f"player {entry['user_id']}" for entry in entries)
    columns = ("rank", "user_id", "score", "submissions")
    return [Line(*(e[name] for name in columns), _milliseconds(e["achieved_at"]), e["metadata"]) for e in entries]


@contextmanager
def node(valkey: ValkeyCluster, number: int) -> Iterator[Any]:
    """Yield a client of one node."""
    host, port = valkey.addresses[number].split(":")
    with Redis(host=host, port=int(port)) as client:
        yield client


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NewRig = Callable[..., Awaitable[Rig]]
"""Function that creates a rig, optionally on another cluster or with other settings."""


@pytest.fixture(scope="module")
def servers(
    no_process_left: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ValkeyCluster, PostgresServer]]:
    """Servers for the tests of a module. The tests may break them."""
    valkey, postgres = tmp_path_factory.mktemp("valkey"), tmp_path_factory.mktemp("postgres")
    with ValkeyCluster(valkey, nodes=NODES) as cluster, PostgresServer(postgres) as server:
        yield cluster, server


@pytest.fixture
async def new_rig(servers: tuple[ValkeyCluster, PostgresServer], tmp_path: Path) -> AsyncIterator[NewRig]:
    """Factory of rigs over an empty database and index. After the test, the factory restarts stopped parts."""
    shared_valkey, postgres = servers
    rigs: list[Rig] = []

    async def make(valkey: ValkeyCluster | None = None, **settings: str) -> Rig:
        (tmp_path / "api").mkdir()
        api = ApiServer(tmp_path / "api", tmp_path / "api.log", host=LOOPBACK, port=free_port(), workers=1)
        dsn = await new_database(postgres.dsn)
        connection = await asyncpg.connect(dsn)
        await connection.executemany(
            "insert into users (user_id, username, created_at) values ($1, $2, 0)",
            [(i, f"player {i}") for i in PLAYERS],
        )
        await connection.close()
        rig = Rig(valkey or shared_valkey, postgres, dsn, api)
        rig.settings |= settings
        rigs.append(rig)
        if rig.settings["LEADERFORGE_RECONCILE_MS"] == "0":
            assert (await rig.command("rebuild"))[0] == 0
        await rig.start_api()
        await rig.heals()
        return rig

    yield make
    for rig in rigs:
        await rig.close()
    await asyncio.to_thread(_mend, *servers)


def _mend(valkey: ValkeyCluster, postgres: PostgresServer) -> None:
    for number in range(valkey.size):
        with suppress(ServerFailed):
            valkey.resume(number)
        if valkey.pids[number] is None:
            valkey.restart(number, wait=False)
    valkey.wait_ready()
    with suppress(ServerFailed):
        postgres.resume()
    if postgres.pid is None:
        postgres.restart()
