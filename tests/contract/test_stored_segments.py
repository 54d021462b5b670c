"""Segments that the store keeps with each standing: of new standings, after changes of attributes, and of the past."""

import json
from asyncio import Task, create_task

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Policy, ScoreLimits
from leaderforge.domain.moments import Moments
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, Stores
from tests.contract.test_changes_of_scores import DAILY, NOON, event, recorded
from tests.waiting import until

PLAYER = 1
LIMITS = pytest.mark.parametrize(
    "limits", [ScoreLimits(), ScoreLimits(min_interval_ms=1)], ids=["one statement", "several statements"]
)
"""Limits of boards. On a plain server, the first board's submissions are written in one statement."""
WAITING = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


async def change_country(stores: Stores, country: str | None) -> None:
    attributes = None if country is None else json.dumps({"country": country})
    act = AuditEntry(NOON, "cli", "player.change", None, PLAYER)
    await stores.users.change(PLAYER, {"attributes": attributes}, act)


@LIMITS
@pytest.mark.parametrize("moments", [None, Moments(30, 0, 0, 0)], ids=["present", "moments"])
@pytest.mark.parametrize("statement", ["update users", "insert into audit_log"])
async def test_a_change_of_attributes_moves_a_concurrent_first_standing(
    on_postgres: Database, statement: str, moments: Moments | None, limits: ScoreLimits
) -> None:
    board = await on_postgres.board(
        policy=Policy.BEST, calendar=DAILY, segments=("country",), moments=moments, limits=limits
    )
    on_postgres.clock.ms = NOON
    await on_postgres.players(PLAYER)
    await change_country(on_postgres, "FI")
    submitted: list[Task[object]] = []

    async def submit() -> None:
        task = create_task(recorded(on_postgres, board, event(5)))
        submitted.append(task)
        await until(lambda: task.done() or on_postgres.run(WAITING), "the submission to wait or to end")

    async with interrupted(on_postgres) as (stores, pool):
        stores.clock.ms = NOON
        pool.before(statement, submit)
        await change_country(stores, "SE")
    [task] = submitted
    await task
    for ladder in board.ladders_at(NOON):
        [standing] = await on_postgres.scores.standings(ladder, [PLAYER])
        assert standing.segments == ("SE",)
