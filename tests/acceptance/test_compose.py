"""docker-compose.yml: it is valid, opens no port to other machines, and its commands work outside containers."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import yaml

from leaderforge.embedded.ports import free_node_ports, free_port
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import valkey_server
from tests.acceptance.conftest import new_database
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
ONCE = {"citus-setup", "valkey-setup", "migrate"}
DEFAULTS = re.compile(r"\$\{\w+:-([^}]*)\}")


@pytest.fixture(scope="module")
def services() -> Mapping[str, Any]:
    """Services, with the defaults of the variables in .env."""
    text = DEFAULTS.sub(r"\1", FILE.read_text())
    found: Mapping[str, Any] = yaml.safe_load(text)["services"]
    return found


def composer() -> list[str] | None:
    """Return the command of Docker Compose on this machine, None if it is not installed."""
    for command in (["docker-compose"], ["docker", "compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            return command
    return None


def test_compose_accepts_it() -> None:
    command = composer()
    if command is None:
        pytest.skip("there is neither docker-compose nor docker compose to ask")
    subprocess.run([*command, "--file", FILE, "config", "--quiet"], check=True)


def test_every_image_is_pinned(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].rpartition(":")
        assert tag
        assert "latest" not in tag, name
    for dockerfile in (ROOT / "deploy" / "images").glob("*.Dockerfile"):
        for image in re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE):
            assert ":" in image
            assert "latest" not in image, dockerfile


def test_every_service_is_watched_limited_and_closed(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name not in ONCE:
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert "healthcheck" in service or name == "maintenance", name


@contextmanager
def running(command: list[str], environment: Mapping[str, str], directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service's command with its environment.

    End the service by a signal, as a container engine does. Fails if it does not end in time.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {**kept, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", **environment}
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(command, env=given, cwd=directory, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def native(command: list[str]) -> list[str]:
    return [sys.executable if part == "python" else part for part in command]


async def test_the_api_and_the_worker_run_by_its_commands(
    services: Mapping[str, Any], valkey, postgres, tmp_path: Path
) -> None:
    here = {
        "LEADERFORGE_REDIS_NODES": ",".join(valkey.addresses),
        "LEADERFORGE_NAMESPACE": "test-compose",
        "LEADERFORGE_POSTGRES_DSN": await new_database(postgres.dsn),
    }
    migrate, api, maintenance = ({**services[one]["environment"], **here} for one in ("migrate", "api", "maintenance"))
    with running(native(services["migrate"]["command"]), migrate, tmp_path) as migrating:
        assert migrating.wait(60) == 0, (tmp_path / "log").read_text()
    port = str(free_port())
    with ExitStack() as stack:
        # Listen on loopback only, because outside a container other machines could connect.
        local = {**api, "LEADERFORGE_HOST": "127.0.0.1", "LEADERFORGE_PORT": port}
        stack.enter_context(running(native(services["api"]["command"]), local, tmp_path))
        stack.enter_context(running(native(services["maintenance"]["command"]), maintenance, tmp_path))
        wait_until(
            lambda: healthy(f"http://127.0.0.1:{port}"), PATIENCE_S, "the API, and the worker to build the index"
        )
        played(f"http://127.0.0.1:{port}", api["LEADERFORGE_SUBMIT_KEYS"], tmp_path)


def healthy(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/api/health", timeout=5).json()["status"] == "ok")
    except httpx.HTTPError:
        return False


def played(url: str, key: str, directory: Path) -> None:
    """Run Locust for three seconds. Fails if one of its calls failed."""
    options = ["--headless", "--users", "2", "--spawn-rate", "2", "--run-time", "3s", "--host", url, "--only-summary"]
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "tests/load/locustfile.py"), *options]
    environment = {**os.environ, "LEADERFORGE_SUBMIT_KEY": key}
    done = subprocess.run(command, env=environment, cwd=directory, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_index_node_runs_by_its_command(services: Mapping[str, Any], tmp_path: Path) -> None:
    [port] = free_node_ports(1)
    command = [str(valkey_server()), *services["valkey-1"]["command"][1:]]
    command[command.index("/data")] = str(tmp_path)
    with running([*command, "--port", str(port), "--bind", "127.0.0.1"], {}, tmp_path):
        client = redis.Redis(port=port)
        wait_until(lambda: pings(client), PATIENCE_S, "the node")
        assert client.info("cluster")["cluster_enabled"] == 1
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.close()


def pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
