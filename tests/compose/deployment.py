"""The services of docker-compose.yml as the test deploys them, and access to their containers."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from leaderforge.embedded.waiting import wait_until
from tests.comparing_calls import SEGMENTS
from tests.compose.engine import Engine
from tests.compose.images import BASE, CITUS, ROOT

PROJECT = "leaderforge-test"
PASSWORD = "a/b#c?d%1@e"
URL = "http://127.0.0.1:8080"
KEY = {"Authorization": "Bearer try-operating-here"}
NETWORK = f"{PROJECT}_leaderforge"
READY_S = 300
POINTS = 10_000
"""Points of one submission of player 1. They suffice for the lead."""
_WITHOUT_CITUS = Path(__file__).parent / "override.yml"


class Deployment:
    """The services of docker-compose.yml, and a client that reaches them through nginx."""

    def __init__(self, engine: Engine, client: httpx.Client) -> None:
        self.engine, self.client = engine, client
        self.score = 0

    def compose(self, *arguments: str) -> None:
        """Run docker-compose. Raises `CalledProcessError` if it fails."""
        files = [ROOT / "docker-compose.yml", *([] if CITUS else [_WITHOUT_CITUS])]
        command = ["docker-compose", "--project-name", PROJECT, "--project-directory", str(ROOT)]
        options = [option for file in files for option in ("--file", str(file))]
        self.engine.run([*command, *options, *arguments], POSTGRES_PASSWORD=PASSWORD, LEADERFORGE_SEGMENTS=SEGMENTS)

    def up(self, *profiles: str) -> None:
        """Start all services, also the services of the profiles. Wait until the API answers with a complete index."""
        selection = [f"--profile={profile}" for profile in profiles]
        self.compose(*selection, "up", "--detach", "--no-build")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the API answers through nginx with a complete index."""
        wait_until(self._is_ready, READY_S, "the API behind nginx, with a complete index", every=0.2)

    def replace(self, service: str, *options: str) -> None:
        """Replace the container of one service by a container of the present image. Wait until it is healthy."""
        self.compose("up", "--detach", "--no-build", "--no-deps", *options, service)
        wait_until(lambda: self.is_healthy(service), READY_S, f"a healthy {service}", every=0.5)

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
        """Return the address of the service's container."""
        return self._address_of(self.container(service))

    def crash(self, service: str) -> None:
        """Kill the first process of the service's container. To the engine this is a failure, unlike `docker kill`."""
        os.kill(self.inspect(service)["State"]["Pid"], signal.SIGKILL)

    @contextmanager
    def occupied(self, address: str) -> Iterator[None]:
        """Occupy this free address by other containers during the block."""
        containers: list[str] = []
        try:
            while address not in map(self._address_of, containers):
                options = ("--detach", "--network", NETWORK, "--entrypoint", "sleep")
                containers.append(self.engine.docker("run", *options, BASE, "infinity").strip())
            yield
        finally:
            self.engine.docker("rm", "--force", *containers)

    def is_healthy(self, service: str) -> bool:
        """Return whether the health check of the service succeeds, or the service runs and has no health check."""
        state = self.inspect(service)["State"]
        return bool(state["Running"] and state.get("Health", {"Status": "healthy"})["Status"] == "healthy")

    def log(self, service: str) -> str:
        return log_of(self.engine, self.container(service))

    def submit(self) -> int:
        """Submit points for player 1. Return the status."""
        status = self.client.post("/api/scores", json={"user_id": 1, "score": POINTS}).status_code
        self.score += POINTS * (status == httpx.codes.OK)
        return status

    def reads_the_index(self) -> bool:
        """Return whether the index answers reads."""
        return self.client.get("/api/leaderboard/rank/1").headers.get("X-LeaderForge-Source") == "index"

    def check_score(self) -> None:
        """Fail if the score of player 1 differs from the acknowledged score."""
        entry = self.client.get("/api/leaderboard/rank/1").json()
        assert (entry["rank"], entry["score"]) == (1, self.score), entry

    def _address_of(self, container: str) -> str:
        [description] = json.loads(self.engine.docker("inspect", container))
        return str(description["NetworkSettings"]["Networks"][NETWORK]["IPAddress"])

    def _is_ready(self) -> bool:
        try:
            health = self.client.get("/api/health")
            return bool(health.status_code == httpx.codes.OK and health.json()["status"] == "ok")
        except (httpx.HTTPError, ValueError):
            return False


def clean(engine: Engine) -> None:
    """Delete all containers, volumes and networks, also those of an interrupted run. Delete images after 72 hours."""
    containers = engine.docker("ps", "--all", "--quiet").split()
    if containers:
        engine.docker("rm", "--force", "--volumes", *containers)
    volumes = engine.docker("volume", "ls", "--quiet").split()
    if volumes:
        engine.docker("volume", "rm", "--force", *volumes)
    engine.docker("network", "prune", "--force")
    engine.docker("image", "prune", "--force", "--filter", "until=72h")


def logs(engine: Engine) -> str:
    """Return the log of each container."""
    names = engine.docker("ps", "--all", "--format", "{{.Names}}").split()
    return "\n".join(f"== {name}\n{log_of(engine, name)}" for name in names)


def log_of(engine: Engine, name: str) -> str:
    ended = subprocess.run(
        ["docker", "logs", name], env=engine.environment, capture_output=True, text=True, check=False
    )
    return ended.stdout + ended.stderr
