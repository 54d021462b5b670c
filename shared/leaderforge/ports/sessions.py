"""Devices of players, and their sessions."""

from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.players import Player
from leaderforge.domain.sessions import PlayerSession, RefreshToken, SignInRecord


class SessionStore(Protocol):
    """Store of devices, by the digest of their secret, and of sessions. The parameter `now` is in ms.

    Erasing a player deletes the devices and the sessions. Hiding a player deletes the sessions only.
    """

    async def player_of(self, device: str) -> int | None:
        """Return the player of a device, None if the device is unknown."""
        ...

    async def register(self, device: str, player: Player) -> int:
        """Create the player of a new device, and return its id.

        If the device already has a player, create nothing, and return the id of that player. Raises `PlayerExists` or
        `UsernameTaken`.
        """
        ...

    async def start(self, session: PlayerSession) -> bool:
        """Store a new session. Return False if its player does not exist.

        Only the `MAX_SESSIONS` newest sessions of a player remain.
        """
        ...

    async def refresh(self, token: RefreshToken, successor: RefreshToken, now: int, expires_at: int) -> bool:
        """Replace the token of a session by its successor. The session then ends at `expires_at` (ms).

        Return False if the token is unknown, replaced or expired. Exception: the token before the current token is
        accepted for `REPEAT_MS` after its replacement. Any other use of a replaced token ends its session.
        """
        ...

    async def end(self, token: RefreshToken) -> bool:
        """End the session of this token, even if the token was replaced. Return whether there was such a session."""
        ...

    async def end_all(self, user_id: int, act: AuditEntry) -> int:
        """End all sessions of a player, and return their number. Raises `PlayerNotFound`."""
        ...

    async def record(self, user_id: int) -> SignInRecord:
        """Return the stored data about sign-ins of a player."""
        ...

    async def purge(self, now: int, limit: int) -> bool:
        """Delete up to `limit` expired sessions. Return whether there may be more expired sessions."""
        ...
