"""Restarts of servers that end again and again."""

import asyncio
from pathlib import Path

import pytest

from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.tasks import Backoff, RestartedServer, attempt, keep_up


def pauses(backoff: Backoff, now: float, *, attempts: int, lasting: float) -> tuple[list[float], float]:
    """Return the pauses (s) before attempts of `lasting` s each, and the time (s) after the last attempt."""
    waits = []
    for _ in range(attempts):
        waits.append(backoff.next_pause(now))
        now += waits[-1] + lasting
    return waits, now


def test_pauses_grow_to_their_limit_while_a_part_keeps_ending() -> None:
    assert pauses(Backoff(), 1000.0, attempts=9, lasting=8.0)[0] == [0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_part_that_lasted_is_restarted_without_a_pause() -> None:
    backoff = Backoff()
    _, now = pauses(backoff, 1000.0, attempts=7, lasting=0.1)
    assert pauses(backoff, now + 30, attempts=2, lasting=0.1)[0] == [0, 1]


async def test_goes_on_after_any_error_of_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderforge.embedded.tasks._POLL_SECONDS", 0)
    restarts, messages = 0, []
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def restart() -> None:
        nonlocal restarts
        restarts += 1
        if restarts == 20:
            loop.call_soon_threadsafe(enough.set)
        raise OSError("the disk is full")

    monkeypatch.setattr(Backoff, "pause", lambda self: asyncio.sleep(0))
    process = ServerProcess("test server", tmp_path)
    keeping = asyncio.create_task(keep_up(RestartedServer(process, restart, lambda: None), messages.append))
    await asyncio.wait_for(enough.wait(), 60)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait([keeping])
    assert "test server does not start: the disk is full" in messages


async def test_an_attempt_tells_whether_it_succeeded() -> None:
    messages: list[str] = []
    assert await attempt("never shown", asyncio.sleep(0), messages.append)
    assert messages == []
