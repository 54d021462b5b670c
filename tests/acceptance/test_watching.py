"""Alerts and the dashboard: their rules pass their tests, and a real Prometheus answers each query of the dashboard."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from leaderforge.adapters.telemetry.metrics import MEANINGS
from leaderforge.embedded.ports import free_port
from tests.acceptance.api_fixtures import environment, served
from tests.acceptance.composed import ROOT, running
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.waiting import until

WATCHING = ROOT / "deploy" / "watching"
ALERTS = yaml.safe_load((WATCHING / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((WATCHING / "dashboard.json").read_text())
QUERIES = {panel["title"]: panel["targets"][0]["expr"] for panel in DASHBOARD["panels"]}
WITHOUT_DATA = {"Failed requests, share", "Throttled requests per second", "Reads from PostgreSQL per second"}
"""Panels that show no data, or the value NaN, while no part of the product fails."""
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
SUFFIX = re.compile(r"_(total|bucket|sum|count)$")


def names(query: str) -> set[str]:
    """Return the names of LeaderForge's metrics in a query, without the suffixes of the exposition."""
    exposed = {match.removeprefix("leaderforge_") for match in re.findall(r"\bleaderforge_\w+", query)}
    return {name if name in MEANINGS else SUFFIX.sub("", name) for name in exposed}


def test_all_queries_name_metrics_that_exist() -> None:
    for query in (*QUERIES.values(), *(alert["expr"] for alert in ALERTS)):
        assert names(query) <= MEANINGS.keys(), query


def test_each_alert_has_an_entry_in_the_runbook_and_a_test_of_its_cause() -> None:
    headings = {line.removeprefix("### ") for line in (ROOT / "docs" / "watching.md").read_text().splitlines()}
    cases = yaml.safe_load((WATCHING / "alerts-test.yml").read_text())["tests"]
    fired = {check["alertname"] for case in cases for check in case["alert_rule_test"] if check["exp_alerts"]}
    for alert in ALERTS:
        assert alert["alert"] in headings
        assert alert["annotations"]["runbook"] == f"docs/watching.md#{alert['alert'].lower()}"
    assert fired == {alert["alert"] for alert in ALERTS}


@pytest.mark.skipif(PROMTOOL is None, reason="needs promtool, of Debian's package prometheus")
def test_each_alert_fires_on_its_cause_and_not_otherwise() -> None:
    command = [str(PROMTOOL), "test", "rules", "alerts-test.yml"]
    tested = subprocess.run(command, cwd=WATCHING, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.long
@pytest.mark.skipif(PROMETHEUS is None, reason="needs Debian's package prometheus")
async def test_prometheus_scrapes_the_api_and_answers_the_dashboard(valkey, postgres, tmp_path: Path) -> None:
    settings = environment(list(valkey.addresses), await new_database(postgres.dsn))
    async with served(settings) as api, prometheus([api.url], tmp_path) as client:
        assert (await api.post("/api/users", {"user_id": 1, "username": "ada"})).status_code == 201

        missing = set(QUERIES)

        async def is_complete() -> bool:
            """Send requests, and return whether Prometheus has data for all panels."""
            await api.post("/api/scores", {"user_id": 1, "score": 1})
            await api.get("/api/leaderboard/top")
            await api.get("/api/leaderboard/rank/2")
            missing.difference_update([title for title in missing if await has_data(client, QUERIES[title])])
            return missing <= WITHOUT_DATA

        async with api.stream("/api/boards/default/stream"):
            await until(is_complete, "data in all panels", every=0.5)
        rules = (await client.get("/api/v1/rules")).json()["data"]["groups"][0]["rules"]
        assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


def scrape(urls: Sequence[str], directory: Path) -> None:
    """Make the Prometheus in this directory scrape these API processes from now on."""
    changed = directory / "targets.new"
    changed.write_text(json.dumps([{"targets": [urlsplit(url).netloc for url in urls]}]))
    changed.replace(directory / "targets.json")


@asynccontextmanager
async def prometheus(
    urls: Sequence[str], directory: Path, alerts: Path = WATCHING / "alerts.yml"
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a Prometheus that scrapes the API processes each second, with the alerts. Yield a client of Prometheus."""
    (directory / "key").write_text(ADMIN_KEY)
    scrape(urls, directory)
    job = {
        "job_name": "leaderforge",
        "authorization": {"credentials_file": str(directory / "key")},
        "file_sd_configs": [{"files": [str(directory / "targets.json")], "refresh_interval": "1s"}],
    }
    fast = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    configuration = {"global": fast, "rule_files": [str(alerts)], "scrape_configs": [job]}
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    port = free_port()
    options = [f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data"]
    command = [str(PROMETHEUS), *options, f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, {}, directory):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await until(lambda: is_ready(client), "Prometheus")
            yield client


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/-/ready")).status_code == 200
    except httpx.HTTPError:
        return False


async def has_data(client: httpx.AsyncClient, query: str) -> bool:
    """Run a query of the dashboard. Fails if Prometheus refuses the query."""
    answer = (await client.get("/api/v1/query", params={"query": query.replace("$__rate_interval", "1m")})).json()
    assert answer["status"] == "success", answer
    return any(result["value"][1] != "NaN" for result in answer["data"]["result"])
