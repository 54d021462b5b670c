"""`leaderforge dev` continues to serve after the death of a part, and without disk space, a port or the index."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from leaderforge.embedded import PostgresServer
from leaderforge.embedded.ports import LOOPBACK
from leaderforge.embedded.topology import NodeClient
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.test_dev import Dev, run, stored
from tests.api_client import PLAIN_HTTP, bearer
from tests.waiting import PATIENCE_S

__all__ = ["stored"]

IMPATIENT = "import leaderforge.embedded.stack as stack; stack._INCOMPLETE_SECONDS = stack._CHECK_SECONDS = 1;"
"""Statement that makes the supervisor replace an incomplete index at once."""

WITHOUT_PAUSES = "import leaderforge.embedded.tasks as tasks; tasks._STEADY_SECONDS = 0;"
"""Statement that makes the supervisor restart a server without a pause, however often it ends."""


@pytest.fixture
def runs() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def get(dev: Dev, path: str) -> httpx.Response:
    described = dev.description
    headers = bearer(described["admin_key"])
    return httpx.get(f"{described['api']}{path}", headers=headers, timeout=10, verify=PLAIN_HTTP)


def submit(dev: Dev, score: int) -> httpx.Response:
    described = dev.description
    content = {"user_id": 1, "score": score}
    headers = bearer(described["submit_key"])
    return httpx.post(f"{described['api']}/api/scores", json=content, headers=headers, timeout=10)


def is_ok(dev: Dev) -> bool:
    """Return whether the service and all its parts are healthy."""
    with suppress(httpx.HTTPError):
        return bool(get(dev, "/api/health").json()["status"] == "ok")
    return False


def await_ok(dev: Dev) -> None:
    wait_until(lambda: is_ok(dev), PATIENCE_S, "health ok", every=0.1)


def command_lines(dev: Dev) -> str:
    """Return the command lines of the command and all its servers, as every user of the machine reads them."""
    dev.look()
    return "\n".join(" ".join(process.cmdline()) for process in [psutil.Process(dev.process.pid), *dev.family])


def with_player(dev: Dev) -> Dev:
    described = dev.description
    player = {"user_id": 1, "username": "ada"}
    headers = bearer(described["admin_key"])
    assert httpx.post(f"{described['api']}/api/users", json=player, headers=headers, timeout=10).status_code == 201
    assert submit(dev, 500).status_code == 200
    return dev


def kill(dev: Dev, part: str) -> bool:
    """Kill the processes of a part and return whether there were any.

    A process that has just been started has no command line for a moment, and is then not found.
    """
    processes = dev.named(part)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return bool(processes)


@pytest.mark.long
@pytest.mark.parametrize(("name", "part"), [("Valkey node 0", "valkey-server"), ("The API", "uvicorn")])
def test_restarts_a_part_however_often_it_dies(
    runs: ExitStack, stored: Path, tmp_path: Path, name: str, part: str
) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", "--nodes", "1", before=WITHOUT_PAUSES, stored=stored).ready())
    for deaths in range(1, 6):
        wait_until(lambda: kill(dev, part), PATIENCE_S, f"the start of {name}")
        wait_until(lambda n=deaths: dev.output.count(f"{name} ended") >= n, PATIENCE_S, f"{deaths} deaths")  # type: ignore[misc]
    await_ok(dev)
    assert submit(dev, 1).status_code == 200
    assert dev.stop() == 0


@pytest.mark.long
def test_a_broken_index_does_not_delay_the_api(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", stored=stored).ready())
    assert dev.stop() == 0
    for path in dev.data.rglob("nodes.conf"):
        path.write_text(re.sub(r" 0-5460$", "", path.read_text(), flags=re.MULTILINE))
    again = run(runs, tmp_path, "--no-demo").ready()
    assert "Valkey cluster" not in again.output  # the API serves before the index has started
    response = get(again, "/api/boards/default/top")
    assert [entry["score"] for entry in response.json()["entries"]] == [500]
    assert response.headers["x-leaderforge-source"] == "postgres"
    await_ok(again)
    assert get(again, "/api/boards/default/ranks/1").headers["x-leaderforge-source"] == "index"


@pytest.mark.long
def test_an_index_that_loses_slots_is_created_anew(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", before=IMPATIENT, stored=stored).ready())
    password = dev.description["redis_password"]
    for address in dev.description["redis"]:
        NodeClient(password)._ask(int(address.rpartition(":")[2]), "CLUSTER DELSLOTSRANGE", 0, 100)
    wait_until(lambda: "created anew" in dev.output, PATIENCE_S, "the news")
    await_ok(dev)
    assert get(dev, "/api/boards/default/ranks/1").json()["score"] == 500


def test_a_node_whose_configuration_is_cut_off_is_created_anew(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", before=IMPATIENT, stored=stored).ready())
    (dev.data / "valkey" / "node-1" / "data" / "nodes.conf").write_text("half")
    dev.named("valkey-server")[1].kill()
    wait_until(lambda: "created anew" in dev.output, PATIENCE_S, "the news")
    await_ok(dev)
    assert submit(dev, 1).status_code == 200


@pytest.mark.parametrize(
    ("part", "executable"),
    [("redis", "valkey-server"), ("postgres", "bin/postgres")],
)
@pytest.mark.long
def test_moves_a_server_whose_port_was_taken(
    runs: ExitStack, stored: Path, tmp_path: Path, part: str, executable: str
) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", "--nodes", "1", before=IMPATIENT, stored=stored).ready())
    before = dev.description[part]
    port = int(re.findall(r":(\d+)", str(before))[-1])
    server = min(dev.named(executable), key=psutil.Process.create_time)
    psutil.Process(dev.process.pid).suspend()  # the supervisor must not restart the server before the port is taken
    server.kill()
    with taken(port):
        psutil.Process(dev.process.pid).resume()
        wait_until(lambda: dev.description[part] != before, PATIENCE_S, "another port")
        await_ok(dev)
        assert submit(dev, 1).status_code == 200
    assert "Traceback" not in dev.output


@pytest.mark.long
def test_waits_for_the_port_of_the_api(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", "--nodes", "1", stored=stored).ready())
    port = int(dev.description["api"].rpartition(":")[2])
    [server] = dev.named("uvicorn")
    psutil.Process(dev.process.pid).suspend()
    server.kill()
    with taken(port):
        psutil.Process(dev.process.pid).resume()
        wait_until(lambda: dev.output.count("The API ended") >= 3, PATIENCE_S, "several attempts")
    await_ok(dev)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs root, to mount a small disk")
def test_a_full_disk_stops_writes_only_as_long_as_it_is_full(runs: ExitStack, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=0711", "tmpfs", data], check=True)
    runs.callback(subprocess.run, ["umount", "-l", data], check=True)
    dev = with_player(run(runs, tmp_path, "--no-demo").ready())
    await_ok(dev)
    ballast = data / "ballast"
    fill(ballast)
    [server] = [p for p in dev.named("bin/postgres") if "-D" in p.cmdline()]
    server.kill()  # the recovery of the server needs disk space for a new WAL segment
    wait_until(lambda: dev.output.count("PostgreSQL") >= 3, PATIENCE_S, "attempts to restart PostgreSQL")
    for process in (*dev.named("uvicorn"), *dev.named("valkey-server")[:1]):
        process.kill()
    wait_until(lambda: "The API ended" in dev.output, PATIENCE_S, "the news")
    wait_until(lambda: responds(dev), PATIENCE_S, "the API to respond")
    assert dev.process.poll() is None
    ballast.unlink()
    await_ok(dev)
    assert submit(dev, 1).status_code == 200
    assert get(dev, "/api/boards/default/ranks/1").json()["score"] == 501
    assert dev.stop() == 0


def test_the_index_demands_a_password_that_no_process_list_shows(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1", stored=stored).ready()
    described = dev.description
    host, _, port = described["redis"][0].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        stranger.sendall(b"FLUSHALL\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")
    assert "valkey-server" in command_lines(dev)
    assert described["redis_password"] not in command_lines(dev)
    await_ok(dev)
    finished = subprocess.run(
        [sys.executable, "-m", "leaderforge", "verify", "--data-dir", str(dev.data)], check=False, capture_output=True
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.long
def test_an_older_directory_gets_a_password(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = with_player(run(runs, tmp_path, "--no-demo", "--nodes", "1", stored=stored).ready())
    assert dev.stop() == 0
    path = dev.data / "keys.json"
    keys: dict[str, Any] = json.loads(path.read_text())
    previous = keys.pop("redis_password")
    path.write_text(json.dumps(keys))
    again = run(runs, tmp_path, "--no-demo", "--nodes", "1").ready()
    assert again.description["redis_password"] != previous
    assert again.description["admin_key"] == keys["admin_key"]
    assert path.stat().st_mode & 0o077 == 0
    await_ok(again)


class TestPostgres:
    def test_moves_when_its_port_was_taken(self, tmp_path: Path) -> None:
        with PostgresServer(tmp_path) as server:
            port = server.port
            server.kill()
            with taken(port):
                server.restart()
                assert server.port != port


def responds(dev: Dev) -> bool:
    with suppress(httpx.HTTPError):
        return bool(get(dev, "/api/health").status_code)
    return False


def fill(ballast: Path) -> None:
    """Fill the disk with one file, to its last block."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Listen on the port, as another program would."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(lambda: bound(other, port), PATIENCE_S, "the port")
        other.listen()
        yield


def bound(other: socket.socket, port: int) -> bool:
    try:
        other.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
