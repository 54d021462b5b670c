"""Short form of `python -m tests.torture`: each nemesis once, shortened."""

from pathlib import Path

import pytest

from tests.torture.nemeses import NEMESES
from tests.torture.run import Plan, run


async def test_every_answer_is_one_that_may_be_given(
    tmp_path_factory: pytest.TempPathFactory, no_process_left: None
) -> None:
    directory: Path = tmp_path_factory.mktemp("torture")
    plan = Plan(seconds=0, seed=1, rounds=1, scale=0.1, settle_s=0.05, warm_s=0.5, calm_s=1.0)
    report = await run(plan, directory)
    assert report.times.keys() | report.skipped.keys() == NEMESES.keys()
    assert report.reads.total() > 0
    assert not report.total, report.table(plan.seed)
