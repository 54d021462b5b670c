"""Writing of events and standings inside a transaction.

A transaction writes all events before the standings. The standings are written policy by policy, and the rows of a
policy in the order of their keys. All batches use this order, which prevents deadlocks between them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from leaderforge.adapters.postgres.errors import NUMERIC_VALUE_OUT_OF_RANGE, Rejected
from leaderforge.adapters.postgres.event_rows import event_row
from leaderforge.adapters.postgres.past_rows import keep_past
from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.standing_rows import (
    StandingKey,
    Standings,
    key_of_row,
    key_of_standing,
    replacing_row,
    standing_of_row,
    standing_row,
    standings_of_rows,
)
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.score_types import MAX_LONG
from leaderforge.domain.standings import Standing, combine, removed_standing, standing_of
from leaderforge.domain.submissions import EventKey, Submission


async def count_event(connection: Connection, submission: Submission, now: int) -> None:
    """Store a submission whose id is new, and count it in the standings, without a check of the score limits."""
    await insert_events(connection, {submission.event_key: submission}, now)
    await upsert_standings(connection, [submission], now)


async def insert_events(connection: Connection, events: Mapping[EventKey, Submission], now: int) -> set[EventKey]:
    """Insert the events that are not stored yet, recorded at `now` (us since 1970), and return their keys."""
    rows = [event_row(key, events[key], now // 1000) for key in sorted(events)]
    returned = await run_rows(connection, "insert_events", rows)
    return {(user_id, board_id, submission_id) for user_id, board_id, submission_id in returned}


async def hold_standings(connection: Connection, submissions: Sequence[Submission], revision: int) -> Standings:
    """Lock the standings of the submissions' ladders until the commit, and return them.

    If a standing does not exist, insert a removed standing, because only a stored row can be locked.
    """
    if not submissions:
        return {}
    boards = {submission.board.id: submission.board for submission in submissions}
    ladders = {
        (submission.board.policy, key_of_standing(submission.event.user_id, ladder)): ladder
        for submission in submissions
        for ladder in submission.ladders
    }
    # Lock in the order of the writes of `upsert_standings`: by policy, then by key. Otherwise, batches could deadlock.
    absent = [(ladders[place], place[1][0]) for place in sorted(ladders)]
    rows = [replacing_row(lad, removed_standing(lad.board, user_id, revision), revision) for lad, user_id in absent]
    await run_rows(connection, "hold_standings", rows)
    ids = (joined(set(ids)) for ids in zip(*(key for _, key in ladders), strict=True))
    return standings_of_rows(await connection.fetch(statement("standings_of_batch"), *ids), boards)


async def upsert_standings(connection: Connection, submissions: Sequence[Submission], revision: int) -> Standings:
    """Fold new events into the standings of their ladders, and return the changed standings."""
    standings: dict[StandingKey, Standing] = {}
    newcomers: set[StandingKey] = set()
    # Sort by policy, then by key. Concurrent batches then lock rows in the same order, and cannot deadlock.
    for policy, folded in sorted(_fold_batch(submissions).items()):
        rows = [standing_row(key, *folded[key], revision) for key in sorted(folded)]
        for row in await run_rows(connection, f"upsert_{policy}", rows):
            key = key_of_row(row)
            board, added = folded[key]
            standings[key] = standing_of_row(board, row)
            # A standing without earlier submissions is new, or was removed before. Such a standing may lack segments
            # and the hidden flag.
            if added.submissions == row["submissions"]:
                newcomers.add(key)
    boards = {s.board.id: s.board for s in submissions}
    if newcomers:
        standings |= await segment_newcomers(connection, newcomers, boards.values())
        standings |= await hide_newcomers(connection, {user_id for user_id, *_ in newcomers}, boards)
    await keep_past(connection, standings, boards.values())
    return standings


async def segment_newcomers(
    connection: Connection, keys: Collection[StandingKey], boards: Iterable[Board]
) -> Standings:
    """Give the new ones of these standings the segments of their players, and return the changed standings."""
    standings: dict[StandingKey, Standing] = {}
    for board in sorted((board for board in boards if board.segments), key=lambda board: board.id):
        places = [(user_id, period) for user_id, board_id, period in sorted(keys) if board_id == board.id]
        user_ids, pairs = {user_id for user_id, _ in places}, [f"{user_id} {period}" for user_id, period in places]
        if places:
            values = joined(user_ids), board.id, ",".join(board.segments), joined(pairs)
            rows = await connection.fetch(statement("segment_newcomers"), *values)
            standings |= standings_of_rows(rows, {board.id: board})
    return standings


async def hide_newcomers(connection: Connection, user_ids: Collection[int], boards: Mapping[int, Board]) -> Standings:
    """Hide new standings of hidden players, and return the changed standings.

    If an erased player had the same id, raise the revisions above the revisions of the erased player. The foreign key
    of a new standing locks the player's row. A concurrent action that hides the player waits for this lock, and
    therefore hides the standing too.
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
    return standings_of_rows(await connection.fetch(statement("standings_of_users"), changed), boards)


def _fold_batch(submissions: Sequence[Submission]) -> Mapping[Policy, dict[StandingKey, tuple[Board, Standing]]]:
    """Fold the events of a batch, without the stored standings. Return the results by policy and key.

    Raises `Rejected` like the database if a sum is no 64-bit integer, because the driver could not send it.
    """
    by_policy: defaultdict[Policy, dict[StandingKey, tuple[Board, Standing]]] = defaultdict(dict)
    for submission in submissions:
        board, added = submission.board, standing_of(submission.event)
        folded = by_policy[board.policy]
        for ladder in submission.ladders:
            key = key_of_standing(added.user_id, ladder)
            folded[key] = board, (_combined(board, folded[key][1], added) if key in folded else added)
    return by_policy


def _combined(board: Board, first: Standing, second: Standing) -> Standing:
    combined = combine(board, first, second)
    if abs(combined.score) > MAX_LONG:
        raise Rejected(NUMERIC_VALUE_OUT_OF_RANGE)
    return combined
