"""`leaderforge dev`, run as its users run it."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from leaderforge import __version__
from leaderforge.cli import main
from leaderforge.embedded import ServerFailed
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.embedded.tree import lives
from leaderforge.embedded.waiting import wait_until
from tests.api_client import PLAIN_HTTP
from tests.waiting import PATIENCE_S

_FIRST_PORT = 21_001 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SAMPLED_STOPS = {("postgres/data.partial", signal.SIGINT), ("valkey/node-0", signal.SIGTERM)}
"""File that the start creates, and the signal then: each signal with one file runs in `make test`."""
_OWN_PORTS = f"import leaderforge.embedded.stack as stack; stack.FIRST_VALKEY_PORT = {_FIRST_PORT};"


class Dev:
    """Run of the command, with its output and its processes."""

    def __init__(
        self, directory: Path, *options: str, before: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the command with these options and environment variables, after the Python statements `before`.

        The command's index has ports that only this process of pytest uses. Otherwise, while this command is stopped, a
        command of another process could take the ports. The next start would then create the index anew at other ports.
        """
        self.data = directory / "data"
        self.output_file = directory / "output.txt"
        command = [sys.executable, "-c", f"{_OWN_PORTS}{before}from leaderforge.cli import main; main()", "dev"]
        command += ["--port", "0", "--data-dir", str(self.data), *options]
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "1000", **(environment or {})},
            )
        self.family: list[psutil.Process] = []

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    @property
    def description(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads((self.data / "dev.json").read_text())
        return described

    def ready(self) -> Self:
        wait_until(lambda: self._is_up() and "Ctrl-C" in self.output, PATIENCE_S, "the ready message")
        self.look()
        return self

    def look(self) -> None:
        """Update the list of the command's processes."""
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def named(self, part: str) -> list[psutil.Process]:
        self.look()
        return [process for process in self.family if part in _command(process)]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.look()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        assert not [process for process in self.family if lives(process)]
        return code

    def pasted(self) -> list[str]:
        """Run the commands in the welcome text and return their output."""
        lines = [line for line in self.output.splitlines() if line.startswith("curl ")]
        return [_curl(shlex.split(line)) for line in lines]

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.output
        return (self.data / "dev.json").exists()


@pytest.fixture
def runs() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def stored(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data directory of an earlier run, with keys and a migrated database, but without an index.

    A start on a copy of this directory takes half as long as a start on an empty directory.
    """
    dev = Dev(tmp_path_factory.mktemp("stored"), "--no-demo", "--nodes", "1")
    try:
        dev.ready().stop()
    finally:
        _end(dev)
    shutil.rmtree(dev.data / "valkey")
    return dev.data


def run(
    runs: ExitStack,
    directory: Path,
    *options: str,
    before: str = "",
    environment: Mapping[str, str] | None = None,
    stored: Path | None = None,
) -> Dev:
    """Start the command. With `stored`, start the command on a copy of that directory."""
    if stored is not None:
        subprocess.run(["cp", "--archive", stored, directory / "data"], check=True)
    dev = Dev(directory, *options, before=before, environment=environment)
    runs.callback(_end, dev)
    return dev


def _end(dev: Dev) -> None:
    with suppress(psutil.NoSuchProcess):
        dev.look()
    dev.process.kill()
    dev.process.wait()
    wait_until(lambda: not any(map(lives, dev.family)), PATIENCE_S, "the end of what dev started")


def test_starts_tells_where_everything_is_and_stops(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", stored=stored).ready()
    described = dev.description
    keys = {"submit_key", "admin_key", "signing_secret", "redis_password"}
    assert set(described) == {"api", "web", *keys, "redis", "postgres", "partitions", "pid"}
    assert described["pid"] == dev.process.pid
    assert len(described["redis"]) == 3
    assert httpx.get(f"{described['api']}/api/health").status_code == 200
    assert all(described[key] in dev.output for key in ("api", "submit_key", "admin_key", "postgres"))
    *_, top, submitted, rank = dev.pasted()
    assert [entry["score"] for entry in json.loads(top)["entries"]] == [500]
    # The submission by the token has created its player, who then has rank 2.
    assert (json.loads(submitted)["rank"], json.loads(rank)["rank"]) == (2, 2)
    assert json.loads(submitted)["external_id"] == json.loads(rank)["external_id"]
    assert described["signing_secret"] not in dev.output
    private = [dev.data / name for name in ("dev.json", "keys.json", "logs/api.log", "postgres/password")]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    assert dev.stop() == 0
    assert not (dev.data / "dev.json").exists()


def test_second_start_makes_nothing_anew_and_finds_everything(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo").ready()
    first, made = dev.description, _made(dev.data)
    dev.pasted()
    assert dev.stop(signal.SIGINT) == 0
    again = run(runs, tmp_path, "--no-demo").ready()
    assert _made(again.data) == made
    assert all(again.description[key] == first[key] for key in ("submit_key", "admin_key", "signing_secret"))
    _, top, *_ = again.pasted()  # the first call of `pasted` has created the player of the token
    assert [entry["score"] for entry in json.loads(top)["entries"]] == [1000, 500]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no death signal")
@pytest.mark.parametrize("options", [[], ["--workers", "2"]])
def test_nothing_outlives_a_killed_dev(runs: ExitStack, stored: Path, tmp_path: Path, options: list[str]) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1", *options, stored=stored).ready()
    assert len(dev.family) > 3
    dev.process.kill()
    _, alive = psutil.wait_procs(dev.family, timeout=PATIENCE_S)
    assert not [process for process in alive if lives(process)]
    run(runs, tmp_path, "--no-demo", "--nodes", "1", *options).ready()


def test_a_second_dev_is_told_of_the_first(runs: ExitStack, stored: Path, tmp_path: Path) -> None:
    first = run(runs, tmp_path, "--no-demo", "--nodes", "1", stored=stored).ready()
    assert len(first.description["redis"]) == 1
    (tmp_path / "second").mkdir()
    second = run(runs, tmp_path / "second", "--data-dir", str(first.data))
    assert second.process.wait(PATIENCE_S) == 1
    assert second.output == f"error: already running, pid {first.process.pid}, API at {first.description['api']}\n"
    assert httpx.get(f"{first.description['api']}/api/health").status_code == 200


def test_a_taken_port_is_said_before_anything_starts(runs: ExitStack, tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, free_port())) as other:
        port = str(other.getsockname()[1])
        dev = run(runs, tmp_path, "--port", port)
        assert dev.process.wait(PATIENCE_S) == 1
    assert dev.output == f"error: port {port} is taken by another program; choose one with --port\n"
    assert not (dev.data / "valkey").exists()
    assert not (dev.data / "postgres").exists()


def test_a_directory_with_other_things_is_refused(runs: ExitStack, tmp_path: Path) -> None:
    (tmp_path / "data" / "api" / "metrics").mkdir(parents=True)
    dev = run(runs, tmp_path)
    assert dev.process.wait(PATIENCE_S) == 1
    assert "choose an empty directory with --data-dir" in dev.output
    assert (dev.data / "api" / "metrics").exists()


@pytest.mark.parametrize(
    ("part", "number"),
    [
        pytest.param(part, number, marks=() if (part, number) in SAMPLED_STOPS else pytest.mark.long)
        for part in ["lock", "postgres/data.partial", "valkey/node-0", "postgres/port", "logs/api.log"]
        for number in [signal.SIGINT, signal.SIGTERM]
    ],
)
def test_stops_at_any_point_of_its_start(runs: ExitStack, tmp_path: Path, part: str, number: signal.Signals) -> None:
    dev = run(runs, tmp_path, "--no-demo")
    name = "leaderforge.lock" if part == "lock" else part
    wait_until((dev.data / name).exists, PATIENCE_S, name)
    dev.stop(number)
    assert "Traceback" not in dev.output
    assert not (dev.data / "dev.json").exists()


def test_stops_at_a_signal_that_comes_before_it_listens(tmp_path: Path) -> None:
    source = f"""
import asyncio, os, signal
from leaderforge.cli import dev, main
create_task = asyncio.create_task
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it

def interrupted(work):
    asyncio.create_task = create_task
    os.kill(os.getpid(), signal.SIGINT)
    return create_task(work)

asyncio.create_task = interrupted
main(["dev", "--no-demo", "--port", "0", "--data-dir", {str(tmp_path / "data")!r}])
"""
    command = [sys.executable, "-c", source]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not (tmp_path / "data" / "postgres" / "data").exists()  # the command ended before it created the database


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("Valkey node 0", "valkey-server"),
        pytest.param("PostgreSQL", "bin/postgres", marks=pytest.mark.long),
        pytest.param("The API", "uvicorn", marks=pytest.mark.long),
    ],
)
def test_workers_share_the_port_and_a_part_that_dies_is_restarted(
    runs: ExitStack, stored: Path, tmp_path: Path, name: str, command: str
) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--workers", "2", stored=stored).ready()
    api = dev.description["api"]
    assert len(dev.named("spawn_main")) == 2
    assert (dev.data / "api" / "metrics").is_dir()
    dev.pasted()
    min(dev.named(command), key=psutil.Process.create_time).kill()
    wait_until(lambda: f"{name} ended unexpectedly" in dev.output, PATIENCE_S, "the news")
    wait_until(lambda: _serves(api), PATIENCE_S, "the API to serve again")
    assert dev.stop() == 0


def test_an_api_that_cannot_start_is_shown_with_its_log(
    runs: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "uvicorn.py").write_text("raise SystemExit('something is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"), prepend=os.pathsep)
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1")
    assert dev.process.wait(PATIENCE_S) == 1
    assert "error: The API ended unexpectedly; its log" in dev.output
    assert "something is missing" in dev.output
    assert "Traceback" not in dev.output


def test_an_address_that_is_not_ours_is_named(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--host", "192.0.2.1", "--port", "8000")
    assert dev.process.wait(PATIENCE_S) == 1
    assert dev.output.startswith("error: cannot listen on 192.0.2.1, port 8000: ")


def test_debug_shows_where_an_error_comes_from(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    shown = CliRunner().invoke(main, ["--debug", "dev", "--data-dir", str(tmp_path)])
    assert isinstance(shown.exception, ServerFailed)


def test_help_and_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"{__version__}\n"
    shown = CliRunner().invoke(main, ["dev", "--help"])
    assert shown.exit_code == 0
    assert "--data-dir" in shown.output


def _made(data: Path) -> tuple[dict[Path, int], list[str]]:
    """Return the modification times of files that only the first start writes, and the ids of the index's nodes."""
    once = [data / "keys.json", *data.rglob("PG_VERSION")]
    nodes = [line.split() for path in data.rglob("nodes.conf") for line in path.read_text().splitlines()]
    return {path: path.stat().st_mtime_ns for path in once}, sorted(node[0] for node in nodes if "myself" in node[2])


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _curl(command: list[str]) -> str:
    return subprocess.run([*command, "-sf"], check=True, capture_output=True, text=True).stdout


def _serves(api: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{api}/api/leaderboard/top", timeout=2, verify=PLAIN_HTTP).status_code == 200
    return False
