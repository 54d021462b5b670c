"""Rules that depend on a player's earlier submissions."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import RuleViolated
from leaderforge.domain.submissions import Submission

Key = TypeVar("Key", bound=tuple[object, ...])


async def judge(connection: Connection, events: Sequence[tuple[Key, Submission]]) -> Mapping[Key, RuleViolated]:
    """Delete the new events that break a rule of their board, and return their errors.

    Events must be in ascending order of their keys. Players are locked in this order, which prevents deadlocks. The
    locks exclude concurrent submissions of the same player until the commit.
    """
    refused: dict[Key, RuleViolated] = {}
    for key, submission in events:
        if submission.is_judged:
            try:
                await _require_allowed(connection, submission)
            except RuleViolated as violation:
                await connection.execute(statement("delete_event"), *key)
                refused[key] = violation
    return refused


async def _require_allowed(connection: Connection, submission: Submission) -> None:
    event, limits = submission.event, submission.board.limits
    await connection.fetch(statement("lock_user"), event.user_id)
    if limits.min_interval_ms is not None:
        interval = limits.min_interval_ms
        key = submission.event_key
        bounds = event.achieved_at - interval, event.achieved_at + interval
        if await connection.fetch(statement("nearest_event"), *key, *bounds):
            raise RuleViolated("min_interval", f"{interval} ms must lie between two submissions of a player", interval)
    ladder = submission.ladders[0]
    scores = await connection.fetch(statement("standing_score"), event.user_id, ladder.board.id, ladder.period)
    if scores:
        limits.require_step(ladder.board.policy, scores[0]["score"], event.score)
