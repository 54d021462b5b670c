"""Challenges in PostgreSQL.

A change by a player locks the player's challenges, then the player, then the changed challenge. Therefore a player's
limits hold under concurrent requests, and only one player gets the last free place of a challenge.
"""

from collections.abc import Collection, Sequence, Set
from uuid import UUID

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.history import fold_parameters
from leaderforge.adapters.postgres.links import lock_users
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.adapters.postgres.voiding import replaced_since
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.challenge_errors import ChallengeBlocked, ChallengeNotFound, TooManyChallenges
from leaderforge.domain.challenges import (
    Challenge,
    ChallengeLimits,
    ChallengePlayer,
    PlayedChallenge,
    repeated,
    replaced_challenge,
)
from leaderforge.domain.presence import required_first
from leaderforge.domain.standings import Standing
from leaderforge.domain.timing import SETTLE_MS


class PostgresChallengeStore:
    """`ChallengeStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self, challenge: Challenge, user_id: int, challenge_id: UUID, limits: ChallengeLimits
    ) -> Challenge:
        async def work(connection: Connection) -> Challenge:
            played = await _locked(connection, user_id)
            for stored, player in played:
                if player.challenge_id == challenge_id:
                    return repeated(stored, challenge)
            await _make_room_of(connection, user_id, played, challenge.starts_at, limits)
            await _make_room(connection, challenge.starts_at, limits)
            await connection.execute(statement("create_challenge"), *challenge)
            await _add(connection, challenge, user_id, challenge.starts_at, challenge_id)
            return challenge

        return await self._pool.transact(work)

    async def join(self, invitation: str, user_id: int, now: int, limits: ChallengeLimits) -> Challenge:
        async def work(connection: Connection) -> Challenge:
            played = await _locked(connection, user_id)
            for stored, _ in played:
                if stored.invitation == invitation:
                    return stored
            await _make_room_of(connection, user_id, played, now, limits)
            rows = await connection.fetch(statement("hold_challenge"), invitation)
            challenge = _challenge_of(required_first(rows, ChallengeNotFound.of()))
            challenge.require_open(now)
            challenge = challenge.joined()
            await _require_no_blocks(connection, invitation, user_id)
            await connection.execute(statement("set_challenge_players"), invitation, challenge.players)
            await _add(connection, challenge, user_id, now)
            return challenge

        return await self._pool.transact(work)

    async def find(self, invitation: str) -> Challenge | None:
        rows = await self._pool.fetch(statement("challenge"), invitation)
        return _challenge_of(rows[0]) if rows else None

    async def players(self, invitation: str) -> Sequence[ChallengePlayer]:
        return [_player_of(row) for row in await self._pool.fetch(statement("challenge_players"), invitation)]

    async def of_player(self, user_id: int) -> Sequence[PlayedChallenge]:
        async with self._pool.connection() as connection:
            played = await _played(connection, user_id)
        return sorted(played, key=lambda item: (-item.challenge.ends_at, item.challenge.invitation))

    async def standings(self, board: Board, challenge: Challenge, user_ids: Collection[int]) -> Sequence[Standing]:
        span = challenge.starts_at, challenge.ends_at, challenge.late_until
        replaced = replaced_since(challenge.late_until)
        values = board.id, joined(user_ids), *span, *replaced, *fold_parameters(board)
        rows = await self._pool.fetch(statement(f"challenge_{board.policy}"), *values)
        return [_standing_of(row) for row in rows]

    async def hidden(self, board: Board, user_ids: Collection[int]) -> Set[int]:
        rows = await self._pool.fetch(statement("hidden_players"), board.id, joined(user_ids))
        return {row["user_id"] for row in rows}

    async def remove(self, invitation: str, act: AuditEntry) -> None:
        async def work(connection: Connection) -> None:
            if not await connection.fetch(statement("hold_challenge"), invitation):
                raise ChallengeNotFound.of()
            await _delete(connection, invitation)
            await write_audit(connection, act)

        await self._pool.transact(work)

    async def purge(self, ended_before: int, limit: int) -> int:
        async def work(connection: Connection) -> int:
            rows = await connection.fetch(statement("purge_challenges"), ended_before, limit)
            if rows:
                invitations = joined([row["invitation"] for row in rows])
                await connection.execute(statement("delete_challenge_players"), invitations)
            return len(rows)

        return await self._pool.transact(work)


async def _locked(connection: Connection, user_id: int) -> Sequence[PlayedChallenge]:
    """Lock a player and the player's challenges, and return the challenges like `_played`. Raises `PlayerNotFound`."""
    await connection.fetch(statement("lock_challenges_of"), user_id)
    await lock_users(connection, user_id)
    return await _played(connection, user_id)


