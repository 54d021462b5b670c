"""In-memory store of devices and sessions."""

from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.player_store import MemoryPlayerStore, StoredSession
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


class MemorySessionStore:
    """`SessionStore` in dicts of the player store, which deletes a player's devices and sessions in an erasure."""

    def __init__(self, users: MemoryPlayerStore, audit: MemoryAuditLog) -> None:
        self._users = users
        self._audit = audit

    async def player_of(self, device: str) -> int | None:
        return self._users.devices.get(device)

    async def register(self, device: str, player: Player) -> int:
        if device not in self._users.devices:
            [outcome] = await self._users.create([player])
            if isinstance(outcome, LeaderForgeError):
                raise outcome
            self._users.devices[device] = player.user_id
        return self._users.devices[device]

    async def start(self, session: PlayerSession) -> bool:
        if session.user_id not in self._users.by_id:
            return False
        stored = StoredSession(session.digest, None, session.started_at, session.started_at, session.expires_at)
        sessions = self._users.sessions.setdefault(session.user_id, {})
        sessions[session.session_id] = stored
        newest = sorted(sessions, key=lambda key: (sessions[key].created_at, key), reverse=True)
        for session_id in newest[MAX_SESSIONS:]:
            del sessions[session_id]
        return True

    async def refresh(self, token: RefreshToken, successor: RefreshToken, now: int, expires_at: int) -> bool:
        stored = self._users.sessions.get(token.user_id, {}).get(token.session_id)
        if stored is None or stored.expires_at <= now:
            return False
        is_repeat = stored.previous_digest == token.digest and stored.refreshed_at > now - REPEAT_MS
        if stored.digest != token.digest and not is_repeat:
            del self._users.sessions[token.user_id][token.session_id]
            return False
        refreshed_at = stored.refreshed_at if is_repeat else now
        self._users.sessions[token.user_id][token.session_id] = replace(
            stored,
            digest=successor.digest,
            previous_digest=token.digest,
            refreshed_at=refreshed_at,
            expires_at=expires_at,
        )
        return True

    async def end(self, token: RefreshToken) -> bool:
        return self._users.sessions.get(token.user_id, {}).pop(token.session_id, None) is not None

    async def end_all(self, user_id: int, act: AuditEntry) -> int:
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)
        self._audit.write(act)
        return len(self._users.sessions.pop(user_id, {}))

    async def record(self, user_id: int) -> SignInRecord:
        sessions = self._users.sessions.get(user_id, {}).values()
        times = sorted(SessionTimes(stored.created_at, stored.refreshed_at, stored.expires_at) for stored in sessions)
        return SignInRecord(list(self._users.devices.values()).count(user_id), times)

    async def purge(self, now: int, limit: int) -> bool:
        expired = [
            (session.expires_at, user_id, session_id)
            for user_id, sessions in self._users.sessions.items()
            for session_id, session in sessions.items()
            if session.expires_at <= now
        ]
        for _, user_id, session_id in sorted(expired)[:limit]:
            del self._users.sessions[user_id][session_id]
        return len(expired) >= limit
