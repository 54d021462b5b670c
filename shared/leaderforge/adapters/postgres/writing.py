"""Writing a batch of submissions within one transaction, or in one statement.

Rows are written in the order of their keys, events before standings and policies in a fixed order, so that no two
batches ever wait for each other in a circle.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID

from leaderforge.adapters.postgres.errors import Vanished
from leaderforge.adapters.postgres.judging import judge
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import combined, listed, run_rows, statement
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.errors import Conflict, LeaderForgeError
from leaderforge.domain.order import ranked_score
from leaderforge.domain.standings import Standing, combine, is_improvement, standing_of
from leaderforge.domain.submissions import Recorded, Submission

EventKey: TypeAlias = tuple[int, int, UUID]
"""User, board and submission id."""
StandingKey: TypeAlias = tuple[int, int, int]
"""User, board and period."""
Standings: TypeAlias = Mapping[StandingKey, Standing]

_SIGNS = {Order.DESC: -1, Order.ASC: 1}
"""What a score is multiplied by to be smaller the better it is."""


_FIELDS = len(Standing._fields)


async def write(
    connection: Connection, submissions: Sequence[Submission], now: int
) -> Sequence[Recorded | LeaderForgeError]:
    """Write the submissions and return what became of each, in their order.

    `now`, in microseconds since 1970, is when the events are recorded, and the least revision of what they change.
    Of submissions that are judged by what came before (`ScoreLimits.depend_on_standing`), a player has one at the most.
    The outcome is `Vanished` where an event prevented the insert and was deleted before it could be read.
    """
    firsts: dict[EventKey, int] = {}
    for position, submission in enumerate(submissions):
        firsts.setdefault(_event_key(submission), position)
    events = {key: submissions[position] for key, position in firsts.items()}
    new = await _insert_events(connection, events, now // 1000)
    refused = await judge(connection, [(key, events[key]) for key in sorted(new)])
    standings = await upsert_standings(connection, [events[key] for key in new - refused.keys()], now)
    outcomes: dict[int, Recorded | LeaderForgeError] = {
        firsts[key]: refused.get(key) or _recorded(events[key], standings) for key in new
    }
    return await _completed(connection, submissions, outcomes)


async def write_at_once(
    connection: Connection, submissions: Sequence[Submission], now: int
) -> Sequence[Recorded | LeaderForgeError]:
    """Write the submissions in one statement, and return what `write` would.

    Their boards have one policy, none is judged by what came before, and a player has one on a board at the most.
    """
    rows = sorted(chain.from_iterable(map(_rows, submissions)))
    record = combined("record", f"upsert_{submissions[0].board.policy}", "counted")
    written = await connection.fetch(record, *zip(*rows, strict=True), now // 1000, now)
    standings = _standings(written, _boards(submissions))
    outcomes: dict[int, Recorded | LeaderForgeError] = {
        i: _recorded(s, standings)
        for i, s in enumerate(submissions)
        if _standing_key(s.event.user_id, s.ladders[0]) in standings
    }
    return await _completed(connection, submissions, outcomes)


async def count_event(connection: Connection, submission: Submission, now: int) -> None:
    """Write one event whose id is new, by no rule of its board."""
    await _insert_events(connection, {_event_key(submission): submission}, now // 1000)
    await upsert_standings(connection, [submission], now)


def standing_of_row(board: Board, row: Record) -> Standing:
    """Return the standing in a row, whose first columns are the fields of one."""
    standing = Standing(*row[:_FIELDS])
    if board.subscore_order is Order.DESC:
        return standing._replace(subscore=ranked_score(Order.DESC, standing.subscore))
    return standing


async def upsert_standings(connection: Connection, submissions: Sequence[Submission], revision: int) -> Standings:
    """Fold events that are new into the standings they count in, and return these."""
    standings: dict[StandingKey, Standing] = {}
    newcomers: set[int] = set()
    for policy, folded in sorted(_folded(submissions).items()):
        rows = [standing_row(key, *folded[key], revision) for key in sorted(folded)]
        for row in await run_rows(connection, f"upsert_{policy}", rows):
            key = _key_of_row(row)
            board, added = folded[key]
            standings[key] = standing_of_row(board, row)
            if added.submissions == row["submissions"]:
                newcomers.add(row["user_id"])
    if newcomers:
        standings |= await hide_newcomers(connection, newcomers, _boards(submissions))
    return standings


def standing_row(key: StandingKey, board: Board, standing: Standing, revision: int) -> Sequence[object]:
    """Return the values of a row of standings, in the order of its columns."""
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


def _folded(submissions: Sequence[Submission]) -> Mapping[Policy, dict[StandingKey, tuple[Board, Standing]]]:
    """Return what the events amount to by themselves, on each standing they count in."""
    by_policy: defaultdict[Policy, dict[StandingKey, tuple[Board, Standing]]] = defaultdict(dict)
    for submission in submissions:
        board, one = submission.board, standing_of(submission.event)
        folded = by_policy[board.policy]
        for ladder in submission.ladders:
            key = _standing_key(one.user_id, ladder)
            folded[key] = board, (combine(board, folded[key][1], one) if key in folded else one)
    return by_policy


async def hide_newcomers(connection: Connection, user_ids: Collection[int], boards: Mapping[int, Board]) -> Standings:
    """Hide new standings of players who are hidden, raise those of reused ids, and return all of these.

    Whoever hides a player locks them, which waits for transactions such as this one: the foreign key sees to it.
    """
    newcomers = await connection.fetch(statement("newcomers"), listed(user_ids))
    if not newcomers:
        return {}
    for row in newcomers:
        if row["revision"] is not None:
            await connection.execute(statement("raise_revisions"), row["user_id"], row["revision"])
    hidden = [row["user_id"] for row in newcomers if row["hidden"]]
    if hidden:
        await connection.execute(statement("hide_standings"), listed(hidden))
    changed = listed([row["user_id"] for row in newcomers])
    return _standings(await connection.fetch(statement("standings_of_users"), changed), boards)


def _standings(rows: Sequence[Record], boards: Mapping[int, Board]) -> Standings:
    """Return the standings in those of the rows that are of these boards."""
    return {
        _key_of_row(row): standing_of_row(boards[row["board_id"]], row) for row in rows if row["board_id"] in boards
    }


def _boards(submissions: Collection[Submission]) -> Mapping[int, Board]:
    return {s.board.id: s.board for s in submissions}


def _recorded(submission: Submission, standings: Standings) -> Recorded:
    user_id = submission.event.user_id
    own = [standings[_standing_key(user_id, ladder)] for ladder in submission.ladders]
    better = is_improvement(submission.board, submission.event, own[0])
    return Recorded(submission.ladders, own, duplicate=False, improved=better)


async def _completed(
    connection: Connection, submissions: Sequence[Submission], outcomes: dict[int, Recorded | LeaderForgeError]
) -> Sequence[Recorded | LeaderForgeError]:
    """Return what became of each submission, given that of those whose events are new."""
    repeated = {i: s for i, s in enumerate(submissions) if i not in outcomes}
    if repeated:
        outcomes |= await _repeated(connection, repeated)
    return [outcomes[i] for i in range(len(submissions))]


async def _repeated(
    connection: Connection, submissions: Mapping[int, Submission]
) -> Mapping[int, Recorded | LeaderForgeError]:
    """Return the outcome of each repeated submission, `Vanished` if its first copy was deleted meanwhile.

    First copies and standings are read in one statement: a second one would see another snapshot.
    """
    boards = _boards(submissions.values())
    user_ids = {s.event.user_id for s in submissions.values()}
    submission_ids = {s.event.submission_id for s in submissions.values()}
    rows = await connection.fetch(statement("repeated"), listed(user_ids), listed(boards), listed(submission_ids))
    firsts = {(row["user_id"], row["board_id"], row["run_id"]): row for row in rows if row["period_id"] is None}
    standings = _standings([row for row in rows if row["period_id"] is not None], boards)
    return {i: _duplicate(s, firsts.get(_event_key(s)), standings) for i, s in submissions.items()}


def _duplicate(submission: Submission, first: Record | None, standings: Standings) -> Recorded | LeaderForgeError:
    """Return what a repeated submission is told: what its first copy amounts to today, on the ladders it counted in."""
    if first is None:
        return Vanished("the first copy of the submission was deleted meanwhile")
    event = submission.event._replace(score=first["score"], achieved_at=first["achieved_at"])
    counted = {
        ladder: standing
        for ladder in submission.board.ladders_at(event.achieved_at)
        if (standing := standings.get(_standing_key(event.user_id, ladder))) and not standing.removed
    }
    if first["void"] or not counted:
        return Conflict("what was submitted with this id has been removed", submission_id=event.submission_id)
    own = list(counted.values())
    return Recorded(list(counted), own, duplicate=True, improved=is_improvement(submission.board, event, own[0]))


def _event_key(submission: Submission) -> EventKey:
    return submission.event.user_id, submission.board.id, submission.event.submission_id


def _key_of_row(row: Record) -> StandingKey:
    return row["user_id"], row["board_id"], row["period_id"]


def _standing_key(user_id: int, ladder: Ladder) -> StandingKey:
    return user_id, ladder.board.id, ladder.period


def _rows(submission: Submission) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of record.sql."""
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
