"""Run make targets side by side: `run_parts.py --lane TARGET... --lane TARGET...`.

The targets of a lane run one after another, the lanes concurrently. The output of the first lane is streamed. In the
other lanes, the output of a target is printed when the target ends: the last line only, or all lines after a failure.

After a failure, the other targets still run, so that one run shows all failures. The exit code is then 1.

Targets get the variable `LAST_LANE`, the path of a file that exists once only one lane still runs. The tests use more
processes then.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_S = 60.0
"""Time in s that a target has to end after a signal. Then it is killed."""


@dataclass
class Run:
    """Run of all lanes, and the results of their targets."""

    lanes: int
    """Number of lanes that have not ended."""
    last_lane: Path
    """File to create when only one lane still runs."""
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    running: set["subprocess.Popen[str]"] = field(default_factory=set)
    stopping: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lane(self, targets: Sequence[str], *, streamed: bool) -> None:
        """Run the targets one after another. Create the file `last_lane` if only one other lane still runs then."""
        self.run_targets(targets, streamed=streamed)
        with self.lock:
            self.lanes -= 1
            if self.lanes == 1:
                self.last_lane.touch()

    def run_targets(self, targets: Sequence[str], *, streamed: bool) -> None:
        """Run the targets one after another, until the run is stopped."""
        for target in targets:
            if self.stopping:
                return
            begin = time.monotonic()
            code, output = self.target(target, streamed=streamed)
            with self.lock:
                self.seconds[target] = time.monotonic() - begin
                if code != 0:
                    self.failed.append(target)
                verdict = "passed" if code == 0 else "FAILED"
                shown = output.rstrip() if code else output.rstrip().rpartition("\n")[2]
                print(f"\n{shown}\n--- {target}: {verdict} in {self.seconds[target]:.0f} s", flush=True)

    def target(self, name: str, *, streamed: bool) -> tuple[int, str]:
        """Return the exit code of a make target, and its output: an empty text if the output is streamed."""
        command = [*shlex.split(os.environ.get("MAKE", "make")), "--no-print-directory", name]
        environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
        environment["LAST_LANE"] = str(self.last_lane)
        if not streamed:
            environment["NO_COLOR"] = "1"
        with self.lock:
            if self.stopping:
                return 1, ""
            process = subprocess.Popen(  # noqa: S603 - the Makefile names the targets
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=None if streamed else subprocess.PIPE,
                stderr=None if streamed else subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            self.running.add(process)
        output, _ = process.communicate()
        with self.lock:
            self.running.discard(process)
        return process.returncode, output or ""

    def stop(self) -> None:
        """End all targets and their child processes."""
        with self.lock:
            self.stopping = True
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.lock:
                running = list(self.running)
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            deadline = time.monotonic() + STOP_S
            while self.running and time.monotonic() < deadline:
                time.sleep(0.05)


def main(arguments: Sequence[str]) -> int:
    """Run the lanes and print the duration of each target. Return 1 if one of them failed."""
    lanes: list[list[str]] = []
    for argument in arguments:
        if argument == "--lane":
            lanes.append([])
        else:
            lanes[-1].append(argument)
    # Set handlers, because a shell starts background jobs with SIGINT ignored, also for their child processes.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as directory:
        return run_lanes(lanes, Run(len(lanes), Path(directory) / "last-lane"))


def run_lanes(lanes: Sequence[Sequence[str]], run: Run) -> int:
    """Run the lanes concurrently, and return the exit code."""
    threads = [
        threading.Thread(target=run.lane, args=[lane], kwargs={"streamed": i == 0}) for i, lane in enumerate(lanes)
    ]
    begin = time.monotonic()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        run.stop()
        return 130
    width = max(map(len, run.seconds))
    for target, seconds in run.seconds.items():
        print(f"{target:<{width}}  {seconds:5.0f} s  {'FAILED' if target in run.failed else 'passed'}")
    print(f"{'all':<{width}}  {time.monotonic() - begin:5.0f} s  {'FAILED' if run.failed else 'passed'}", flush=True)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