async def _played(connection: Connection, user_id: int) -> Sequence[PlayedChallenge]:
    """Return the challenges of a player on boards that exist, in any order."""
    players = [_player_of(row) for row in await connection.fetch(statement("challenges_of_player"), user_id)]
    if not players:
        return []
    rows = await connection.fetch(statement("challenges_with"), joined([p.invitation for p in players]))
    challenges = {row["invitation"]: _challenge_of(row) for row in rows}
    # Leave out challenges that were purged between the two statements.
    return [PlayedChallenge(challenges[i], player) for player in players if (i := player.invitation) in challenges]


async def _make_room_of(
    connection: Connection, user_id: int, played: Sequence[PlayedChallenge], now: int, limits: ChallengeLimits
) -> None:
    """If a player has the maximum number of challenges, delete a replaceable challenge. Raises `TooManyChallenges`."""
    replaced = replaced_challenge(user_id, played, now, limits)
    if replaced is not None:
        await _delete(connection, replaced.invitation)


async def _make_room(connection: Connection, now: int, limits: ChallengeLimits) -> None:
    """Delete a settled challenge if the store has the maximum number of challenges. Raises `TooManyChallenges`."""
    [(count,)] = await connection.fetch(statement("count_challenges"), limits.stored)
    if count < limits.stored:
        return
    rows = await connection.fetch(statement("delete_settled_challenge"), now - SETTLE_MS)
    row = required_first(rows, TooManyChallenges.stored(limits.stored))
    await connection.execute(statement("delete_challenge_players"), row["invitation"])


async def _delete(connection: Connection, invitation: str) -> None:
    await connection.execute(statement("delete_challenge"), invitation)
    await connection.execute(statement("delete_challenge_players"), invitation)


async def _add(
    connection: Connection, challenge: Challenge, user_id: int, at: int, challenge_id: UUID | None = None
) -> None:
    """Store the player who has just joined.

    The player's number is `challenge.players`, which counts this player too.
    """
    values = user_id, challenge.invitation, challenge.players, at, challenge_id
    await connection.execute(statement("add_challenge_player"), *values)


async def _require_no_blocks(connection: Connection, invitation: str, user_id: int) -> None:
    user_ids = [row["user_id"] for row in await connection.fetch(statement("challenge_players"), invitation)]
    if user_ids and await connection.fetch(statement("blocks_between"), user_id, joined(user_ids)):
        raise ChallengeBlocked.of(user_id)


def _challenge_of(row: Record) -> Challenge:
    return Challenge(*row.values())


def _player_of(row: Record) -> ChallengePlayer:
    return ChallengePlayer(row["user_id"], row["invitation"], row["number"], row["joined_at"], row["challenge_id"])


def _standing_of(row: Record) -> Standing:
    return Standing(
        user_id=row["user_id"],
        score=row["score"],
        achieved_at=row["achieved_at"],
        run_id=row["submission_id"],
        metadata=row["metadata"],
        scored=row["scored"],
        submissions=row["submissions"],
        subscore=row["subscore"],
        received_us=row["received_us"],
    )
