import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from leaderforge.embedded.errors import AlreadyRunning
from leaderforge.embedded.lock import DirectoryLock


def test_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path / "lock"), DirectoryLock(tmp_path / "lock")
    first.acquire(api="http://localhost:1")
    with pytest.raises(AlreadyRunning) as refusal:
        second.acquire()
    assert refusal.value.details == {"pid": os.getpid(), "api": "http://localhost:1"}
    first.release()
    second.acquire()
    second.release()


def test_garbage_in_the_file_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("{half")
    lock = DirectoryLock(tmp_path / "lock")
    lock.acquire()
    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        DirectoryLock(tmp_path / "lock").acquire()
    lock.release()


def _wait(ready: Connection) -> None:
    ready.send(True)
    ready.recv()


@pytest.mark.parametrize("release", [DirectoryLock.release, DirectoryLock.disown])
def test_forked_processes_do_not_hold_it(tmp_path: Path, release: Callable[[DirectoryLock], None]) -> None:
    lock = DirectoryLock(tmp_path / "lock").acquire()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    fork = context.Process(target=_wait, args=(theirs,), daemon=True)
    fork.start()
    ours.recv()
    release(lock)
    DirectoryLock(tmp_path / "lock").acquire().release()
    fork.kill()
    fork.join()


def _hold(path: Path, ready: Connection) -> None:
    DirectoryLock(path).acquire()
    ready.send(True)
    ready.recv()


def test_killing_the_holder_releases_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    holder = context.Process(target=_hold, args=(tmp_path / "lock", theirs))
    holder.start()
    ours.recv()
    with pytest.raises(AlreadyRunning, match=str(holder.pid)):
        DirectoryLock(tmp_path / "lock").acquire()
    holder.kill()
    holder.join()
    DirectoryLock(tmp_path / "lock").acquire().release()
