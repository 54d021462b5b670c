"""CPU time of processes that have ended, and of processes that still run."""

import subprocess
import sys

from tests.costs import used_s

BUSY = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\n"
SHOWN_S = 0.175
"""Minimum of the CPU time (s) that the system shows of a busy process.

The system rounds the user time and the system time of a running process down, each to a tick of 10 ms.
"""


def test_the_cpu_time_of_ended_and_of_running_children_counts() -> None:
    before = used_s()
    subprocess.run([sys.executable, "-c", BUSY], check=True, capture_output=True)
    after_one = used_s()
    command = [sys.executable, "-c", f"{BUSY}input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        while_it_runs = used_s()
        running.communicate(b"\n")
    assert after_one - before >= SHOWN_S
    assert while_it_runs - after_one >= SHOWN_S
