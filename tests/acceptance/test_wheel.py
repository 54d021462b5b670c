"""The wheel: it contains the page. Installed with one extra, it runs a production or a development stack."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.composed import ROOT, healthy, running
from tests.acceptance.conftest import new_database
from tests.acceptance.wheels import build_wheel, install
from tests.waiting import PATIENCE_S

KEYS = {"LEADERFORGE_SUBMIT_KEYS": "a-key-to-submit-with", "LEADERFORGE_ADMIN_KEYS": "a-key-to-operate-with"}
REQUESTS = 30

pytestmark = pytest.mark.skipif(
    not (ROOT / "frontend" / "dist" / "index.html").is_file(), reason="needs the built page: run `make site`"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def server_command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `leaderforge` of an environment with leaderforge[server] only."""
    return install(wheel, "server", tmp_path_factory.mktemp("server"))


def test_it_contains_the_page_and_two_packages(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "leaderforge/site/index.html" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"leaderforge", "functions"}
    assert not [name for name in names if name.endswith((".map", ".pyc"))]


@pytest.fixture(scope="module")
async def settings(valkey, postgres) -> Mapping[str, str]:
    return {
        "LEADERFORGE_REDIS_NODES": ",".join(valkey.addresses),
        "LEADERFORGE_NAMESPACE": "test-wheel",
        "LEADERFORGE_POSTGRES_DSN": await new_database(postgres.dsn),
        "LEADERFORGE_RECONCILE_MS": "200",
        **KEYS,
    }


@contextmanager
def serving(command: Path, settings: Mapping[str, str], directory: Path, *options: str) -> Iterator[httpx.Client]:
    """Run `leaderforge serve` until the end of the block. Yield a client that sends an admin key."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = [str(command), "serve", "--port", str(port), *options]
    # `running` sets PYTHONPATH to the sources. Clear it, because the command must read only the installed package.
    with running(arguments, {**settings, "PYTHONPATH": ""}, directory):
        wait_until(lambda: healthy(url), PATIENCE_S, "the server")
        key = {"Authorization": f"Bearer {settings['LEADERFORGE_ADMIN_KEYS']}"}
        with httpx.Client(base_url=url, headers=key, timeout=PATIENCE_S) as client:
            yield client


def test_workers_serve_the_api_and_the_page_with_common_metrics(
    server_command: Path, settings: Mapping[str, str], tmp_path: Path
) -> None:
    migration = subprocess.run([server_command, "migrate"], env=settings, capture_output=True, text=True, check=False)
    assert (migration.returncode, migration.stdout) == (0, "nothing to do\n"), migration.stderr
    with serving(server_command, settings, tmp_path, "--workers", "2") as client:
        assert client.post("/api/users", json={"user_id": 1, "username": "ada"}).status_code == 201
        for _ in range(REQUESTS):
            # A new connection each time: the kernel distributes connections, not requests, to workers.
            submitted = client.post("/api/scores", json={"user_id": 1, "score": 1}, headers={"Connection": "close"})
            assert submitted.status_code == 200
        assert client.get("/api/leaderboard/rank/1").json()["score"] == REQUESTS
        for _ in range(4):
            assert submissions(client) == REQUESTS
        page = client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        [script] = re.findall(r'src="([^"]+/index-[^"]+\.js)"', page.text)
        assert client.get("/" + script.lstrip("./")).status_code == 200


def submissions(client: httpx.Client) -> float:
    """Return the number of submissions in the metrics, whichever worker answers."""
    text = client.get("/metrics", headers={"Connection": "close"}).text
    [value] = re.findall(r'^leaderforge_http_requests_total{.*"/api/scores".*} (\S+)$', text, re.MULTILINE)
    return float(value)


@pytest.mark.long
def test_the_worker_builds_the_index_and_ends_by_a_signal(
    server_command: Path, settings: Mapping[str, str], tmp_path: Path
) -> None:
    api = {**settings, "LEADERFORGE_RECONCILE_MS": "0", "LEADERFORGE_NAMESPACE": "test-wheel-worker"}
    worker = {**api, "LEADERFORGE_RECONCILE_MS": "200", "PYTHONPATH": ""}
    with (
        running([str(server_command), "worker"], worker, tmp_path),
        serving(server_command, api, tmp_path) as client,
    ):
        wait_until(lambda: client.get("/api/health").json()["status"] == "ok", PATIENCE_S, "a complete index")


def test_a_backup_needs_nothing_but_the_client_of_postgresql(
    server_command: Path, settings: Mapping[str, str], tmp_path: Path
) -> None:
    command, variables = [server_command, "backup", tmp_path / "leaderforge.dump"], {**settings, "PATH": str(tmp_path)}
    refused = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert refused.stderr.startswith("error: pg_dump is missing: install PostgreSQL's client")


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"LEADERFORGE_POSTGRES_DSN": ""}, "LEADERFORGE_POSTGRES_DSN is required"),
        ({"LEADERFORGE_HOST": "0.0.0.0", "LEADERFORGE_ADMIN_KEYS": "short"}, "LEADERFORGE_ADMIN_KEYS"),  # noqa: S104
    ],
)
def test_wrong_settings_are_one_line(
    server_command: Path, settings: Mapping[str, str], variables: Mapping[str, str], problem: str
) -> None:
    refused = subprocess.run(
        [server_command, "serve", "--workers", "2"],
        env={**settings, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {problem}")
    assert len(refused.stderr.splitlines()) == 1


@pytest.fixture
def readable_directory() -> Iterator[Path]:
    """Directory that other users can read: PostgreSQL refuses to run as root."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.long
def test_the_development_stack_starts_with_the_page(wheel: Path, readable_directory: Path, tmp_path: Path) -> None:
    command = install(wheel, "local", readable_directory / "local")
    require_page([str(command), "dev"], {}, tmp_path)


def require_page(command: list[str], variables: Mapping[str, str], directory: Path) -> None:
    """Run the development stack. Fail unless the stack serves the page."""
    data = directory / "data"
    options = ["--port", str(port := free_port()), "--data-dir", str(data), "--no-demo", "--nodes", "1"]
    with running([*command, *options], {**variables, "PYTHONPATH": ""}, directory):
        wait_until((data / "dev.json").exists, PATIENCE_S, "the development stack")
        assert "<head>" in httpx.get(f"http://127.0.0.1:{port}/", headers={"Accept": "text/html"}).text


@pytest.mark.long
def test_uvx_starts_the_development_stack(wheel: Path, readable_directory: Path, tmp_path: Path) -> None:
    """The test downloads packages."""
    [line] = re.findall(r"^uvx .*", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    uvx = [sys.executable, "-m", "uv", "tool", "run", "--python", sys.executable]
    place = re.compile(r"file:///path/of/\S+\.whl")
    arguments = [place.sub(f"file://{wheel}", part) for part in shlex.split(line)[1:]]
    require_page([*uvx, *arguments], {**os.environ, "UV_CACHE_DIR": str(readable_directory / "cache")}, tmp_path)


@pytest.mark.long
def test_pip_installs_it_from_pins_as_the_documentation_says(wheel: Path, tmp_path: Path) -> None:
    """The test downloads packages."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    pip = [str(tmp_path / "venv" / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / "server.txt")], check=True)
    subprocess.run([*pip, str(wheel)], check=True)
    subprocess.run([tmp_path / "venv" / "bin" / "leaderforge", "serve", "--help"], check=True, capture_output=True)
