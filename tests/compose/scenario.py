"""docker-compose.yml on an engine in a network of its own: a fresh start, and everything that broke later starts."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from leaderforge.embedded.waiting import wait_until
from tests.compose.engine import Engine
from tests.compose.images import ROOT

PROJECT = "leaderforge-test"
PASSWORD = "a/b#c?d%1@e"
URL = "http://127.0.0.1:8080"
READY_S = 120
REQUESTS = 200
_KEY = {"Authorization": "Bearer try-operating-here"}
_NETWORK = f"{PROJECT}_leaderforge"


class Deployment:
    """The services of docker-compose.yml, and a client that reaches them through nginx."""

    def __init__(self, engine: Engine, client: httpx.Client) -> None:
        self.engine, self.client = engine, client
        self.score = 0

    def compose(self, *arguments: str) -> None:
        """Run docker-compose. Raises `CalledProcessError` if it fails."""
        files = ("--file", str(ROOT / "docker-compose.yml"), "--file", str(ROOT / "tests" / "compose" / "override.yml"))
        command = ["docker-compose", "--project-name", PROJECT, "--project-directory", str(ROOT), *files, *arguments]
        self.engine.run(command, POSTGRES_PASSWORD=PASSWORD)

    def up(self) -> None:
        """Start all services, and wait until the API answers through nginx with a complete index."""
        self.compose("up", "--detach", "--no-build")
        wait_until(self._is_ready, READY_S, "the API behind nginx, with a complete index")

    def container(self, service: str) -> str:
        """Return the id of the service's container. Names differ between versions of docker-compose."""
        labels = (f"label=com.docker.compose.project={PROJECT}", f"label=com.docker.compose.service={service}")
        filters = [part for label in labels for part in ("--filter", label)]
        [container] = self.engine.docker("ps", "--all", "--quiet", *filters).split()
        return container

    def inspect(self, service: str) -> Mapping[str, Any]:
        """Return the engine's description of the service's container."""
        [description] = json.loads(self.engine.docker("inspect", self.container(service)))
        return dict(description)

    def address(self, service: str) -> str:
        return str(self.inspect(service)["NetworkSettings"]["Networks"][_NETWORK]["IPAddress"])

    def log(self, service: str) -> str:
        return log_of(self.engine, self.container(service))

    def submit(self) -> int:
        """Submit one point for player 1. Return the status."""
        status = self.client.post("/api/scores", json={"user_id": 1, "score": 1}).status_code
        self.score += status == httpx.codes.OK
        return status

    def check_score(self) -> None:
        """Fail if player 1 has another score than the acknowledged one."""
        entry = self.client.get("/api/leaderboard/rank/1").json()
        assert (entry["rank"], entry["score"]) == (1, self.score), entry

    def _is_ready(self) -> bool:
        try:
            health = self.client.get("/api/health")
            return bool(health.status_code == httpx.codes.OK and health.json()["status"] == "ok")
        except (httpx.HTTPError, ValueError):
            return False


def fresh_start(deployment: Deployment) -> None:
    """Start from nothing, with a password of special characters, and use each kind of call."""
    deployment.up()
    client = deployment.client
    assert client.post("/api/users", json={"user_id": 1, "username": "ada"}).status_code == httpx.codes.CREATED
    assert deployment.submit() == httpx.codes.OK
    deployment.check_score()
    page = client.get("/")
    assert "<head>" in page.text
    assert page.headers.get_list("Cache-Control") == ["no-cache"]
    assert client.get("/api/leaderboard/top").headers.get_list("Cache-Control") != []
    with client.stream("GET", "/api/boards/default/stream") as stream:
        assert any(line.startswith("data:") for line in stream.iter_lines())
    export = client.get("/api/boards/default/export", headers={"Accept": "text/csv"})
    assert export.status_code == httpx.codes.OK, export.text
    batch = [{"user_id": 1, "score": 0, "metadata": {"text": "x" * 1500}} for _ in range(1000)]
    answer = client.post("/api/boards/default/scores/batch", json={"submissions": batch})
    assert answer.status_code == httpx.codes.OK, answer.text


