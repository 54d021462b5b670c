"""docker-compose.yml on an engine in a network of its own: a fresh start, and events that once broke later starts."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from leaderforge.embedded.waiting import wait_until
from tests.comparing_calls import make_calls
from tests.compose.deployment import KEY, NETWORK, READY_S, URL, Deployment, clean, logs
from tests.compose.engine import Engine
from tests.compose.images import CITUS
from tests.compose.upgrade import upgrade_of_the_api

REQUESTS = 200
_DATABASES = ("citus-coordinator", "citus-worker-1", "citus-worker-2")
_SERVICES = (
    *_DATABASES,
    "pgbouncer",
    *(f"valkey-{number}" for number in range(1, 7)),
    "api",
    "maintenance",
    "frontend",
)
"""Services that run until they are stopped."""
_KILLED = 137
"""Exit code of a container that the engine has killed, because the container did not end in time."""

Step = Callable[[Deployment], None]


def fresh_start(deployment: Deployment) -> None:
    """Start from nothing, with a password of special characters, and use each kind of call."""
    deployment.up()
    client = deployment.client
    assert client.post("/api/users", json={"user_id": 1, "username": "ada"}).status_code == httpx.codes.CREATED
    assert deployment.submit() == httpx.codes.OK
    deployment.check_score()
    with client.stream("GET", "/api/boards/default/stream") as stream:
        assert any(line.startswith("data:") for line in stream.iter_lines())
    export = client.get("/api/boards/default/export", headers={"Accept": "text/csv"})
    assert export.status_code == httpx.codes.OK, export.text
    batch = [{"user_id": 1, "score": 0, "metadata": {"text": "x" * 1500}} for _ in range(1000)]
    answer = client.post("/api/boards/default/scores/batch", json={"submissions": batch})
    assert answer.status_code == httpx.codes.OK, answer.text
    refused = client.post("/api/boards/default/scores/batch", json={"text": "x" * 6_000_000})
    assert refused.json()["error"]["code"] == "body_too_large", refused.text


def each_way_to_compare_players(deployment: Deployment) -> None:
    """Use segments, teams, friends, moments, several numbers and feeds."""
    make_calls(deployment.client)


def headers_of_nginx(deployment: Deployment) -> None:
    """Check the headers of the page and of the API."""
    page = deployment.client.get("/", headers={"Accept-Encoding": "gzip"})
    assert "<head>" in page.text
    assert page.headers.get_list("Cache-Control") == ["no-cache"]
    [script] = deployment.client.get("/api/leaderboard/top").headers.get_list("Cache-Control")
    assert script, "the API's own header"
    # `Vary` keeps caches from sending the compressed file to clients that do not accept gzip.
    assert (page.headers.get("Content-Encoding"), page.headers.get("Vary")) == ("gzip", "Accept-Encoding")


def previews_of_links(deployment: Deployment) -> None:
    """Check the link preview of a player: tags and picture. Check the fonts in the container image of the API."""
    client, name = deployment.client, "山田太郎"
    assert client.post("/api/users", json={"user_id": 2, "username": name}).status_code == httpx.codes.CREATED
    assert client.post("/api/scores", json={"user_id": 2, "score": 1}).status_code == httpx.codes.OK
    page = client.get("/player/2")
    address = f"{URL}/preview.png?board=default&amp;period=current&amp;player=2"
    assert f'<meta property="og:title" content="{name} - LeaderForge" />' in page.text
    assert f'<meta property="og:image" content="{address}" />' in page.text
    picture = client.get("/preview.png?player=2")
    assert (picture.status_code, picture.headers["Cache-Control"]) == (httpx.codes.OK, "public, max-age=60")
    fonts = deployment.engine.docker("exec", deployment.container("api"), "ls", "/usr/local/share/fonts/noto").split()
    assert {"NotoSans-Bold.ttf", "NotoSansHebrew-Bold.ttf", "NotoSansCJK-Bold.ttc", "NotoColorEmoji.ttf"} <= {*fonts}


def limits_in_force(deployment: Deployment) -> None:
    """Check users, read-only roots, capabilities and memory limits."""
    for service in ("api", "maintenance", "frontend"):
        container = deployment.inspect(service)
        assert container["HostConfig"]["ReadonlyRootfs"], service
        assert container["HostConfig"]["Memory"], service
        assert container["HostConfig"]["CapDrop"] == ["ALL"], service
        assert container["Config"]["User"] not in {"", "root", "0"}, service


def stop_and_up(deployment: Deployment) -> None:
    """Stop all services and start them again. PostgreSQL must shut down cleanly, and no data may be lost.

    All services must end by the stop signal. The engine kills a service whose first process does not pass the signal
    on.
    """
    deployment.compose("stop")
    killed = [service for service in _SERVICES if deployment.inspect(service)["State"]["ExitCode"] == _KILLED]
    assert not killed, killed
    for service in _DATABASES:
        assert deployment.inspect(service)["State"]["ExitCode"] == 0, service
    deployment.up()
    for service in _DATABASES:
        assert "not properly shut down" not in deployment.log(service), service
    assert "no such user" not in deployment.log("pgbouncer")
    deployment.check_score()


def down_and_up_in_another_subnet(deployment: Deployment) -> None:
    """Delete the containers and their network, let another network take the subnet, and start again."""
    before = deployment.address("valkey-1")
    [network] = json.loads(deployment.engine.docker("network", "inspect", NETWORK))
    deployment.compose("--profile=rolling", "down")
    deployment.engine.docker("network", "create", "--subnet", network["IPAM"]["Config"][0]["Subnet"], "other")
    deployment.up()
    assert deployment.address("valkey-1") != before
    deployment.check_score()


def another_address_of_the_api(deployment: Deployment) -> None:
    """Replace the container of the API, while other containers occupy its address. nginx must use the new address."""
    before = deployment.address("api")
    deployment.compose("rm", "--stop", "--force", "api")
    with deployment.occupied(before):
        deployment.up()
    assert deployment.address("api") != before


def kill_of_a_primary(deployment: Deployment) -> None:
    """Kill a node of the index during requests. No request may fail."""
    deployment.crash("valkey-1")
    failed = [status for _ in range(REQUESTS) if (status := deployment.submit()) != httpx.codes.OK]
    assert not failed, failed
    deployment.check_score()


def kill_of_the_coordinator(deployment: Deployment) -> None:
    """Kill the database. Once the engine has restarted the database, submissions must succeed without a command."""
    deployment.crash("citus-coordinator")
    wait_until(lambda: deployment.submit() == httpx.codes.OK, READY_S, "an accepted submission")
    deployment.check_score()


def restart_of_the_coordinator(deployment: Deployment) -> None:
    """Stop the database, and start it again at another address. Reads go on, and submissions must succeed again."""
    # Wait, because after the previous outage the process does not treat the index as current at once.
    wait_until(deployment.reads_the_index, READY_S, "an answer from the index")
    coordinator, before = deployment.container("citus-coordinator"), deployment.address("citus-coordinator")
    deployment.engine.docker("stop", coordinator)
    with deployment.occupied(before):
        assert deployment.submit() == httpx.codes.SERVICE_UNAVAILABLE
        deployment.check_score()
        deployment.engine.docker("start", coordinator)
    assert deployment.address("citus-coordinator") != before
    wait_until(lambda: deployment.submit() == httpx.codes.OK, READY_S, "an accepted submission")
    deployment.check_score()


def return_after_a_crash(deployment: Deployment) -> None:
    """Wait until the engine, which was killed with all containers, has started them again without any command."""
    deployment.wait_until_ready()
    assert deployment.submit() == httpx.codes.OK
    deployment.check_score()


BEFORE_THE_CRASH: Sequence[Step] = (
    fresh_start,
    each_way_to_compare_players,
    headers_of_nginx,
    previews_of_links,
    limits_in_force,
    stop_and_up,
    another_address_of_the_api,
    kill_of_a_primary,
    kill_of_the_coordinator,
    restart_of_the_coordinator,
)
AFTER_THE_CRASH: Sequence[Step] = (return_after_a_crash, upgrade_of_the_api, down_and_up_in_another_subnet)


def main() -> None:
    """Run all steps on an engine. The command's argument is the directory with the engine's data."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    engine = Engine(Path(sys.argv[1]))
    print("database:", "Citus" if CITUS else "PostgreSQL, without Citus", flush=True)  # noqa: T201 - the test's output
    with httpx.Client(base_url=URL, headers=KEY, timeout=30) as client:
        deployment = Deployment(engine, client)
        with engine.running():
            clean(engine)
            run(BEFORE_THE_CRASH, deployment)
            engine.kill()
        with engine.running():
            try:
                run(AFTER_THE_CRASH, deployment)
            finally:
                clean(engine)


def run(steps: Sequence[Step], deployment: Deployment) -> None:
    """Run the steps, and print the time of each. Write the logs of all containers if a step fails."""
    try:
        for step in steps:
            began = time.monotonic()
            step(deployment)
            print(f"{step.__name__}: {time.monotonic() - began:.1f} s", flush=True)  # noqa: T201 - the test's output
    except BaseException:
        (deployment.engine.directory / "services.log").write_text(logs(deployment.engine))
        clean(deployment.engine)
        raise


if __name__ == "__main__":
    main()
