"""Headers that protect browsers, the check of Host, and logs that clients cannot fill."""

import base64
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
import structlog

from functions.edge.http.hosts import KnownHosts
from functions.edge.http.protection import SITE_POLICY, WIDGET_POLICY
from leaderforge.adapters.telemetry import logs
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.log_budget import LogBudget
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "api-docs.html").write_text("<!doctype html>")
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(tmp_path)) as api:
        yield api


API_PATHS = ["/api/boards/default/top", "/api/openapi.json", "/api/docs", "/api/none", "/metrics", "/api/boards?x=1"]


@pytest.mark.parametrize("path", [*API_PATHS, "/", "/api-docs.html", "/none.html"])
async def test_a_browser_distrusts_every_answer(api: Api, path: str) -> None:
    headers = (await api.get(path)).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy if path in API_PATHS else "default-src 'self'" in policy
    [scripts] = [part.split()[1:] for part in policy.split("; ") if part.startswith("script-src")] or [[]]
    assert "'unsafe-inline'" not in scripts
    assert all(source == "'self'" or source.startswith("'sha256-") for source in scripts)
    assert headers["x-content-type-options"] == "nosniff"
    # The policy limits the referrer of links. Answers of the API have no links.
    assert headers.get("referrer-policy") == (None if path in API_PATHS else "no-referrer")


def test_the_site_runs_exactly_its_own_inline_script() -> None:
    [script] = re.findall(r"<script>(.*?)</script>", (ROOT / "frontend/index.html").read_text(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert re.findall(r"'sha256-\S+'", SITE_POLICY) == [f"'sha256-{digest}'"]


def test_nginx_sends_the_same_headers_with_the_site() -> None:
    configuration = (ROOT / "deploy/images/nginx.conf").read_text()
    assert f'add_header Content-Security-Policy "{SITE_POLICY}" always;' in configuration
    assert f'add_header Content-Security-Policy "{WIDGET_POLICY}" always;' in configuration
    assert "add_header X-Content-Type-Options nosniff always;" in configuration
    assert "add_header Referrer-Policy no-referrer always;" in configuration


def test_nginx_finds_the_tags_of_the_page() -> None:
    """nginx replaces the static tags of the page. It finds these tags by the first and the last of them.

    If nginx did not find the last tag, it would omit the rest of the page.
    """
    configuration = (ROOT / "deploy/images/nginx.conf").read_text()
    first, last = re.findall(r"sub_filter '(<meta [^']*)'", configuration)
    page = (ROOT / "frontend/index.html").read_text()
    assert page.count(first) == page.count(last) == 1
    tags = page[page.index(first) : page.index(last) + len(last)]
    assert len(re.findall('<meta (?:property="og|name="twitter):', tags)) == tags.count("<") == 6


def test_the_content_network_sends_the_same_policy_with_the_site() -> None:
    template = " ".join((ROOT / "deploy/template.yaml").read_text().split())
    assert f"ContentSecurityPolicy: >- {SITE_POLICY}" in template


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "[::1]", "game.localhost", ""]
)
async def test_a_local_server_serves_names_of_its_machine(api: Api, host: str) -> None:
    assert (await api.get("/api/boards", Host=host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebind.example",
        "rebind.example:8000",
        "192.0.2.1",
        "localhost.example",
        "127.0.0.1.example",
        "[2001:db8::1]",
        "a b",
    ],
)
@pytest.mark.parametrize("path", ["/metrics", "/api/boards", "/", "/api/docs", "/none"])
async def test_a_local_server_refuses_other_names(api: Api, host: str, path: str) -> None:
    response = await api.get(path, ADMIN_KEY, Host=host)
    assert (response.status_code, response.json()["error"]["code"]) == (421, "misdirected_request")


async def test_health_is_for_every_name(api: Api) -> None:
    assert (await api.get("/api/health", Host="10.1.2.3:8000")).status_code == 200


EVERYWHERE = {"LEADERFORGE_HOST": "0.0.0.0"}  # noqa: S104 - the tests do not listen


async def test_elsewhere_a_setting_names_the_hosts() -> None:
    async with serving(LEADERFORGE_ALLOWED_HOSTS="Scores.example.org, 10.0.0.1", **EVERYWHERE) as api:
        for host, status in {
            "scores.example.org": 200,
            "10.0.0.1:80": 200,
            "localhost": 200,
            "example.org": 421,
        }.items():
            assert (await api.get("/api/boards", Host=host)).status_code == status


@pytest.mark.parametrize("settings", [EVERYWHERE, {"LEADERFORGE_TRUSTED_PROXIES": "127.0.0.0/8"}])
async def test_other_servers_accept_every_name(settings: dict[str, str]) -> None:
    async with serving(**settings) as api:
        assert (await api.get("/api/boards", Host="scores.example.org")).status_code == 200


async def test_many_hosts_take_no_memory() -> None:
    hosts = KnownHosts()
    for i in range(10_000):
        hosts._is_known(b"host-%d" % i)
    assert hosts._is_known.cache_info().currsize <= 256


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_counts_the_lines_that_it_omits() -> None:
    ticks = Ticks()
    budget = LogBudget(lines=3, window_s=10, clock=ticks)
    assert [budget.admit("a") for _ in range(5)] == [0, 0, 0, None, None]
    assert budget.admit("b") == 0
    ticks.now = 10
    assert [budget.admit("a") for _ in range(4)] == [2, 0, 0, None]


async def test_a_flood_of_refusals_writes_few_lines(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    output = StringIO()
    logs.configure("info", output)

    async def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database cannot be reached")

    monkeypatch.setattr(api.store, "boards", fail)
    for _ in range(200):
        response = await api.get("/api/boards", X_Request_Id="r" * 128)
        assert response.status_code == 503
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert len(lines) == 10
    assert {line["request_id"] for line in lines} == {"r" * 64}
    counted = (await api.get("/metrics")).text
    assert 'leaderforge_http_requests_total{method="GET",route="/api/boards",status="503"} 200.0' in counted


def test_a_flood_of_a_library_writes_few_lines() -> None:
    output = StringIO()
    logs.configure("info", output)
    for _ in range(200):
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert len(output.getvalue().splitlines()) == 10


class FullDisk(StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


async def test_a_log_that_cannot_be_written_costs_no_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database cannot be reached")

    monkeypatch.setattr(api.store, "boards", fail)
    logs.configure("info", FullDisk())
    assert (await api.get("/api/boards")).status_code == 503
    structlog.get_logger().error("lost")
    logging.getLogger("uvicorn.error").error("lost")


@pytest.fixture(autouse=True)
def _usual_logs() -> AsyncIterator[None]:
    yield
    logs.configure("info")
