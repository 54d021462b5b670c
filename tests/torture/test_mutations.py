"""The polling checker finds deliberate faults of the product that cause wrong answers only while parts fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.mutations import MUTATIONS
from tests.torture.plan import Plan
from tests.torture.run import run

_ROOT = Path(__file__).parents[2]

SECONDS = 90
"""Time limit in s for finding a fault. A run ends at the first violation."""

SAMPLE = {"drop-idempotency"}
"""Mutations that the checker finds within a few seconds, and that `make test` therefore runs."""


@pytest.mark.long
def test_each_mutation_breaks_the_test_of_its_rule() -> None:
    """Check that each mutation still has an effect. A change of the product may remove the effect.

    A run with such a mutation would test nothing.
    """
    tests = sorted(mutation.rule_test for mutation in MUTATIONS.values())
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.torture.mutated", "-p", "no:cacheprovider"]
    output = subprocess.run([*command, *tests], cwd=_ROOT, capture_output=True, text=True, check=False).stdout
    assert sorted(re.findall(r"^FAILED (\S+)", output, re.MULTILINE)) == tests, output


@pytest.mark.parametrize(
    "mutation", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.long) for name in MUTATIONS]
)
async def test_a_broken_promise_is_found(
    mutation: str, tmp_path_factory: pytest.TempPathFactory, no_process_left: None
) -> None:
    directory: Path = tmp_path_factory.mktemp("torture")
    plan = Plan(
        seconds=SECONDS,
        seed=1,
        nemeses=MUTATIONS[mutation].nemeses,
        scale=0.6,
        settle_s=0.5,
        calm_s=0.0,
        mutation=mutation,
        ledger_writers=MUTATIONS[mutation].ledger_writers,
        until_found=True,
        all_acts=False,
    )
    report = await run(plan, directory)
    if report.skipped:
        pytest.skip(str(report.skipped))
    assert report.total, report.table(plan.seed)
