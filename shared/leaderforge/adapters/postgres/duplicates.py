"""Duplicates: submissions whose first copy is stored already."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.entrants import entrant_key, entrants_of
from leaderforge.adapters.postgres.errors import Vanished
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.standing_rows import Standings, key_of_standing, standings_of_rows
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.errors import Conflict, LeaderForgeError
from leaderforge.domain.standings import Event, is_improvement
from leaderforge.domain.submissions import Recorded, Submission, conflict


async def read_duplicates(
    connection: Connection, submissions: Sequence[Submission]
) -> Sequence[Recorded | LeaderForgeError]:
    """Return the outcome of each duplicate, `Vanished` if its first copy was deleted meanwhile.

    One statement reads first copies and standings, because two statements would read different snapshots.
    """
    boards = {s.board.id: s.board for s in submissions}
    user_ids = {s.event.user_id for s in submissions}
    submission_ids = {s.event.submission_id for s in submissions}
    rows = await connection.fetch(statement("repeated"), joined(user_ids), joined(boards), joined(submission_ids))
    firsts = {(row["user_id"], row["board_id"], row["run_id"]): row for row in rows if row["period_id"] is None}
    standings = standings_of_rows([row for row in rows if row["period_id"] is not None], boards)
    entrants = await entrants_of(connection, submissions)
    outcomes = [_outcome(s, firsts.get(s.event_key), standings) for s in submissions]
    if not entrants:
        return outcomes
    pairs = zip(submissions, outcomes, strict=True)
    return [o._replace(entrant=entrants.get(entrant_key(s))) if isinstance(o, Recorded) else o for s, o in pairs]


def _outcome(submission: Submission, first: Record | None, standings: Standings) -> Recorded | LeaderForgeError:
    """Return the outcome of a duplicate, with the current standings on the ladders of its first copy.

    If the first copy has other content, or a moderator has removed it, the outcome is a `Conflict`.
    """
    if first is None:
        return Vanished("the first copy of the submission was deleted meanwhile")
    event = _event(first)
    counted = {
        ladder: standing
        for ladder in submission.board.ladders_at(event.achieved_at)
        if (standing := standings.get(key_of_standing(event.user_id, ladder))) and not standing.removed
    }
    if first["void"] or not counted:
        return Conflict("a moderator has removed the submission with this id", submission_id=event.submission_id)
    current = list(counted.values())
    improved = is_improvement(submission.board, event, current[0])
    return conflict(submission, event) or Recorded(list(counted), current, duplicate=True, improved=improved)


def _event(row: Record) -> Event:
    """Return the event in a row of repeated.sql."""
    return Event(
        user_id=row["user_id"],
        submission_id=row["run_id"],
        score=row["score"],
        achieved_at=row["achieved_at"],
        metadata=row["metadata"],
        subscore=row["subranked"],
        received_us=row["received_us"],
        change=row["change"],
        numbers=row["numbers"],
    )
