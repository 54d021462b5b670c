"""Writing a batch of submissions in one transaction, or in one statement.

Rows are written in the order of their keys, events before standings, policies in a fixed order. This order prevents
deadlocks between batches.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from leaderforge.adapters.postgres.errors import Vanished
from leaderforge.adapters.postgres.judging import judge
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.errors import Conflict, LeaderForgeError
from leaderforge.domain.order import ranked_score
from leaderforge.domain.standings import Standing, combine, is_improvement, standing_of
from leaderforge.domain.submissions import EventKey, Recorded, Submission

StandingKey: TypeAlias = tuple[int, int, int]
"""Player id, board id and period number."""
Standings: TypeAlias = Mapping[StandingKey, Standing]

_SIGNS = {Order.DESC: -1, Order.ASC: 1}
"""Factors that make lower scores better."""

_FIELDS = len(Standing._fields)
"""Number of leading columns that are the fields of a standing, in their order."""


async def write(
    connection: Connection, submissions: Sequence[Submission], now: int
) -> Sequence[Recorded | LeaderForgeError]:
    """Write the submissions, and return their outcomes in their order.

    `now` (us since 1970) is the recording time of the events and the lower bound of new revisions. A player must have
    at most one submission whose rules depend on the standing (`ScoreLimits.depend_on_standing`). The outcome is
    `Vanished` if the first copy of a duplicate was deleted before it could be read.
    """
    # An insert cannot contain a key twice: later copies in the batch become duplicates of the first.
    firsts: dict[EventKey, int] = {}
    for position, submission in enumerate(submissions):
        firsts.setdefault(submission.event_key, position)
    events = {key: submissions[position] for key, position in firsts.items()}
    new = await _insert_events(connection, events, now // 1000)
    refused = await judge(connection, [(key, events[key]) for key in sorted(new)])
    standings = await upsert_standings(connection, [events[key] for key in new - refused.keys()], now)
    outcomes: dict[int, Recorded | LeaderForgeError] = {
        firsts[key]: refused.get(key) or _recorded(events[key], standings) for key in new
    }
    return await _with_duplicates(connection, submissions, outcomes)


async def write_at_once(
    connection: Connection, submissions: Sequence[Submission], now: int
) -> Sequence[Recorded | LeaderForgeError]:
    """Write the submissions in one statement, with the outcomes of `write`.

    All boards must have one policy, and no rules that depend on a standing. A player must have at most one submission
    on a board.
    """
    # Sorted by key: a plain statement locks rows in the order of its input.
    rows = sorted(chain.from_iterable(map(_rows, submissions)))
    record = statement(f"record_{submissions[0].board.policy}")
    written = await connection.fetch(record, *zip(*rows, strict=True), now // 1000, now)
    standings = _standings(written, _boards(submissions))
    outcomes: dict[int, Recorded | LeaderForgeError] = {
        i: _recorded(s, standings)
        for i, s in enumerate(submissions)
        if _standing_key(s.event.user_id, s.ladders[0]) in standings
    }
    return await _with_duplicates(connection, submissions, outcomes)


async def count_event(connection: Connection, submission: Submission, now: int) -> None:
    """Count a submission with a new id, without checking the board's score limits."""
    await _insert_events(connection, {submission.event_key: submission}, now // 1000)
    await upsert_standings(connection, [submission], now)


def standing_of_row(board: Board, row: Record) -> Standing:
    """Return the standing in a row. The first columns must be the fields of a standing, in their order."""
    # By position, not by ten names: rebuilds convert every row of the table here.
    standing = Standing(*row[:_FIELDS])
    if board.subscore_order is Order.DESC:
        return standing._replace(subscore=ranked_score(Order.DESC, standing.subscore))
    return standing


async def upsert_standings(connection: Connection, submissions: Sequence[Submission], revision: int) -> Standings:
    """Fold new events into the standings of their ladders, and return the changed standings."""
    standings: dict[StandingKey, Standing] = {}
    newcomers: set[int] = set()
    # Sorted by policy, then by key: concurrent batches lock rows in one order.
    for policy, folded in sorted(_fold_batch(submissions).items()):
        rows = [standing_row(key, *folded[key], revision) for key in sorted(folded)]
        for row in await run_rows(connection, f"upsert_{policy}", rows):
            key = _key_of_row(row)
            board, added = folded[key]
            standings[key] = standing_of_row(board, row)
            # All submissions of the standing are of this batch: the row is new, or was removed.
            if added.submissions == row["submissions"]:
                newcomers.add(row["user_id"])
    if newcomers:
        standings |= await hide_newcomers(connection, newcomers, _boards(submissions))
    return standings


def standing_row(key: StandingKey, board: Board, standing: Standing, revision: int) -> Sequence[object]:
    """Return the values of a standing's row, in the order of the columns in upsert_*.sql."""
    return (
        *key,
        _SIGNS[board.order],
        standing.score,
        ranked_score(board.subscore_order or Order.ASC, standing.subscore),
        standing.achieved_at,
        standing.run_id,
        standing.metadata,
        standing.scored,
        standing.submissions,
        revision,
    )


async def _insert_events(
    connection: Connection, events: Mapping[EventKey, Submission], recorded_at: int
) -> set[EventKey]:
    rows = [_event_row(key, events[key], recorded_at) for key in sorted(events)]
    returned = await run_rows(connection, "insert_events", rows)
    return {(user_id, board_id, submission_id) for user_id, board_id, submission_id in returned}


def _fold_batch(submissions: Sequence[Submission]) -> Mapping[Policy, dict[StandingKey, tuple[Board, Standing]]]:
    """Return the fold of the batch's events alone, by policy and standing."""
    by_policy: defaultdict[Policy, dict[StandingKey, tuple[Board, Standing]]] = defaultdict(dict)
    for submission in submissions:
        board, added = submission.board, standing_of(submission.event)
        folded = by_policy[board.policy]
        for ladder in submission.ladders:
            key = _standing_key(added.user_id, ladder)
            folded[key] = board, (combine(board, folded[key][1], added) if key in folded else added)
    return by_policy


async def hide_newcomers(connection: Connection, user_ids: Collection[int], boards: Mapping[int, Board]) -> Standings:
    """Hide new standings of hidden players, raise the revisions of reused ids, and return the changed standings.

    Hiding a player locks the player's row. The foreign key of standings makes it wait for this transaction.
    """
    newcomers = await connection.fetch(statement("newcomers"), joined(user_ids))
    if not newcomers:
        return {}
    for row in newcomers:
        if row["revision"] is not None:
            await connection.execute(statement("raise_revisions"), row["user_id"], row["revision"])
    hidden = [row["user_id"] for row in newcomers if row["hidden"]]
    if hidden:
        await connection.execute(statement("hide_standings"), joined(hidden))
    changed = joined([row["user_id"] for row in newcomers])
    return _standings(await connection.fetch(statement("standings_of_users"), changed), boards)


def _standings(rows: Sequence[Record], boards: Mapping[int, Board]) -> Standings:
    """Return the standings by key. Rows of other boards are skipped."""
    return {
        _key_of_row(row): standing_of_row(boards[row["board_id"]], row) for row in rows if row["board_id"] in boards
    }


def _boards(submissions: Collection[Submission]) -> Mapping[int, Board]:
    return {s.board.id: s.board for s in submissions}


def _recorded(submission: Submission, standings: Standings) -> Recorded:
    user_id = submission.event.user_id
    current = [standings[_standing_key(user_id, ladder)] for ladder in submission.ladders]
    improved = is_improvement(submission.board, submission.event, current[0])
    return Recorded(submission.ladders, current, duplicate=False, improved=improved)


async def _with_duplicates(
    connection: Connection, submissions: Sequence[Submission], outcomes: dict[int, Recorded | LeaderForgeError]
) -> Sequence[Recorded | LeaderForgeError]:
    """Return all outcomes in order: new events from `outcomes`, duplicates from the database."""
    repeated = {i: s for i, s in enumerate(submissions) if i not in outcomes}
    if repeated:
        outcomes |= await _read_duplicates(connection, repeated)
    return [outcomes[i] for i in range(len(submissions))]


async def _read_duplicates(
    connection: Connection, submissions: Mapping[int, Submission]
) -> Mapping[int, Recorded | LeaderForgeError]:
    """Return the outcome of each duplicate, `Vanished` if its first copy was deleted meanwhile.

    One statement reads first copies and standings: a second one would read another snapshot.
    """
    boards = _boards(submissions.values())
    user_ids = {s.event.user_id for s in submissions.values()}
    submission_ids = {s.event.submission_id for s in submissions.values()}
    rows = await connection.fetch(statement("repeated"), joined(user_ids), joined(boards), joined(submission_ids))
    firsts = {(row["user_id"], row["board_id"], row["run_id"]): row for row in rows if row["period_id"] is None}
    standings = _standings([row for row in rows if row["period_id"] is not None], boards)
    return {i: _duplicate(s, firsts.get(s.event_key), standings) for i, s in submissions.items()}


def _duplicate(submission: Submission, first: Record | None, standings: Standings) -> Recorded | LeaderForgeError:
    """Return the outcome of a duplicate: the current standings on the ladders of its first copy."""
    if first is None:
        return Vanished("the first copy of the submission was deleted meanwhile")
    # The first copy decides: a duplicate may come with another score or time.
    event = submission.event._replace(score=first["score"], achieved_at=first["achieved_at"])
    counted = {
        ladder: standing
        for ladder in submission.board.ladders_at(event.achieved_at)
        if (standing := standings.get(_standing_key(event.user_id, ladder))) and not standing.removed
    }
    if first["void"] or not counted:
        return Conflict("what was submitted with this id has been removed", submission_id=event.submission_id)
    current = list(counted.values())
    improved = is_improvement(submission.board, event, current[0])
    return Recorded(list(counted), current, duplicate=True, improved=improved)


def _key_of_row(row: Record) -> StandingKey:
    return row["user_id"], row["board_id"], row["period_id"]


def _standing_key(user_id: int, ladder: Ladder) -> StandingKey:
    return user_id, ladder.board.id, ladder.period


def _rows(submission: Submission) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of record_*.sql, one a ladder. The first one also inserts the event."""
    board, event = submission.board, submission.event
    subranked = ranked_score(board.subscore_order or Order.ASC, event.subscore)
    for i, ladder in enumerate(submission.ladders):
        yield (
            event.user_id,
            board.id,
            ladder.period,
            i == 0,
            _SIGNS[board.order],
            event.submission_id,
            event.score,
            event.subscore,
            subranked,
            event.achieved_at,
            event.metadata,
        )


def _event_row(key: EventKey, submission: Submission, recorded_at: int) -> Sequence[object]:
    event = submission.event
    return *key, event.score, event.subscore, event.achieved_at, recorded_at, event.metadata
