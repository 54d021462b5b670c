"""New Relic's agent reports the metrics in docs/operations.md, under uvicorn and in a function."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.api_fixtures import environment
from tests.acceptance.collector import Collector
from tests.acceptance.conftest import new_database
from tests.api_client import SUBMIT_KEY, bearer
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
NAMED = re.findall(r"^\| `((?:WebTransaction|Custom)/[^`]+)` \|", OPERATIONS, re.MULTILINE)
FUNCTION = """
import time
import newrelic.agent
from functions import queries
from functions.edge.aws.runtime import runtime
path = "/api/leaderboard/top"
request = {"http": {"method": "GET", "path": path, "sourceIp": "192.0.2.7"}, "domainName": "x", "stage": "$default"}
event = {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {}, "requestContext": request}
assert queries.handler(event, None)["statusCode"] == 200
application = newrelic.agent.application("LeaderForge tests")
deadline = time.monotonic() + 30
while not application.active:  # it connects in the background
    assert time.monotonic() < deadline
    time.sleep(0.05)
for _ in range(3):
    assert queries.handler(event, None)["statusCode"] == 200
runtime.close()
"""


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path)
    yield running
    running.close()


@pytest.fixture
async def settings(valkey, postgres, collector: Collector) -> Mapping[str, str]:
    ours = environment(valkey.addresses, await new_database(postgres.dsn), **collector.environment)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, **ours}


def test_under_uvicorn(settings: Mapping[str, str], collector: Collector, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "functions.local"]
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(
            command, env={**settings, "LEADERFORGE_PORT": str(port)}, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: collector.connected, PATIENCE_S, "the agent to connect")
            play(url)
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(PATIENCE_S)
    assert NAMED
    assert set(NAMED) <= set(collector.metrics)
    assert collector.applications == {"LeaderForge tests"}
    assert collector.licences == {settings["NEW_RELIC_LICENSE_KEY"]}
    assert collector.metrics["WebTransaction/Function/top"] == 5


def play(url: str) -> None:
    """Send requests that use every part of the service with a metric."""
    with httpx.Client(base_url=url, headers=bearer(SUBMIT_KEY), timeout=PATIENCE_S) as client:
        wait_until(lambda: is_healthy(client), PATIENCE_S, "the server and the index")
        user_id = client.post("/api/users", json={"username": "ada"}).json()["user_id"]
        assert client.post("/api/scores", json={"user_id": user_id, "score": 5}).status_code == 200
        assert client.get(f"/api/leaderboard/rank/{user_id}").status_code == 200
        for _ in range(5):
            assert client.get("/api/leaderboard/top").status_code == 200


def is_healthy(client: httpx.Client) -> bool:
    try:
        return bool(client.get("/api/health").json()["status"] == "ok")
    except httpx.ConnectError:  # the agent may connect before the server listens
        return False


def test_in_a_function(settings: Mapping[str, str], collector: Collector) -> None:
    in_lambda = {**settings, "AWS_LAMBDA_FUNCTION_NAME": "queries"}
    subprocess.run([sys.executable, "-c", FUNCTION], env=in_lambda, cwd=ROOT, check=True, timeout=PATIENCE_S)
    assert collector.applications == {"LeaderForge tests"}
    # The agent connects in the background. On a loaded machine, the agent may be connected before the first request,
    # which then counts too.
    assert collector.metrics["WebTransaction/Function/top"] in {3, 4}
    assert collector.metrics["Custom/LeaderForge/top_cache/hit"] >= 1
