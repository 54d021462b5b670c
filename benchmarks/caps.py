"""Limits on the processor time of processes, by the kernel's control groups.

Needs Linux and the right to create control groups of version 1 or 2, which root has.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
"""Period of the limit in us, the kernel's default. The smallest limit is 1 ms per period, a share of 0.01."""


class CannotCap(Exception):
    """Error for a machine that cannot limit processor time. The message is the reason."""


@contextmanager
def capped(pids: Iterable[int | None], share: float) -> Iterator[None]:
    """Limit each of these processes to this share of one core. Raises `CannotCap`."""
    with ExitStack() as stack:
        for pid in pids:
            if pid is not None:
                stack.enter_context(_capped(pid, share))
        yield


@contextmanager
def _capped(pid: int, share: float) -> Iterator[None]:
    home = _home()
    group = home / f"leaderforge-load-{os.getpid()}-{pid}"
    quota = int(share * PERIOD_US)
    try:
        group.mkdir()
        if home == ROOT:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise CannotCap(f"processor time cannot be limited by control groups here: {error}") from error
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            (home / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def _home() -> Path:
    """Return the folder of control groups that limit processor time. In version 1, each kind of limit has its own
    folder.
    """
    return ROOT / "cpu" if (ROOT / "cpu" / "cgroup.procs").exists() else ROOT
