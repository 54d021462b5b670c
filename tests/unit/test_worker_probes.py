"""Probes of workers whose calls do not end in time."""

from asyncio import Event, create_task, gather
from collections.abc import Sequence
from typing import Any, cast

import pytest

from leaderforge.adapters.postgres import workers
from leaderforge.adapters.postgres.errors import NodeUnavailable
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.workers import Workers


class Worker:
    """Pool with one worker that answers its first probe, but no later probe."""

    def __init__(self) -> None:
        self.answered, self.silent = Event(), Event()

    async def fetch(self, *_: object, **__: object) -> Sequence[dict[str, Any]]:
        if self.answered.is_set():
            self.silent.set()
            return [{"answers": False}]
        self.answered.set()
        return [{"answers": True}]


async def test_a_worker_that_hangs_after_a_successful_probe_is_probed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    circuits = Workers(cast(Pool, worker), 0.05)
    never = Event()
    monkeypatch.setattr(workers, "_SLOW_SHARE", 0.001)
    with pytest.raises(NodeUnavailable, match="in time"):
        await circuits.call(1, never.wait)
    assert worker.answered.is_set()
    await worker.silent.wait()
    [failure] = await gather(create_task(circuits.call(1, never.wait)), return_exceptions=True)
    assert isinstance(failure, NodeUnavailable)
    assert str(failure).endswith("does not answer")
    await circuits.close()
