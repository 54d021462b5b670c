"""Short runs of `python -m tests.torture`, in which each nemesis acts once, with shortened durations."""

from collections.abc import Sequence
from math import inf
from pathlib import Path

import pytest

from tests.torture.nemeses import NEMESES
from tests.torture.plan import Plan
from tests.torture.run import run
from tests.waiting import PATIENCE_S

SAMPLE = (
    "freeze-index",
    "kill-node",
    "migrate-slot",
    "cut-index",
    "crash-in-outage",
    "erase-in-outage",
    "duels",
    "overlaps",
    "deliveries",
    "cut-database",
    "fill-disk",
)
"""Nemeses that `make test` runs: at least one for each part, and all that end quickly."""


async def test_every_answer_is_one_that_may_be_given(
    tmp_path_factory: pytest.TempPathFactory, no_process_left: None
) -> None:
    await _run(SAMPLE, tmp_path_factory.mktemp("torture"))


@pytest.mark.long
async def test_every_nemesis(tmp_path_factory: pytest.TempPathFactory, no_process_left: None) -> None:
    await _run(tuple(NEMESES), tmp_path_factory.mktemp("torture"))


async def _run(nemeses: Sequence[str], directory: Path) -> None:
    plan = Plan(
        seconds=inf,
        seed=1,
        nemeses=nemeses,
        rounds=1,
        scale=0.1,
        settle_s=0.05,
        warm_s=0.5,
        calm_s=1.0,
        away_s=0.5,
        promised_s=PATIENCE_S,
    )
    report = await run(plan, directory)
    assert report.times.keys() | report.skipped.keys() == set(nemeses)
    assert report.reads.total() > 0
    assert not report.total, report.table(plan.seed)
