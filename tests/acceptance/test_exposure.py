"""Protection of a server by each documented command that starts it."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from leaderforge.embedded.ports import free_port
from tests.acceptance.api_fixtures import environment
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, ApiClient
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "functions.local:create_app")
COMMANDS: Mapping[str, Sequence[str]] = {
    "uvicorn": UVICORN,
    "uvicorn with workers": (*UVICORN, "--workers", "2"),
    "uvicorn with limits": (*UVICORN, "--http", "functions.edge.http.guarded:GuardedHttp", "--ws", "none"),
    "python -m functions.local": (sys.executable, "-m", "functions.local"),
    "leaderforge serve": (sys.executable, "-m", "leaderforge", "serve"),
}
SAMPLE = {"leaderforge serve"}
"""Command whose server gets forged addresses in `make test`. The servers of the other commands differ in few options.
"""
NEEDED = {"LEADERFORGE_REDIS_NODES": "127.0.0.1:1", "LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/none"}
STRONG = {"LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEY, "LEADERFORGE_ADMIN_KEYS": ADMIN_KEY}
TOP = "/api/boards/default/top"


def started(name: str, settings: Mapping[str, str], port: int, log: Path) -> "subprocess.Popen[bytes]":
    """Start a server by one of the commands, with only these environment settings."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("LEADERFORGE_")}
    paths = {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "LEADERFORGE_PORT": str(port)}
    options = ["--port", str(port)] if name.startswith("uvicorn") else []
    with log.open("wb") as output:
        return subprocess.Popen(
            [*COMMANDS[name], *options],
            env={**inherited, **paths, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def ended(process: "subprocess.Popen[bytes]") -> int:
    """Return the exit code of a process that ends by itself."""
    try:
        return process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def running(name: str, settings: Mapping[str, str], log: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a server that was started by one of the commands."""
    port = free_port()
    process = started(name, settings, port, log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            await _until_listening(client, process, log)
            await ApiClient(client).until_healthy()
            yield client
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


async def _until_listening(client: httpx.AsyncClient, process: "subprocess.Popen[bytes]", log: Path) -> None:
    async def answers() -> bool:
        assert process.poll() is None, log
        try:
            return (await client.get("/api/health")).status_code in {200, 503}
        except httpx.TransportError:
            return False

    await until(answers, "the server to listen")


WEAK = [
    ({"LEADERFORGE_ADMIN_KEYS": "x"}, "LEADERFORGE_ADMIN_KEYS has a key of fewer than 16 characters"),
    ({}, "LEADERFORGE_ADMIN_KEYS is required"),
    ({**STRONG, "LEADERFORGE_SUBMIT_KEYS": "changemechangeme"}, "LEADERFORGE_SUBMIT_KEYS has a key that is easy"),
]


@pytest.mark.parametrize(
    ("name", "keys", "problem"),
    [
        ("uvicorn", *WEAK[0]),
        *(pytest.param("uvicorn", *weak, marks=pytest.mark.long) for weak in WEAK[1:]),
        pytest.param("uvicorn with workers", *WEAK[0], marks=pytest.mark.long),
    ],
)
def test_a_server_whose_address_is_unknown_refuses_weak_keys(
    name: str, keys: Mapping[str, str], problem: str, tmp_path: Path
) -> None:
    process = started(name, {**NEEDED, **keys}, free_port(), tmp_path / "log")
    # With workers, uvicorn's parent process exits with 0 although its workers failed.
    assert ended(process) == (0 if "workers" in name else 3)
    assert problem in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("name", "keys", "problem"),
    [
        *(
            pytest.param("python -m functions.local", *weak, marks=() if weak is WEAK[1] else pytest.mark.long)
            for weak in WEAK
        ),
        ("leaderforge serve", *WEAK[-1]),
    ],
)
def test_a_server_of_all_addresses_refuses_weak_keys(
    name: str, keys: Mapping[str, str], problem: str, tmp_path: Path
) -> None:
    """The command of Compose makes the server listen on all addresses."""
    everywhere = {"LEADERFORGE_HOST": "0.0.0.0"}  # noqa: S104 - the server must refuse it
    process = started(name, {**NEEDED, **everywhere, **keys}, free_port(), tmp_path / "log")
    assert ended(process) == 1
    assert problem in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.long) for name in COMMANDS]
)
async def test_a_program_on_this_machine_cannot_choose_its_address(name: str, valkey, postgres, tmp_path: Path) -> None:
    settings = environment(valkey.addresses, await new_database(postgres.dsn), LEADERFORGE_ADDRESS_LIMIT="0.001:5")
    async with running(name, settings, tmp_path / "log") as client:
        statuses = [
            (await client.get(TOP, headers=_forged(f"198.51.100.{number}"))).status_code for number in range(12)
        ]
        assert statuses == [200] * 5 + [429] * 7
        assert (await client.get("/metrics")).status_code == 200
        for header in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"):
            assert (await client.get("/metrics", headers={header: "127.0.0.1"})).status_code == 401
    assert "198.51.100." not in (tmp_path / "log").read_text()


def _forged(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Forwarded": f"for={address}"}


@pytest.mark.parametrize("name", [pytest.param("uvicorn", marks=pytest.mark.long), "python -m functions.local"])
async def test_a_trusted_proxy_on_this_machine_names_the_address(name: str, valkey, postgres, tmp_path: Path) -> None:
    settings = environment(
        valkey.addresses,
        await new_database(postgres.dsn),
        LEADERFORGE_ADDRESS_LIMIT="0.001:1",
        LEADERFORGE_TRUSTED_PROXIES="127.0.0.0/8",
    )
    async with running(name, settings, tmp_path / "log") as client:
        addresses = ["198.51.100.1", "198.51.100.2", "203.0.113.5, 198.51.100.1", "198.51.100.3, 127.0.0.1"]
        statuses = [(await client.get(TOP, headers=_forged(address))).status_code for address in addresses]
        assert statuses == [200, 200, 429, 200]


LIMITED = ["uvicorn with limits", pytest.param("python -m functions.local", marks=pytest.mark.long)]
MAX_GROWTH_BYTES = 32 * 2**20


@pytest.mark.parametrize("name", LIMITED)
async def test_an_endless_head_takes_no_memory(name: str, tmp_path: Path) -> None:
    log, port = tmp_path / "log", free_port()
    process = started(name, {**NEEDED, **STRONG, "LEADERFORGE_HOST": "127.0.0.1"}, port, log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _until_listening(client, process, log)
        server = psutil.Process(process.pid)
        before = server.memory_info().rss
        for _ in range(5):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as flood:
                flood.sendall(b"GET /api/health HTTP/1.1\r\n")
                for _ in range(640):
                    flood.sendall(b"h:\r\n" * 16_000)
        assert server.memory_info().rss - before < MAX_GROWTH_BYTES
        assert "unlimited_request_heads" not in log.read_text()
    finally:
        process.terminate()
        ended(process)


async def test_a_server_without_limits_says_so(tmp_path: Path) -> None:
    log, port = tmp_path / "log", free_port()
    process = started("uvicorn", {**NEEDED, **STRONG, "LEADERFORGE_HOST": "127.0.0.1"}, port, log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _until_listening(client, process, log)
        assert "functions.edge.http.guarded:GuardedHttp" in log.read_text()
    finally:
        process.terminate()
        ended(process)


def test_a_process_raises_its_limit_of_open_files() -> None:
    source = "import resource; from leaderforge.open_files import raise_open_files; raise_open_files()"
    source += "; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    shown = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -Sn 256; exec {sys.executable} -c '{source}'"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "shared")},
    )
    assert int(shown.stdout) > 256
