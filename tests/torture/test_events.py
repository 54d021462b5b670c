"""Events reach a receiver that fails, is slow and is away for ten minutes, while every process is killed in turn."""

import faulthandler
from math import inf
from pathlib import Path

import pytest

from tests.torture.plan import Plan
from tests.torture.run import run

AWAY_S = 600.0
LONGEST_PAUSE_S = 1800.0
"""Upper bound in s of the pause after the last failed attempt.

The last pause during the absence is about as long as the absence before that pause. The pause doubles if the next
attempt fails, too.
"""

LIMIT_S = 2 * AWAY_S + LONGEST_PAUSE_S
"""Time in s after which the test counts as hanging."""


@pytest.mark.long
async def test_each_event_arrives_after_a_long_absence_and_kills(
    tmp_path_factory: pytest.TempPathFactory, no_process_left: None
) -> None:
    faulthandler.dump_traceback_later(LIMIT_S, exit=True)  # the time limit of other tests is too short
    directory: Path = tmp_path_factory.mktemp("torture")
    plan = Plan(
        seconds=inf,
        seed=1,
        nemeses=("receiver-away", "kill-api", "kill-apis", "kill-node", "kill-postgres"),
        rounds=1,
        settle_s=2.0,
        away_s=AWAY_S,
        promised_s=LONGEST_PAUSE_S,
    )
    report = await run(plan, directory)
    assert set(report.times) == set(plan.nemeses)
    assert not report.total, report.table(plan.seed)
