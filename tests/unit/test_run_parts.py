"""Script that runs the targets of `make test` in concurrent lanes. It prints every failure, and leaves no process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from leaderforge.embedded.tree import lives
from leaderforge.embedded.waiting import wait_until
from tests.waiting import PATIENCE_S

SCRIPT = Path(__file__).parents[2] / "scripts" / "run_parts.py"
MAKE = """#!/bin/sh
case "$2" in
  bad*) echo "output of $2"; exit 2 ;;
  slow*) touch "$2.started"; exec sleep 1000 ;;
  last) while [ ! -e "$LAST_LANE" ]; do sleep 0.01; done; ls *.ended ;;
  check*) [ -e "$LAST_LANE" ] || touch "$2.ended" ;;
  *) echo "output of $2" ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder with a replacement for `make`."""
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    return tmp_path


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, SCRIPT, *arguments],
        cwd=folder,
        env={**os.environ, "MAKE": str(folder / "make")},
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(folder: Path, *arguments: str) -> tuple[int, Sequence[str]]:
    """Return the exit code and the lines of the output."""
    process = started(folder, *arguments)
    output, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output.splitlines()


def test_all_pass(folder: Path) -> None:
    code, lines = ended(folder, "--lane", "tests", "--lane", "lint", "types")
    assert code == 0
    assert {f"output of {target}" for target in ("tests", "lint", "types")} <= set(lines)
    assert lines[-1].endswith("passed")


def test_the_last_lane_knows_that_it_is_the_last(folder: Path) -> None:
    code, lines = ended(folder, "--lane", "last", "--lane", "check1", "check2")
    assert code == 0
    assert lines[lines.index("check2.ended") - 1] == "check1.ended"


def test_a_failure_stops_nothing_and_is_shown(folder: Path) -> None:
    code, lines = ended(folder, "--lane", "tests", "--lane", "bad", "types")
    assert code == 1
    assert lines[lines.index("output of bad") + 1] == "--- bad: FAILED in 0 s"
    assert "--- types: passed in 0 s" in lines
    assert lines[-1].endswith("FAILED")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(folder: Path, number: signal.Signals) -> None:
    process = started(folder, "--lane", "slow1", "--lane", "slow2", "types")
    wait_until(lambda: len(list(folder.glob("*.started"))) == 2, PATIENCE_S, "both lanes to start")
    family = psutil.Process(process.pid).children(recursive=True)
    begin = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "types" not in output  # the second target of the lane was not started
    assert time.monotonic() - begin < PATIENCE_S
    assert not any(map(lives, family))
