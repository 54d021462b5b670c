"""Writing a batch of submissions within one transaction.

Rows are written in the order of their keys, events before standings and policies in a fixed order, so that no two
batches ever wait for each other in a circle.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import listed, run_rows, statement
from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.domain.errors import Conflict, LeaderForgeError
from leaderforge.domain.standings import Event, Standing, combine, improved, standing_of
from leaderforge.ports import Recorded, Submission

EventKey: TypeAlias = tuple[int, int, UUID]
"""User, board and submission id."""
StandingKey: TypeAlias = tuple[int, int, int]
"""User, board and period."""

SIGNS = {Order.DESC: -1, Order.ASC: 1}
"""What a score is multiplied by to be smaller the better it is."""


async def write(
    connection: Connection, submissions: Sequence[Submission], now: int
) -> Sequence[Recorded | LeaderForgeError]:
    """Write the submissions and return what became of each, in their order.

    `now`, in microseconds since 1970, is when the events are recorded, and the least revision of what they change.
    """
    firsts: dict[EventKey, int] = {}
    for position, submission in enumerate(submissions):
        firsts.setdefault(_event_key(submission), position)
    events = {key: submissions[position] for key, position in firsts.items()}
    new = await _insert_events(connection, events, now // 1000)
    standings = await _upsert_standings(connection, [events[key] for key in new], now)
    outcomes: dict[int, Recorded | LeaderForgeError] = {
        firsts[key]: _recorded(events[key], standings[_standing_key(events[key])]) for key in new
    }
    repeated = {i: s for i, s in enumerate(submissions) if i not in outcomes}
    if repeated:
        outcomes |= await _repeated(connection, repeated)
    return [outcomes[i] for i in range(len(submissions))]


def standing(row: Record) -> Standing:
    """Return the standing in a row that has all its columns."""
    return Standing(
        row["user_id"],
        row["score"],
        row["achieved_at"],
        row["run_id"],
        row["metadata"],
        row["scored"],
        row["submissions"],
        row["revision"],
    )


async def _insert_events(
    connection: Connection, events: Mapping[EventKey, Submission], recorded_at: int
) -> set[EventKey]:
    rows = [_event_row(key, events[key], recorded_at) for key in sorted(events)]
    returned = await run_rows(connection, "insert_events", rows)
    return {(user_id, board_id, submission_id) for user_id, board_id, submission_id in returned}


async def _upsert_standings(
    connection: Connection, submissions: Sequence[Submission], revision: int
) -> dict[StandingKey, Standing]:
    by_policy: dict[Policy, dict[StandingKey, tuple[Board, Standing]]] = defaultdict(dict)
    for submission in submissions:
        _fold_in(by_policy[submission.ladder.board.policy], submission)
    returned: list[Record] = []
    for policy in sorted(by_policy):
        folded = by_policy[policy]
        rows = [standing_row(key, *folded[key], revision) for key in sorted(folded)]
        returned += await run_rows(connection, f"upsert_{policy}", rows)
    return {(row["user_id"], row["board_id"], row["period_id"]): standing(row) for row in returned}


def _fold_in(folded: dict[StandingKey, tuple[Board, Standing]], submission: Submission) -> None:
    board, key, new = submission.ladder.board, _standing_key(submission), standing_of(submission.event)
    if key in folded:
        new = combine(board.policy, board.order, folded[key][1], new)
    folded[key] = board, new


async def _standings_of(connection: Connection, user_ids: Collection[int]) -> dict[StandingKey, Standing]:
    rows = await connection.fetch(statement("standings_of_users"), listed(user_ids))
    return {(row["user_id"], row["board_id"], row["period_id"]): standing(row) for row in rows}


async def _event_scores(connection: Connection, submissions: Collection[Submission]) -> dict[EventKey, int]:
    user_ids = {s.event.user_id for s in submissions}
    submission_ids = {s.event.submission_id for s in submissions}
    rows = await connection.fetch(statement("event_scores"), listed(user_ids), listed(submission_ids))
    return {(row["user_id"], row["board_id"], row["submission_id"]): row["score"] for row in rows}


def _recorded(submission: Submission, standing: Standing) -> Recorded:
    return Recorded(standing, duplicate=False, improved=_improved(submission, submission.event, standing))


async def _repeated(
    connection: Connection, submissions: Mapping[int, Submission]
) -> Mapping[int, Recorded | LeaderForgeError]:
    standings = await _standings_of(connection, {s.event.user_id for s in submissions.values()})
    scores = await _event_scores(connection, submissions.values())
    return {i: _duplicate(s, standings.get(_standing_key(s)), scores[_event_key(s)]) for i, s in submissions.items()}


def _duplicate(submission: Submission, standing: Standing | None, score: int) -> Recorded | LeaderForgeError:
    """Return what a repeated submission is told: what its first copy, of that score, amounts to today."""
    if standing is None:
        return Conflict("the submission id belongs to another period", submission_id=submission.event.submission_id)
    first = replace(submission.event, score=score)
    return Recorded(standing, duplicate=True, improved=_improved(submission, first, standing))


def _improved(submission: Submission, event: Event, standing: Standing) -> bool:
    board = submission.ladder.board
    return improved(board.policy, board.order, event, standing)


def _event_key(submission: Submission) -> EventKey:
    return submission.event.user_id, submission.ladder.board.id, submission.event.submission_id


def _standing_key(submission: Submission) -> StandingKey:
    return submission.event.user_id, submission.ladder.board.id, submission.ladder.period


def _event_row(key: EventKey, submission: Submission, recorded_at: int) -> Sequence[object]:
    event = submission.event
    return *key, event.score, event.achieved_at, recorded_at, event.metadata


def standing_row(key: StandingKey, board: Board, standing: Standing, revision: int) -> Sequence[object]:
    """Return the values of a row of standings, in the order of its columns."""
    return (
        *key,
        SIGNS[board.order],
        standing.score,
        standing.achieved_at,
        standing.run_id,
        standing.metadata,
        standing.scored,
        standing.submissions,
        revision,
    )
