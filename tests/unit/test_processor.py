"""Demand of a thread for processor time. It includes waits for a processor, and does not depend on the load."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from leaderforge import processor
from leaderforge.processor import ProcessorDemand

SPIN_S = 0.05
TRIES = 40
"""Maximum number of tries. One try must show the full demand. Other tries may show less: a host may take time that is
not counted.
"""


def spin() -> None:
    end = time.perf_counter() + SPIN_S
    while time.perf_counter() < end:
        pass


def share_after(work: Callable[[], object], demand: ProcessorDemand) -> float:
    work()
    return demand.share()


@pytest.mark.skipif(not processor.SCHEDSTAT.exists(), reason="only Linux publishes the wait for a processor")
def test_a_thread_that_is_always_ready_demands_the_whole_processor() -> None:
    demand = ProcessorDemand()
    assert demand.share() == 0.0  # the first call has no earlier call to measure from
    assert any(share_after(spin, demand) > 0.8 for _ in range(TRIES))
    assert any(share_after(partial(time.sleep, SPIN_S), demand) < 0.5 for _ in range(TRIES))


def test_other_systems_know_the_time_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "SCHEDSTAT", Path("/nowhere"))
    demand = ProcessorDemand()
    demand.share()
    spin()
    assert 0.0 < demand.share() <= 1.0
