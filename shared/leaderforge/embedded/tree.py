"""Processes with their descendants: finding, signalling and ending them."""

import contextlib
import os
import signal
from collections.abc import Collection

import psutil

from leaderforge.embedded.waiting import wait_until


def find(pid: int, created: float) -> psutil.Process | None:
    """Return the living process of that id, if it is the one created at that time and not a later one."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if abs(process.create_time() - created) < 1 and lives(process):
            return process
    return None


def family(pid: int) -> list[psutil.Process]:
    """Return the process, then its descendants."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def group(number: int) -> list[psutil.Process]:
    """Return the processes of a group, which stay in it when its leader, their parent, is gone."""
    return [process for process in psutil.process_iter() if _group_of(process.pid) == number]


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to the process unless it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end(processes: Collection[psutil.Process]) -> None:
    """Kill the processes and wait until they are gone."""
    for process in processes:
        send(process, signal.SIGKILL)
    wait_until(lambda: not any(map(lives, processes)), 10, "the end of killed processes")


def lives(process: psutil.Process) -> bool:
    """Whether the process can still do anything: a zombie cannot, and stays as long as its parent likes."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _group_of(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getpgid(pid)
    return None
