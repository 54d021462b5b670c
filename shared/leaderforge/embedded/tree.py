"""Lookup, signalling and termination of processes and their descendants."""

import contextlib
import os
import signal
from collections.abc import Collection

import psutil

from leaderforge.embedded.waiting import wait_until


def find(pid: int, created: float) -> psutil.Process | None:
    """Return the live process with this id and time of creation (s), None if there is none.

    An id alone may be reused.
    """
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if abs(process.create_time() - created) < 1 and lives(process):
            return process
    return None


def family(pid: int) -> list[psutil.Process]:
    """Return the process, then its descendants. Return an empty list if the process is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def group(number: int) -> list[psutil.Process]:
    """Return the processes of a process group. Processes remain in a group after the end of its leader."""
    return [process for process in psutil.process_iter() if _group_of(process.pid) == number]


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to the process unless it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end(processes: Collection[psutil.Process]) -> None:
    """Kill the processes and wait for their end. Raises `ServerFailed` after 10 s."""
    for process in processes:
        send(process, signal.SIGKILL)
    wait_until(lambda: not any(map(lives, processes)), 10, "the end of killed processes")


def lives(process: psutil.Process) -> bool:
    """Return whether the process runs. A zombie, which only waits for its parent to reap it, does not run."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _group_of(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getpgid(pid)
    return None
