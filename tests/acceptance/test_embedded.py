"""Embedded servers: start, stop, failure and restart."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg
import psutil
import pytest
from redis import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster

from leaderforge.embedded import AlreadyRunning, PostgresServer, ServerFailed, ValkeyCluster
from leaderforge.embedded.errors import Aborted
from leaderforge.embedded.ports import LOOPBACK
from leaderforge.embedded.tree import lives
from leaderforge.embedded.waiting import wait_until
from tests.conftest import OwnPostgres, OwnValkey
from tests.waiting import PATIENCE_S

HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
SLOTS_OF_THREE = ["0-5460", "5461-10921", "10922-16383"]


@asynccontextmanager
async def client(cluster: ValkeyCluster) -> AsyncIterator[RedisCluster]:
    nodes = [ClusterNode(host, int(port)) for host, port in (address.split(":") for address in cluster.addresses)]
    connected = RedisCluster(startup_nodes=nodes, decode_responses=True, socket_timeout=1)
    try:
        yield connected
    finally:
        await connected.aclose()


async def slots(cluster: ValkeyCluster) -> list[str]:
    async with client(cluster) as redis:
        nodes: Any = await redis.cluster_nodes()
    return ["-".join(nodes[address]["slots"][0]) for address in cluster.addresses if nodes[address]["slots"]]


def role(cluster: ValkeyCluster, node: int) -> str:
    with Redis(host=LOOPBACK, port=int(cluster.addresses[node].split(":")[1]), decode_responses=True) as redis:
        return str(redis.execute_command("ROLE")[0])


def may_have_huge_pages(pid: int) -> bool:
    """Return whether the kernel may give huge pages to a process.

    Whether it does give them depends on how fragmented the memory of the machine is.
    """
    return re.search(r"^THPeligible:\s+1$", Path(f"/proc/{pid}/smaps").read_text(), re.M) is not None


async def query(server: PostgresServer, statement: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def listening(pid: int) -> set[str]:
    found = psutil.Process(pid).net_connections("inet")
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def family(*pids: int | None) -> list[psutil.Process]:
    return [one for pid in pids if pid for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]


class TestValkey:
    async def test_primaries_share_the_slots_evenly_and_in_order(self, own_valkey: OwnValkey) -> None:
        cluster = own_valkey()
        assert await slots(cluster) == SLOTS_OF_THREE
        assert all(pid and listening(pid) == {LOOPBACK} for pid in cluster.pids)

    async def test_second_start_is_warm(self, tmp_path: Path) -> None:
        cluster = ValkeyCluster(tmp_path)
        with cluster:
            addresses = cluster.addresses
            async with client(cluster) as redis:
                for i in range(100):  # connect one at a time, because concurrent attempts fail on a busy machine
                    await redis.set(f"key{i}", i)
        with ValkeyCluster(tmp_path) as again:
            assert again.addresses == addresses
            async with client(again) as redis:
                assert [await redis.get(f"key{i}") for i in range(100)] == [str(i) for i in range(100)]

    async def test_a_crash_empties_a_node_rather_than_bringing_back_old_data(self, tmp_path: Path) -> None:
        with ValkeyCluster(tmp_path, nodes=1) as cluster:
            async with client(cluster) as redis:
                await redis.set("key", "old")
        with ValkeyCluster(tmp_path, nodes=1) as cluster:
            async with client(cluster) as redis:
                assert await redis.get("key") == "old"
            cluster.kill(0)
            cluster.restart(0)
            async with client(cluster) as redis:
                assert await redis.get("key") is None

    async def test_is_made_anew_in_another_shape_and_on_taken_ports(self, tmp_path: Path) -> None:
        with ValkeyCluster(tmp_path, nodes=2) as cluster:
            async with client(cluster) as redis:
                await redis.set("key", "value")
        taken = cluster.addresses[1]
        with socket.create_server((LOOPBACK, int(taken.split(":")[1]))), ValkeyCluster(tmp_path, nodes=2) as moved:
            assert taken not in moved.addresses
            async with client(moved) as redis:
                assert await redis.get("key") is None
        with ValkeyCluster(tmp_path, nodes=3) as grown:
            assert await slots(grown) == SLOTS_OF_THREE

    @pytest.mark.parametrize(
        "damaged", ["node-0/data/nodes.conf", pytest.param("node-1/data/dump.rdb", marks=pytest.mark.long)]
    )
    async def test_a_damaged_directory_does_not_keep_it_from_starting(self, tmp_path: Path, damaged: str) -> None:
        with ValkeyCluster(tmp_path, nodes=2) as cluster:
            pass
        (tmp_path / damaged).write_text("half")
        with cluster:
            assert await slots(cluster) == ["0-8191", "8192-16383"]

    async def test_a_replica_takes_over(self, own_valkey: OwnValkey) -> None:
        cluster = own_valkey(nodes=3, replicas=1)
        assert len(cluster.addresses) == 6
        async with client(cluster) as redis:
            await redis.set("key", "value")
            await redis.wait(1, 5000, target_nodes=RedisCluster.PRIMARIES)
            slot = redis.keyslot("key")
            primary = next(node for node in range(3) if slot < (node + 1) * 16384 // 3)
            cluster.kill(primary)
            await asyncio.to_thread(wait_until, lambda: role(cluster, 3 + primary) == "master", 20, "a failover")
            cluster.restart(primary)
            assert await redis.get("key") == "value"

    async def test_a_paused_node_accepts_connections_and_never_answers(self, own_valkey: OwnValkey) -> None:
        cluster = own_valkey(nodes=1)
        cluster.pause(0)
        host, port = cluster.addresses[0].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"PING\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.3)
        cluster.resume(0)
        assert await reader.readline() == b"+PONG\r\n"
        writer.close()
        cluster.pause(0)
        cluster.stop()
        assert cluster.pids == [None]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a node as another user")
    def test_a_node_that_root_starts_does_not_run_as_root(self, own_valkey: OwnValkey) -> None:
        [pid] = own_valkey(nodes=1).pids
        assert psutil.Process(pid).uids().effective != 0

    @pytest.mark.skipif(
        not HUGE_PAGES.exists() or "[never]" in HUGE_PAGES.read_text(), reason="the kernel gives no huge pages"
    )
    async def test_the_heap_of_each_node_may_have_huge_pages(self, own_valkey: OwnValkey) -> None:
        nodes = 6
        cluster = own_valkey(nodes=nodes)
        async with client(cluster) as redis:
            for key in {redis.keyslot(key) * nodes // 16384: key for key in map(str, range(64))}.values():
                await redis.set(key, bytes(2**23))
        assert [pid is not None and may_have_huge_pages(pid) for pid in cluster.pids] == [True] * nodes

    def test_its_directory_has_one_owner(self, tmp_path: Path) -> None:
        with ValkeyCluster(tmp_path, nodes=1) as cluster:
            with pytest.raises(AlreadyRunning, match=str(os.getpid())):
                ValkeyCluster(tmp_path, nodes=1).start()
            assert cluster.pids != [None]

    def test_a_start_can_be_given_up(self, tmp_path: Path) -> None:
        cluster, outcome = ValkeyCluster(tmp_path), []

        def start() -> None:
            with pytest.raises(Aborted):
                cluster.start()
            outcome.append(cluster.pids)

        thread = Thread(target=start)
        thread.start()
        wait_until(lambda: any(cluster.pids), PATIENCE_S, "a node")
        cluster.abort()
        thread.join(10)
        assert outcome == [[None, None, None]]

    @pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs a redis-server on the PATH")
    async def test_runs_another_server(self, own_valkey: OwnValkey) -> None:
        cluster = own_valkey(nodes=2, replicas=1, executable=Path(str(shutil.which("redis-server"))))
        assert await slots(cluster) == ["0-8191", "8192-16383"]

    def test_says_why_a_server_does_not_start(self, tmp_path: Path) -> None:
        with pytest.raises(ServerFailed, match="Valkey node 0 ended unexpectedly"):
            ValkeyCluster(tmp_path, nodes=1, executable=Path("/bin/false")).start()

    @pytest.mark.parametrize("nodes", [0, 13])
    def test_refuses_other_numbers_of_nodes(self, tmp_path: Path, nodes: int) -> None:
        with pytest.raises(ValueError, match="1 to 12"):
            ValkeyCluster(tmp_path, nodes=nodes)


class TestPostgres:
    async def test_is_reached_by_its_password_only_and_from_here(self, postgres: PostgresServer) -> None:
        assert await query(postgres, "select current_user") == "leaderforge"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.dsn, password="guess")
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(postgres.dsn, user="postgres")
        assert postgres.pid is not None
        assert listening(postgres.pid) == {LOOPBACK}
        assert (postgres.directory / "password").stat().st_mode & 0o777 == 0o600

    async def test_runs_without_privileges(self, postgres: PostgresServer) -> None:
        assert await query(postgres, "select rolsuper from pg_roles where rolname = current_user") is False
        assert postgres.pid is not None
        assert psutil.Process(postgres.pid).uids().effective != 0

    async def test_is_set_up_well(self, postgres: PostgresServer) -> None:
        wanted = {"synchronous_commit": "on", "jit": "off", "data_checksums": "on"}
        assert {name: await query(postgres, f"show {name}") for name in wanted} == wanted
        assert await query(postgres, "select 'a' > 'B' and 'ä' > 'z'") is True
        buffers = await query(postgres, "select pg_size_bytes(current_setting('shared_buffers'))")
        assert buffers == min(1024, psutil.virtual_memory().total // 4 // 2**20) * 2**20

    async def test_second_start_finds_everything_as_it_was(self, tmp_path: Path) -> None:
        server = PostgresServer(tmp_path)
        with server:
            await query(server, "create table kept as select 42 as number")
            dsn = server.dsn
        with PostgresServer(tmp_path) as again:
            assert again.dsn == dsn
            assert await query(again, "select number from kept") == 42
        with PostgresServer(tmp_path, database="other") as other:
            assert await query(other, "select current_database()") == "other"

    async def test_takes_the_next_port_when_its_own_is_taken(self, tmp_path: Path) -> None:
        with PostgresServer(tmp_path) as server:
            port = server.port
        with socket.create_server((LOOPBACK, port)), PostgresServer(tmp_path, port=port) as moved:
            assert moved.port > port
            assert await query(moved, "select 1") == 1

    async def test_loses_nothing_committed_in_a_crash(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        await query(server, "create table kept as select 42 as number")
        before = family(server.pid)
        server.kill()
        assert not any(map(lives, before))
        server.restart()
        assert await query(server, "select number from kept") == 42

    async def test_starts_again_beside_a_backend_that_survived_its_server(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        connection = await asyncpg.connect(server.dsn)
        backend = psutil.Process(connection.get_server_pid())
        busy = asyncio.create_task(connection.execute("select count(*) from generate_series(1, 1000000000)"))
        await asyncio.to_thread(wait_until, lambda: backend.cpu_times().user > 0.05, 5, "a busy backend")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.restart()
        assert not lives(backend)
        assert await query(server, "select 1") == 1
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await busy

    async def test_stops_while_frozen_and_with_clients(self, own_postgres: OwnPostgres) -> None:
        server = own_postgres()
        connection = await asyncpg.connect(server.dsn)
        server.pause()
        with pytest.raises(TimeoutError):
            await connection.fetchval("select 1", timeout=0.3)
        before = family(server.pid)
        server.stop()
        assert not any(map(lives, before))
        connection.terminate()

    def test_half_made_directories_do_not_keep_it_from_starting(self, tmp_path: Path) -> None:
        for name in ("data", "data.partial"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "base").write_text("half")
        with PostgresServer(tmp_path) as server:
            assert server.pid
        assert [path.name for path in tmp_path.glob("data.unusable-*/*")] == ["base"]
        assert not (tmp_path / "data.partial").exists()

    def test_a_start_that_is_given_up_leaves_no_data_directory(self, tmp_path: Path) -> None:
        server, outcome = PostgresServer(tmp_path), []

        def start() -> None:
            with pytest.raises(Aborted):
                server.start()
            outcome.append(server.data.exists())

        thread = Thread(target=start)
        thread.start()
        wait_until((tmp_path / "data.partial" / "base").exists, PATIENCE_S, "initdb at work")
        server.abort()
        thread.join(10)
        assert outcome == [False]
        with PostgresServer(tmp_path):
            pass

    async def test_the_pid_of_a_stranger_in_its_lock_file_does_not_matter(self, tmp_path: Path) -> None:
        with PostgresServer(tmp_path) as server:
            assert server.pid is not None
            lock = (server.data / "postmaster.pid").read_text()
        (server.data / "postmaster.pid").write_text(lock.replace(str(server.pid), str(os.getpid()), 1))
        with server:
            assert await query(server, "select 1") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no death signal")
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import pathlib, signal; from leaderforge.embedded import PostgresServer, ValkeyCluster;"
        f"directory = pathlib.Path({str(tmp_path)!r});"
        "valkey = ValkeyCluster(directory / 'valkey', nodes=1); valkey.start();"
        "postgres = PostgresServer(directory / 'postgres'); postgres.start();"
        "print(*valkey.pids, postgres.pid, flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        servers = family(*map(int, supervisor.stdout.readline().split()))
        assert len(servers) > 2
        supervisor.kill()
    wait_until(lambda: not any(map(lives, servers)), PATIENCE_S, "the end of the servers")
    with ValkeyCluster(tmp_path / "valkey", nodes=1), PostgresServer(tmp_path / "postgres"):
        pass