def limits_in_force(deployment: Deployment) -> None:
    """Check users, read-only roots, capabilities and memory limits."""
    for service in ("api", "maintenance", "frontend"):
        container = deployment.inspect(service)
        assert container["HostConfig"]["ReadonlyRootfs"], service
        assert container["HostConfig"]["Memory"], service
        assert container["HostConfig"]["CapDrop"] == ["ALL"], service
        assert container["Config"]["User"] not in {"", "root", "0"}, service


def stop_and_up(deployment: Deployment) -> None:
    """Stop all services and start them again. PostgreSQL must shut down cleanly, and no data may be lost."""
    deployment.compose("stop")
    for service in ("citus-coordinator", "citus-worker-1", "citus-worker-2"):
        assert deployment.inspect(service)["State"]["ExitCode"] == 0, service
    deployment.up()
    assert "not properly shut down" not in deployment.log("citus-coordinator")
    deployment.check_score()


def down_and_up_in_another_subnet(deployment: Deployment) -> None:
    """Delete the containers and their network, let another network take the subnet, and start again."""
    before = deployment.address("valkey-1")
    [network] = json.loads(deployment.engine.docker("network", "inspect", _NETWORK))
    deployment.compose("down")
    deployment.engine.docker("network", "create", "--subnet", network["IPAM"]["Config"][0]["Subnet"], "other")
    deployment.up()
    assert deployment.address("valkey-1") != before
    deployment.check_score()


def another_address_of_the_api(deployment: Deployment) -> None:
    """Replace the container of the API, while another one occupies an address. nginx must follow."""
    before = deployment.address("api")
    deployment.compose("rm", "--stop", "--force", "api")
    options = ("--detach", "--network", _NETWORK)
    other = deployment.engine.docker("run", *options, "leaderforge/api:local", "sleep", "600").strip()
    deployment.up()
    assert deployment.address("api") != before
    deployment.engine.docker("rm", "--force", other)


def kill_of_a_primary(deployment: Deployment) -> None:
    """Kill a node of the index during requests. None may fail."""
    deployment.engine.docker("kill", "--signal", "KILL", deployment.container("valkey-1"))
    failed = [status for _ in range(REQUESTS) if (status := deployment.submit()) != httpx.codes.OK]
    assert not failed, failed
    deployment.check_score()


def kill_of_the_coordinator(deployment: Deployment) -> None:
    """Kill the database. Submissions must succeed again without a command, once the engine has restarted it."""
    pid = deployment.inspect("citus-coordinator")["State"]["Pid"]
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    wait_until(lambda: deployment.submit() == httpx.codes.OK, READY_S, "an accepted submission")
    deployment.check_score()


STEPS: Sequence[Callable[[Deployment], None]] = (
    fresh_start,
    limits_in_force,
    stop_and_up,
    another_address_of_the_api,
    kill_of_a_primary,
    kill_of_the_coordinator,
    down_and_up_in_another_subnet,
)


def main() -> None:
    """Run all steps on an engine with its data in the directory of the argument."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    engine = Engine(Path(sys.argv[1]))
    with engine.running(), httpx.Client(base_url=URL, headers=_KEY, timeout=30) as client:
        deployment = Deployment(engine, client)
        clean(engine)
        try:
            for step in STEPS:
                began = time.monotonic()
                step(deployment)
                print(f"{step.__name__}: {time.monotonic() - began:.1f} s", flush=True)  # noqa: T201 - its output
        finally:
            (engine.directory / "services.log").write_text(logs(engine))
            clean(engine)


def clean(engine: Engine) -> None:
    """Delete all containers, volumes and networks, of an interrupted run too. Images stay."""
    containers = engine.docker("ps", "--all", "--quiet").split()
    if containers:
        engine.docker("rm", "--force", "--volumes", *containers)
    engine.docker("system", "prune", "--force", "--volumes")


def logs(engine: Engine) -> str:
    """Return the log of each container."""
    names = engine.docker("ps", "--all", "--format", "{{.Names}}").split()
    return "\n".join(f"== {name}\n{log_of(engine, name)}" for name in names)


def log_of(engine: Engine, name: str) -> str:
    ended = subprocess.run(
        ["docker", "logs", name], env=engine.environment, capture_output=True, text=True, check=False
    )
    return ended.stdout + ended.stderr


if __name__ == "__main__":
    main()
