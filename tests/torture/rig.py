"""Two API processes over an index and a database, with controls for all parts."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from redis import Redis

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.players import Player
from leaderforge.embedded import PostgresServer, ServerFailed, ValkeyCluster
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.torture.client import Client
from leaderforge.torture.target import Target
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.contract.store_fixtures import empty
from tests.torture import ledger
from tests.torture.challenges import OPEN_EACH
from tests.torture.citus import CitusNode, workers_of
from tests.torture.disk import SmallDisk
from tests.torture.faketime import Clock
from tests.torture.mutations import APPLICATION, VARIABLE
from tests.torture.network import Network, Relay
from tests.webhook_receiver import WebhookReceiver

BOARD, LATE_BOARD = "race", "late"
API_PROCESSES = 2

GRACE_S = 7_200
"""Time in s for which late scores count."""

INDEX_TIMEOUT_S = 0.5
"""Time limit of the API processes for the index, in s."""

EVENT_FAILURES = 0.3
"""Share of events to which the receiver answers with a failure. Half of these events are stored nevertheless."""

_ROOT = Path(__file__).parents[2]

_BOARDS: Sequence[Mapping[str, Any]] = (
    {"board": BOARD, "policy": "best", "order": "desc"},
    {"board": LATE_BOARD, "policy": "best", "order": "desc", "periods": ["season"], "season": "* * * * *"},
    *ledger.BOARDS,
)


class RelayedValkey(ValkeyCluster):
    """Cluster whose nodes announce the ports of their relays as their own. Clients therefore connect to the relays."""

    relays: Sequence[Relay] = ()

    def _spawn(self, number: int) -> None:
        self._settings = {**self._settings, "cluster-announce-port": str(self.relays[number].port)}
        super()._spawn(number)


class MutatedApi(ApiServer):
    """API process that serves a mutation: see `mutations`."""

    def start(self, settings: Mapping[str, str]) -> None:
        """Start the process with these environment variables. `wait_healthy` returns once it serves."""
        options = ["--factory", "--app-dir", str(_ROOT), "--host", self.host, "--port", str(self.port)]
        command = [sys.executable, "-m", "uvicorn", APPLICATION, *options, "--no-access-log"]
        self.process.start(command, environment={**os.environ, **settings})


class Rig:
    """Processes under test. An API process keeps its URL when it is restarted."""

    def __init__(self, directory: Path, servers: "Servers", dsn: str, nodes: int, mutation: str | None) -> None:
        self.directory, self._dsn = directory, dsn
        self.valkey, self.network = servers.valkey, servers.network
        self.postgres, self.disk = servers.postgres, servers.disk
        self.clock, self.clock_jumps = servers.clock, servers.clock_jumps
        self.workers: Sequence[CitusNode] = ()
        kind = MutatedApi if mutation else ApiServer
        self.apis = [_api(kind, directory / f"api-{number}") for number in range(API_PROCESSES)]
        urls, clock = [api.url for api in self.apis], self.clock
        self.target = Target(urls, ADMIN_KEY, SUBMIT_KEY, BOARD, shares_clock=lambda: not clock.offset_s)
        self.journal = self.target.journal
        self.receiver = WebhookReceiver(failures=EVENT_FAILURES, slowness_s=0.05)
        self.settings = {
            "LEADERFORGE_REDIS_NODES": ",".join(f"{LOOPBACK}:{relay.port}" for relay in self.network.index),
            "LEADERFORGE_POSTGRES_DSN": _at_port(dsn, self.network.database.port),
            "LEADERFORGE_NAMESPACE": "torture",
            "LEADERFORGE_PARTITIONS": str(2 * nodes),
            "LEADERFORGE_CREATE_PLAYERS": "1",
            "LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEY,
            "LEADERFORGE_ADMIN_KEYS": ADMIN_KEY,
            "LEADERFORGE_INDEX_TIMEOUT_MS": str(round(INDEX_TIMEOUT_S * 1000)),
            "LEADERFORGE_RECONCILE_MS": "1000",
            "LEADERFORGE_LATE_GRACE_MS": str(GRACE_S * 1000),
            "LEADERFORGE_SIGNING_SECRET": "s" * 40,
            "LEADERFORGE_EVENT_NETWORKS": "127.0.0.0/8",
            "LEADERFORGE_EVENT_PAUSE_MS": "50",
            "LEADERFORGE_EVENT_ATTEMPTS": "30",
            "LEADERFORGE_CHALLENGES": str(OPEN_EACH),
            "LEADERFORGE_SEGMENTS": "country",
        }
        self._mutation = {VARIABLE: mutation} if mutation else {}

    @property
    def dsn(self) -> str:
        """DSN of the database. Its port changes at a restart if another program has taken the previous port."""
        return self._dsn if self.postgres is None else self.postgres.dsn

    @property
    def partitions(self) -> int:
        """Number of partitions of the index. A changed number takes effect at the next start of an API process."""
        return int(self.settings["LEADERFORGE_PARTITIONS"])

    @partitions.setter
    def partitions(self, number: int) -> None:
        self.settings["LEADERFORGE_PARTITIONS"] = str(number)

    @property
    def _keys(self) -> IndexKeys:
        return IndexKeys(self.settings["LEADERFORGE_NAMESPACE"], self.partitions)

    def client(self, process: int, key: str = "") -> Client:
        """Return a client of one API process."""
        return self.target.client(process, key)

    def start_apis(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Start these API processes. If a process already runs, kill it first."""
        for number in processes:
            api = self.apis[number]
            api.process.kill()
            api.start(self.settings | self._mutation | dict(self.clock.environment))

    async def healthy(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Return once these API processes are healthy."""
        await asyncio.gather(*(self.apis[number].wait_healthy() for number in processes))

    def kill_apis(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """End API processes at once, as a crash would."""
        for number in processes:
            self.apis[number].process.kill()

    def freeze_index(self, nodes: Sequence[int]) -> None:
        """Freeze nodes of the index."""
        for node in nodes:
            self.valkey.pause(node)

    def thaw_index(self, nodes: Sequence[int]) -> None:
        """Resume frozen nodes of the index."""
        for node in nodes:
            self.valkey.resume(node)

    def flush(self, node: int) -> None:
        """Empty a node of the index."""
        with self._node(node) as redis:
            redis.flushall()

    def copy_index(self, nodes: Sequence[int]) -> None:
        """Make each of these nodes write a copy of its data. The next start of the node loads this copy."""
        for node in nodes:
            with self._node(node) as redis:
                redis.save()

    def restore_index(self, nodes: Sequence[int]) -> None:
        """Kill these nodes, start them from their copies, and delete the copies."""
        for node in nodes:
            self.valkey.kill(node)
        for node in nodes:
            self.valkey.restart(node, wait=False)
        self.valkey.wait_ready()
        for node in nodes:
            with self._node(node) as redis:
                (Path(redis.config_get("dir")["dir"]) / redis.config_get("dbfilename")["dbfilename"]).unlink()

    def wipe_partition(self, partition: int) -> None:
        """Delete all keys of a partition at once."""
        pattern = self._keys.meta[partition].removesuffix(b"meta").replace(b"{", rb"[{]").replace(b"}", rb"[}]") + b"*"
        for node in range(self.valkey.size):
            with self._node(node) as redis:
                names = list(redis.scan_iter(match=pattern, count=1000))
                if names:
                    redis.delete(*names)

    def index_address(self, node: int) -> str:
        """Return the address of a node in its cluster, which is the address of the node's relay."""
        return f"{LOOPBACK}:{self.network.index[node].port}"

    async def command(self, *arguments: str, kill_after_s: float | None = None) -> int | None:
        """Run a `leaderforge` command and return its exit code. Kill it after `kill_after_s` seconds."""
        program = [sys.executable, "-c", "from leaderforge.cli import main; main()", *arguments]
        environment = {**os.environ, **self.settings}
        null = asyncio.subprocess.DEVNULL
        with (self.directory / "commands.log").open("a") as log:
            process = await asyncio.create_subprocess_exec(*program, env=environment, stdout=null, stderr=log)
        try:
            return await asyncio.wait_for(process.wait(), kill_after_s)
        except TimeoutError:
            process.kill()
            return await process.wait()

    async def create_players(self, players: Sequence[int]) -> None:
        """Create players, dated to 1970, so that reconciliation does not read them as recent changes."""
        pool = Pool(self.dsn)
        try:
            users = [Player(user_id, f"player {user_id}", None, 0) for user_id in players]
            await PostgresPlayerStore(pool).create(users)
        finally:
            await pool.close()

    async def prepare(self) -> None:
        """Start the API processes, and create the boards and the endpoint of events."""
        await asyncio.to_thread(self.start_apis)
        await self.healthy()
        client = self.client(0, ADMIN_KEY)
        for board in _BOARDS:
            answer = await client.ask("POST", "/api/boards", board)
            if answer.status != 201:
                raise ServerFailed(f"board {board['board']} was refused: {answer.body}")
        await self.receiver.start()
        answer = await client.ask("POST", "/api/admin/endpoints", {"url": self.receiver.url})
        self.receiver.secrets.append(answer.body["secret"])
        client.close()

    def revive_postgres(self) -> None:
        """Start PostgreSQL again if it has ended."""
        if self.postgres is not None and not self.postgres.process.alive:
            self.postgres.restart()

    async def mend(self) -> None:
        """Restart or resume every part that a nemesis has stopped."""
        self.clock.set(0)
        self.network.mend()
        await asyncio.to_thread(self._mend_servers)
        for api in self.apis:
            if api.process.alive:
                api.process.resume()
        down = [number for number, api in enumerate(self.apis) if not api.process.alive]
        await asyncio.to_thread(self.start_apis, down)
        await self.healthy()

    def stop(self) -> None:
        """End the API processes."""
        for worker in self.workers:
            worker.resume()
            worker.start()
        for api in self.apis:
            if api.process.alive:
                api.process.resume()
            api.process.kill()

    def _node(self, node: int) -> Redis:
        """Return a client that is connected to a node of the index directly, not through its relay."""
        host, port = self.valkey.addresses[node].split(":")
        return Redis(host=host, port=int(port))

    def _mend_servers(self) -> None:
        for node in range(self.valkey.size):
            with suppress(ServerFailed):
                self.valkey.resume(node)
            if self.valkey.pids[node] is None:
                self.valkey.restart(node, wait=False)
        self.disk.free()
        self.revive_postgres()
        for worker in self.workers:
            worker.resume()
            worker.start()


def _api(kind: type[ApiServer], directory: Path) -> ApiServer:
    directory.mkdir()
    return kind(directory, directory / "api.log", host=LOOPBACK, port=free_port(), workers=1)


def _at_port(dsn: str, port: int) -> str:
    """Return the DSN for connections through the relay that listens on a port of this machine."""
    parts = urlsplit(dsn)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{LOOPBACK}:{port}"))


class Servers:
    """Servers of a rig, the relays in front of them, the disk of PostgreSQL, and the clock of API processes."""

    def __init__(self, directory: Path, nodes: int, citus: str | None) -> None:
        self.valkey = RelayedValkey(directory / "valkey", nodes=nodes)
        self.disk = SmallDisk(directory / "disk")
        self.postgres = None if citus else PostgresServer(directory / "disk" / "postgres")
        self.clock = Clock(directory / "clock")
        self.clock_jumps = False
        citus_port = urlsplit(citus).port if citus else None
        relays = [Relay(partial(self._index_port, node)) for node in range(nodes)]
        self.network = Network(relays, Relay(lambda: citus_port or (self.postgres.port if self.postgres else 0)))
        self.valkey.relays = relays

    async def start(self) -> None:
        """Start all servers and relays."""
        await self.network.start()
        if self.postgres is not None:
            await asyncio.to_thread(self.disk.mount)
        servers = [server for server in (self.valkey, self.postgres) if server is not None]
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        self.clock_jumps = await asyncio.to_thread(self.clock.can_jump)
        self.clock.jumps = 0

    async def stop(self) -> None:
        """Stop all servers and relays."""
        await self.network.close()
        self.disk.free()
        await asyncio.to_thread(self.valkey.stop)
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.stop)
        self.disk.unmount()

    def _index_port(self, node: int) -> int:
        return int(self.valkey.addresses[node].split(":")[1])


@asynccontextmanager
async def opened(directory: Path, nodes: int, citus: str | None, mutation: str | None) -> AsyncIterator[Rig]:
    """Yield a rig with an empty database, and end all its processes afterwards."""
    servers = Servers(directory, nodes, citus)
    try:
        await servers.start()
        dsn = citus or (servers.postgres.dsn if servers.postgres is not None else "")
        if citus:
            await empty(citus)
        await migrate(dsn)
        rig = Rig(directory, servers, dsn, nodes, mutation)
        if citus:
            rig.workers = await workers_of(citus)
        try:
            yield rig
        finally:
            await asyncio.to_thread(rig.stop)
            await rig.receiver.stop()
    finally:
        await servers.stop()
