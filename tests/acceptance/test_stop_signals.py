"""A stop signal ends a command at any step. The command under test sends the signal to itself at each step."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import new_database
from tests.waiting import PATIENCE_S

SCRIPT = """
import importlib, os, signal, sys, threading
step, numbers, start_ignored = {step!r}, {numbers!r}, {start_ignored!r}
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.SIG_IGN if start_ignored else signal.default_int_handler)
module, *path, name = step.split(":")[1].split(".")
owner = importlib.import_module(step.split(":")[0])
for part in (module, *path):
    owner = getattr(owner, part) if part else owner
original = getattr(owner, name)

def interrupted(*arguments, **options):
    setattr(owner, name, original)
    print("reached", flush=True)
    for number in numbers:
        os.kill(os.getpid(), number)
    return original(*arguments, **options)

setattr(owner, name, interrupted)
sys.argv = {arguments!r}
from leaderforge.cli import main
main()
"""

BEFORE_SERVERS = [
    "leaderforge.embedded.stack:.LocalStack",
    "leaderforge.embedded.stack:LocalStack._make_directory",
    "fcntl:.flock",  # the lock's file exists, but is not locked yet
    "leaderforge.embedded.lock:DirectoryLock.note",
    "leaderforge.embedded.stack:LocalStack._stored_keys",
    "leaderforge.embedded.api:ApiServer.require_port",
    "asyncio.events:.new_event_loop",
    "asyncio:.run",
    "asyncio:.create_task",
    "leaderforge.cli.dev:_Session._serve",
    "asyncio:.wait",
]
WITH_SERVERS = [
    "leaderforge.embedded.stack:LocalStack.start",
    "leaderforge.embedded.process:ServerProcess._spawn",  # runs in the thread that starts servers
    "leaderforge.embedded.topology:NodeClient.form",
    "leaderforge.embedded.datadir:.ensure_database",
    "leaderforge.wiring:.migrate",
    "leaderforge.embedded.api:ApiServer.start",
    "leaderforge.embedded.api:ApiServer.wait_healthy",
    "leaderforge.embedded.stack:LocalStack.describe",
    "leaderforge.embedded.stack:LocalStack.watch",
]
STEPS = [*BEFORE_SERVERS, *WITH_SERVERS]
WAYS = {
    "SIGINT": ([signal.SIGINT], False),
    "SIGINT ignored by the shell": ([signal.SIGINT], True),
    "SIGTERM": ([signal.SIGTERM], False),
    "SIGHUP": ([signal.SIGHUP], False),
    "twice": ([signal.SIGINT, signal.SIGINT], False),
}
ROTATED = {(STEPS[4 * i], way) for i, way in enumerate(WAYS)}
"""Each way of sending signals with one step from all of the start: the sample that `make test` runs."""
COMMANDS = {
    "import": ("leaderforge.services.importing:Importer.run", ["import", "scores.csv"]),
    "populate": ("leaderforge.cli.populate:.fill", ["populate", "--users", "1000", "--sessions", "5000"]),
    "rebuild": ("leaderforge.services.maintain:MaintainService.rebuild_in_place", ["rebuild"]),
    "rebuild --empty": ("leaderforge.services.maintain:MaintainService.rebuild", ["rebuild", "--empty"]),
}
"""Other commands, each with the step at which it is stopped and its arguments."""
COMMANDS_ROTATED = set(zip(COMMANDS, ("SIGINT", "SIGTERM", "twice", "SIGHUP"), strict=True))
"""Each command with one way of sending signals: the sample that `make test` runs."""


def script(step: str, way: str, *arguments: str) -> list[str]:
    """Return a command line that runs leaderforge. A call of the step's function makes the process signal itself."""
    numbers, start_ignored = WAYS[way]
    if step.count(".", step.index(":")) == 0:
        step = step.replace(":", ":.")
    source = SCRIPT.format(
        step=step, numbers=list(map(int, numbers)), start_ignored=start_ignored, arguments=["leaderforge", *arguments]
    )
    return [sys.executable, "-c", source]


@pytest.mark.parametrize(
    ("step", "way"),
    [
        pytest.param(step, way, marks=() if (step, way) in ROTATED else pytest.mark.long)
        for step in STEPS
        for way in WAYS
    ],
)
def test_dev_stops_at_each_step_of_its_start(tmp_path: Path, step: str, way: str) -> None:
    data = tmp_path / "data"
    command = script(step, way, "dev", "--no-demo", "--nodes", "1", "--port", "0", "--data-dir", str(data))
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert "reached" in ended.stdout
    assert not re.search("Traceback|Exception ignored|never awaited", ended.stdout + ended.stderr)
    assert ended.returncode in (0, 130), ended.stdout + ended.stderr
    assert not (data / "dev.json").exists()
    assert not (data / "postgres" / "data").exists() or step in WITH_SERVERS  # only these steps create a database


@pytest.fixture
async def command(valkey, postgres) -> Command:
    return new_command(await new_database(postgres.dsn), valkey.addresses)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        pytest.param(name, way, marks=() if (name, way) in COMMANDS_ROTATED else pytest.mark.long)
        for name in COMMANDS
        for way in WAYS
    ],
)
def test_other_commands_stop(command: Command, tmp_path: Path, name: str, way: str) -> None:
    step, arguments = COMMANDS[name]
    (tmp_path / "scores.csv").write_text("player,score\nada,5\n")
    ended = subprocess.run(
        script(step, way, *arguments),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
        env=command.environment,
    )
    assert "reached" in ended.stdout
    assert not re.search("Traceback|Exception ignored|never awaited", ended.stdout + ended.stderr)
    number = WAYS[way][0][0]
    assert ended.returncode == (-number if way == "twice" else 128 + number), ended.stdout + ended.stderr
