"""Short form of `python -m tests.torture`: each nemesis once, shortened."""

from collections.abc import Collection
from pathlib import Path

import pytest

from tests.torture.nemeses import NEMESES
from tests.torture.run import Plan, run

BRIEF = frozenset(NEMESES) - {
    "crash-at-outage",
    "crash-beside-frozen",
    "kill-api",
    "kill-apis",
    "rebuild",
    "restart-postgres",
    "wipe-partition",
}
"""Nemeses of the short form: one for each fault that the checker has to find.

The others restart servers, which is slow.
"""


@pytest.mark.parametrize(
    "nemeses", [BRIEF, pytest.param(frozenset(NEMESES), marks=pytest.mark.long)], ids=["brief", "all"]
)
async def test_every_answer_is_one_that_may_be_given(
    nemeses: Collection[str], tmp_path_factory: pytest.TempPathFactory, no_process_left: None
) -> None:
    directory: Path = tmp_path_factory.mktemp("torture")
    plan = Plan(
        seconds=0,
        seed=1,
        nemeses=() if nemeses == NEMESES.keys() else sorted(nemeses),
        rounds=1,
        scale=0.1,
        settle_s=0.05,
        warm_s=0.5,
        calm_s=1.0,
    )
    report = await run(plan, directory)
    assert report.times.keys() | report.skipped.keys() == nemeses
    assert report.reads.total() > 0
    assert not report.total, report.table(plan.seed)
