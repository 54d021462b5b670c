import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest

from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.tree import lives
from leaderforge.embedded.waiting import wait_until
from tests.waiting import PATIENCE_S

SLEEP = ["/bin/sleep", "600"]
STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo ready; exec sleep 600"]
PARENT_OF_TWO = ["/bin/sh", "-c", "sleep 600 & sleep 600 & echo ready; wait"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess("test server", tmp_path, death_signal=signal.SIGTERM)
    yield process
    process.kill()


def await_ready(process: ServerProcess) -> None:
    wait_until(lambda: "ready" in process.log_end(), PATIENCE_S, "the program to be ready")


def children(process: ServerProcess) -> list[psutil.Process]:
    assert process.pid is not None
    return psutil.Process(process.pid).children(recursive=True)


def test_stops_at_the_first_signal_that_works(process: ServerProcess) -> None:
    process.start(STUBBORN)
    await_ready(process)
    began = time.monotonic()
    process.stop((signal.SIGTERM, 0.2), (signal.SIGUSR1, 30))  # no SIGHUP, because nohup makes processes ignore it
    assert time.monotonic() - began >= 0.2
    assert process.pid is None
    assert not process.alive


def test_stops_a_frozen_process(process: ServerProcess) -> None:
    process.start(SLEEP)
    process.pause()
    process.stop((signal.SIGTERM, 30))
    assert not process.alive


def test_kill_takes_the_children_along(process: ServerProcess) -> None:
    process.start(PARENT_OF_TWO)
    await_ready(process)
    started = children(process)
    assert len(started) == 2
    process.kill()
    assert not any(map(lives, started))


def test_kill_takes_orphans_along(process: ServerProcess) -> None:
    process.start(PARENT_OF_TWO)
    await_ready(process)
    started = children(process)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.alive, PATIENCE_S, "the parent's end")
    assert all(map(lives, started))
    process.kill()
    assert not any(map(lives, started))


def test_pause_freezes_the_children_too(process: ServerProcess) -> None:
    process.start(PARENT_OF_TWO)
    await_ready(process)
    started = children(process)
    process.pause()
    wait_until(lambda: all(child.status() == psutil.STATUS_STOPPED for child in started), PATIENCE_S, "frozen children")
    process.resume()
    wait_until(lambda: all(child.status() == psutil.STATUS_SLEEPING for child in started), PATIENCE_S, "woken children")


def test_tells_how_the_log_ends(process: ServerProcess) -> None:
    process.start(["/bin/sh", "-c", "echo something is missing; exit 3"])
    wait_until(lambda: not process.alive, PATIENCE_S, "the end")
    assert process.exit_code == 3
    with pytest.raises(ServerFailed, match=r"test server ended unexpectedly.*\nsomething is missing"):
        process.check()


def test_lives_on_when_the_thread_that_asked_for_it_ends(process: ServerProcess) -> None:
    thread = Thread(target=process.start, args=(SLEEP,))
    thread.start()
    thread.join()
    assert process.pid is not None
    wait_until(lambda: psutil.Process(process.pid).name() == "sleep", PATIENCE_S, "the program")
    assert process.alive


def test_gets_no_signals_from_our_terminal(process: ServerProcess) -> None:
    process.start(SLEEP)
    assert process.pid is not None
    assert os.getsid(process.pid) != os.getsid(0)


def test_log_and_record_are_private(process: ServerProcess) -> None:
    process.start(SLEEP)
    assert {path.stat().st_mode & 0o077 for path in process.directory.iterdir()} == {0}


def test_start_ends_what_an_earlier_supervisor_left(process: ServerProcess) -> None:
    with subprocess.Popen(SLEEP) as left:
        record = {"pid": left.pid, "created": psutil.Process(left.pid).create_time()}
        (process.directory / "process.json").write_text(json.dumps(record))
        process.start(SLEEP)
        assert left.wait(PATIENCE_S) is not None
    assert process.alive


def test_start_ends_workers_whose_parent_is_gone(process: ServerProcess) -> None:
    process.start(PARENT_OF_TWO)
    await_ready(process)
    orphans = children(process)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.alive, PATIENCE_S, "the parent's end")
    ServerProcess("its successor", process.directory).end_leftover()
    assert not any(map(lives, orphans))


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": 1}', '{"pid": 999999999, "created": 1}'])
def test_a_useless_record_is_ignored(process: ServerProcess, record: str) -> None:
    (process.directory / "process.json").write_text(record)
    process.start(SLEEP)
    assert process.alive


def test_never_ends_a_process_that_only_has_the_same_id(process: ServerProcess) -> None:
    with subprocess.Popen(SLEEP) as stranger:
        record = {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time() - 60}
        (process.directory / "process.json").write_text(json.dumps(record))
        process.end_leftover()
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no death signal")
@pytest.mark.parametrize("command", [SLEEP, STUBBORN])
def test_dies_with_its_supervisor(tmp_path: Path, command: list[str]) -> None:
    program = (
        "import signal, sys, threading, pathlib; from leaderforge.embedded.process import ServerProcess;"
        f"process = ServerProcess('test', pathlib.Path({str(tmp_path)!r}));"
        f"thread = threading.Thread(target=process.start, args=({command!r},)); thread.start(); thread.join();"
        "print(process.pid, flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        server = psutil.Process(int(supervisor.stdout.readline()))
        wait_until(lambda: "python" not in server.name(), PATIENCE_S, "the program")
        assert lives(server)
        supervisor.kill()
    wait_until(lambda: not lives(server), PATIENCE_S, "the server's end")


def test_rotates_the_log_of_a_running_process(process: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderforge.embedded.process._LARGE_LOG", 10_000)
    process.start(["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; done"])
    rotated = process.log.with_name("server.log.1")
    for _ in range(3):
        wait_until(lambda: process.log.stat().st_size > 10_000, PATIENCE_S, "a large log")
        process.pause()
        process.rotate_log()
        assert rotated.stat().st_size == 10_000
        assert process.log.stat().st_size == 0
        assert rotated.stat().st_mode & 0o077 == 0
        process.resume()
    assert process.alive


def test_a_small_log_stays(process: ServerProcess) -> None:
    process.start(["/bin/sh", "-c", "echo ready; exec sleep 600"])
    await_ready(process)
    process.rotate_log()
    assert process.log_end() == "ready"
    assert not process.log.with_name("server.log.1").exists()


def test_starts_without_a_log_if_none_can_be_written(process: ServerProcess) -> None:
    process.log.mkdir()
    process.start(["/bin/sh", "-c", "echo discarded; exec sleep 600"])
    process.rotate_log()
    assert process.alive
    assert process.log_end() == "(there is no log)"


def test_gives_its_process_the_standard_input(process: ServerProcess) -> None:
    process.start(["/bin/sh", "-c", "cat; echo ready; exec sleep 600"], standard_input=b"a secret\n")
    await_ready(process)
    assert process.log_end().splitlines() == ["a secret", "ready"]
    with pytest.raises(ValueError, match="4096 bytes"):
        process.start(SLEEP, standard_input=bytes(4097))
