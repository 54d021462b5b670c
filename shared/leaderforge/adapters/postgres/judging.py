"""Changes of scores, and rules that depend on a player's earlier submissions."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import RuleViolated, ScoreOutOfRange
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import CountedRun, Submission

Key = TypeVar("Key", bound=tuple[object, ...])


async def judge(
    connection: Connection, events: Sequence[tuple[Key, Submission]]
) -> Mapping[Key, Submission | RuleViolated | ScoreOutOfRange]:
    """Return the submission of each new event, or the error that refuses it. Refused events are deleted.

    A submission with a change is returned with its final score, which depends on the player's standing.

    Events must be in ascending order of their keys. All players are locked in this order, then their standings. This
    prevents deadlocks. The locks exclude concurrent submissions of the same player until the commit.
    """
    for _, submission in events:
        if submission.is_judged:
            await _lock_player(connection, submission.event)
    judged: dict[Key, Submission | RuleViolated | ScoreOutOfRange] = {}
    for key, submission in events:
        try:
            judged[key] = await _allowed(connection, submission) if submission.is_judged else submission
        except (RuleViolated, ScoreOutOfRange) as error:
            await connection.execute(statement("delete_event"), *key)
            judged[key] = error
    return judged


async def _allowed(connection: Connection, submission: Submission) -> Submission:
    """Return the submission, with the computed score if it has a change. Raises `RuleViolated` or `ScoreOutOfRange`."""
    await _require_interval(connection, submission)
    ladder, limits = submission.ladders[0], submission.board.limits
    ids = submission.event.user_id, ladder.board.id, ladder.period
    if submission.event.change is not None:
        await connection.fetch(statement("lock_standings_on"), *ids[:2])
    rows = await connection.fetch(statement("standing_score"), *ids)
    run = CountedRun(*rows[0]) if rows else None
    if submission.event.change is not None:
        submission = await _changed(connection, submission.on_top_of(run))
    if run is not None:
        limits.require_step(submission.board.policy, run.score, submission.event.score)
    return submission


async def _lock_player(connection: Connection, event: Event) -> None:
    # A change depends on the standing. Therefore use a stronger lock: even submissions that lock no player wait for
    # this lock before they insert a first standing.
    lock = "lock_user" if event.change is None else "lock_player"
    await connection.fetch(statement(lock), event.user_id)


async def _require_interval(connection: Connection, submission: Submission) -> None:
    interval = submission.board.limits.min_interval_ms
    if interval is None:
        return
    achieved_at = submission.event.achieved_at
    bounds = achieved_at - interval, achieved_at + interval
    if await connection.fetch(statement("nearest_event"), *submission.event_key, *bounds):
        raise RuleViolated("min_interval", f"{interval} ms must lie between two submissions of a player", interval)


async def _changed(connection: Connection, submission: Submission) -> Submission:
    """Store the computed score of a submission that requests a change. Return the given submission."""
    event = submission.event
    values = event.score, event.achieved_at, event.received_us, event.change
    await connection.execute(statement("set_change"), *submission.event_key, *values)
    return submission
