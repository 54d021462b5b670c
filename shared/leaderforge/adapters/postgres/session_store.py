"""Devices and sessions in PostgreSQL.

A device is a claim with its own table, because on Citus only the distribution column can be unique. Sessions are
distributed by player. A sign-in locks the player's row, and therefore cannot add a session to a player during an
erasure.
"""

from leaderforge.adapters.postgres.acts import lock_player
from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.claims import Collision, insert
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.players import Player
from leaderforge.domain.sessions import (
    MAX_SESSIONS,
    REPEAT_MS,
    PlayerSession,
    RefreshToken,
    SessionTimes,
    SignInRecord,
)
from leaderforge.ports.clock import Clock


class _DeviceTaken(LeaderForgeError):
    """Error that rolls back the creation of a player, because another call has registered the device."""


class PostgresSessionStore:
    """`SessionStore` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, *, clock: Clock = microseconds, unique_names: bool = True) -> None:
        self._pool = pool
        self._clock = clock
        self._unique_names = unique_names

    async def player_of(self, device: str) -> int | None:
        rows = await self._pool.fetch(statement("player_of_device"), device)
        return rows[0]["user_id"] if rows else None

    async def register(self, device: str, player: Player) -> int:
        async def work(connection: Connection) -> None:
            now = self._clock() // 1000
            await insert(connection, [player], now, unique_names=self._unique_names)
            if not await connection.fetch(statement("claim_device"), device, player.user_id):
                raise _DeviceTaken("taken")

        try:
            await self._pool.transact(work)
        except _DeviceTaken:
            user_id = await self.player_of(device)
            # If the device has no player any more, an erasure has released the device. Register the device again.
            return await self.register(device, player) if user_id is None else user_id
        except Collision as collision:
            raise collision.taken.refusal(player) or collision from None
        return player.user_id

    async def start(self, session: PlayerSession) -> bool:
        async def work(connection: Connection) -> None:
            await lock_player(connection, session.user_id)
            values = session.session_id, session.digest, session.started_at, session.expires_at
            await connection.execute(statement("start_session"), session.user_id, *values)
            await connection.execute(statement("end_oldest_sessions"), session.user_id, MAX_SESSIONS)

        try:
            await self._pool.transact(work)
        except PlayerNotFound:
            return False
        return True

    async def refresh(self, token: RefreshToken, successor: RefreshToken, now: int, expires_at: int) -> bool:
        session = token.user_id, token.session_id, token.digest
        refreshed = await self._pool.fetch(
            statement("refresh_session"), *session, successor.digest, now, expires_at, now - REPEAT_MS
        )
        if not refreshed:
            await self._pool.fetch(statement("end_reused_session"), *session, now - REPEAT_MS)
        return bool(refreshed)

    async def end(self, token: RefreshToken) -> bool:
        return bool(await self._pool.fetch(statement("end_session"), token.user_id, token.session_id))

    async def end_all(self, user_id: int, act: AuditEntry) -> int:
        async def work(connection: Connection) -> int:
            await lock_player(connection, user_id)
            ended = await connection.fetch(statement("end_sessions"), user_id)
            await write_audit(connection, act)
            return len(ended)

        return await self._pool.transact(work)

    async def record(self, user_id: int) -> SignInRecord:
        [devices] = await self._pool.fetch(statement("devices_of_player"), user_id)
        sessions = await self._pool.fetch(statement("sessions_of_player"), user_id)
        return SignInRecord(devices["devices"], [SessionTimes(*row) for row in sessions])

    async def purge(self, now: int, limit: int) -> bool:
        # Read a limited number, then delete them: Citus supports no limit in a deletion.
        expired = await self._pool.fetch(statement("expired_sessions"), now, limit)
        if expired:
            user_ids, session_ids = joined({row["user_id"] for row in expired}), [row["session_id"] for row in expired]
            await self._pool.fetch(statement("purge_sessions"), user_ids, ",".join(session_ids), now)
        return len(expired) == limit
