"""A thread's demand for the processor includes its wait for one, so it does not depend on the load of the machine."""

import time
from pathlib import Path

import pytest

from leaderforge import processor
from leaderforge.processor import ProcessorDemand

SPIN_S = 0.05


def spin() -> None:
    end = time.perf_counter() + SPIN_S
    while time.perf_counter() < end:
        pass


@pytest.mark.skipif(not processor.SCHEDSTAT.exists(), reason="only Linux publishes the wait for a processor")
def test_a_thread_that_is_always_ready_demands_the_whole_processor() -> None:
    demand = ProcessorDemand()
    assert demand.share() == 0.0  # there is no earlier call
    spin()
    assert demand.share() > 0.8
    time.sleep(SPIN_S)
    assert demand.share() < 0.5


def test_other_systems_know_the_time_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "SCHEDSTAT", Path("/nowhere"))
    demand = ProcessorDemand()
    demand.share()
    spin()
    assert 0.0 < demand.share() <= 1.0
