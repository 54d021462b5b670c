"""Entrants of tournaments: counting of attempts in the transaction of a batch, and joining.

Locks are taken in this order: entrants by key, then players, then occurrences by key, then standings. Concurrent
batches and joins therefore cannot deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined as joined_texts
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.attempts import attempted, joined, rules_of
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.submissions import EventKey, Submission
from leaderforge.domain.tournament_errors import EntrantMissing, TournamentFull
from leaderforge.domain.tournaments import Entrant

EntrantKey: TypeAlias = tuple[int, int, int]
"""Player id, board id and period number."""
OccurrenceKey: TypeAlias = tuple[int, int]
"""Board id and period number."""
Entrants: TypeAlias = Mapping[EntrantKey, Entrant | None]
"""Entrants by key. The value is None for a player who has not joined."""


class PostgresTournaments:
    """`TournamentStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def join(self, board: Board, period: int, user_id: int, at: int) -> Entrant:
        limit = rules_of(board).max_entrants
        if limit is not None and await self.count(board, period) >= limit:
            # Most players of a popular tournament try to join when it is already full. Refuse them without a lock.
            entrant = await self.entrant(board, period, user_id)
            if entrant is None:
                raise TournamentFull.of(board.slug, limit)
            return entrant
        return await self._pool.transact(lambda connection: _join(connection, board, period, user_id, at))

    async def entrant(self, board: Board, period: int, user_id: int) -> Entrant | None:
        rows = await self._pool.fetch(statement("entrant"), user_id, board.id, period)
        return _entrant_of(rows[0]) if rows else None

    async def count(self, board: Board, period: int) -> int:
        rows = await self._pool.fetch(statement("occurrence"), board.id, period)
        return int(rows[0]["entrants"]) if rows else 0

    async def numbered(self, board: Board, period: int, numbers: range) -> Sequence[Entrant]:
        rows = await self._pool.fetch(statement("entrants_numbered"), board.id, period, numbers.start, numbers.stop)
        return [_entrant_of(row) for row in rows]

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, Entrant]]:
        rows = await self._pool.fetch(statement("entrants_of_player"), user_id)
        return [
            (Ladder(boards[row["board_id"]], row["period_id"]), _entrant_of(row))
            for row in rows
            if row["board_id"] in boards
        ]


async def hold_entrants(connection: Connection, submissions: Iterable[Submission]) -> Entrants:
    """Lock the entrants of submissions to tournaments until the commit, and return them."""
    keys = sorted({entrant_key(s) for s in submissions if s.board.tournament is not None})
    rows = await run_rows(connection, "hold_entrants", keys) if keys else []
    return {_key_of(row): None if row["number"] is None else _entrant_of(row) for row in rows}


async def count_attempts(
    connection: Connection, submissions: Mapping[EventKey, Submission], entrants: Entrants, now: int
) -> tuple[Mapping[EventKey, LeaderForgeError], Entrants]:
    """Count an attempt for each accepted submission to a tournament.

    The batch has at most one submission per player and board. Return the errors of refused submissions, and the
    entrants after the attempts. Events of refused submissions are deleted, and their players do not join. `now` (ms) is
    the time of joining.
    """
    if not entrants:
        return {}, entrants
    attempts = {key: s for key in sorted(submissions) if (s := submissions[key]).board.tournament is not None}
    counts = await _hold_occurrences(connection, attempts.values(), entrants)
    refused: dict[EventKey, LeaderForgeError] = {}
    after = dict(entrants)
    for key, submission in attempts.items():
        place = entrant_key(submission)
        try:
            after[place] = entrant = attempted(submission, entrants[place], counts.get(place[1:], 0), now)
        except LeaderForgeError as error:
            refused[key] = error
            await connection.execute(statement("delete_event"), *key)
            continue
        if entrants[place] is None:
            counts[place[1:]] = entrant.number
    await _store(connection, after, counts)
    return await _name_unknown_players(connection, refused), after


async def entrants_of(connection: Connection, submissions: Sequence[Submission]) -> Entrants:
    """Return the entrants of submissions to tournaments. Without such submissions, run no statement."""
    keys = [entrant_key(s) for s in submissions if s.board.tournament is not None]
    if not keys:
        return {}
    users, boards, _ = (joined_texts(set(ids)) for ids in zip(*keys, strict=True))
    rows = await connection.fetch(statement("entrants_of_batch"), users, boards)
    return {_key_of(row): _entrant_of(row) for row in rows}


def entrant_key(submission: Submission) -> EntrantKey:
    """Return the key of a submission's player as an entrant. The submission's main ladder ranks the occurrence."""
    return submission.event.user_id, submission.board.id, submission.ladders[0].period


async def _join(connection: Connection, board: Board, period: int, user_id: int, at: int) -> Entrant:
    key, occurrence = (user_id, board.id, period), (board.id, period)
    [row] = await run_rows(connection, "hold_entrants", [key])
    if row["number"] is not None:
        return _entrant_of(row)
    if not await connection.fetch(statement("keep_user"), user_id):
        raise PlayerNotFound.of(user_id)
    [(entrants,)] = await connection.fetch(statement("hold_occurrence"), *occurrence)
    entrant = joined(board, user_id, entrants, at)
    await _store(connection, {key: entrant}, {occurrence: entrant.number})
    return entrant


async def _hold_occurrences(
    connection: Connection, submissions: Iterable[Submission], entrants: Entrants
) -> dict[OccurrenceKey, int]:
    """Lock the occurrences that players join by these submissions. Return the number of entrants of each occurrence."""
    joinable = {
        entrant_key(s)[1:]
        for s in submissions
        if entrants[entrant_key(s)] is None and not rules_of(s.board).join_required
    }
    counts: dict[OccurrenceKey, int] = {}
    for occurrence in sorted(joinable):
        [(counts[occurrence],)] = await connection.fetch(statement("hold_occurrence"), *occurrence)
    return counts


async def _name_unknown_players(
    connection: Connection, refused: Mapping[EventKey, LeaderForgeError]
) -> Mapping[EventKey, LeaderForgeError]:
    """Return the errors. If a player does not exist, `PlayerNotFound` replaces the error `EntrantMissing`."""
    missing = {key[0] for key, error in refused.items() if isinstance(error, EntrantMissing)}
    if not missing:
        return refused
    rows = await connection.fetch(statement("known_users"), joined_texts(missing))
    unknown = missing - {row["user_id"] for row in rows}
    return {key: PlayerNotFound.of(key[0]) if key[0] in unknown else error for key, error in refused.items()}


async def _store(connection: Connection, entrants: Entrants, counts: Mapping[OccurrenceKey, int]) -> None:
    """Store locked entrants, and locked numbers of entrants. Delete the rows of players who have not joined."""
    rows = [
        (*key, entrant.joined_at, entrant.number, entrant.attempts, entrant.first_attempt_at)
        for key, entrant in sorted(entrants.items())
        if entrant is not None
    ]
    await run_rows(connection, "store_entrants", rows)
    for key in sorted(key for key, entrant in entrants.items() if entrant is None):
        await connection.execute(statement("delete_entrant"), *key)
    for occurrence, number in sorted(counts.items()):
        await connection.execute(statement("set_occurrence"), *occurrence, number)


def _key_of(row: Record) -> EntrantKey:
    return row["user_id"], row["board_id"], row["period_id"]


def _entrant_of(row: Record) -> Entrant:
    return Entrant(row["user_id"], row["joined_at"], row["number"], row["attempts"], row["first_attempt_at"])
