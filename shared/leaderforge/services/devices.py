"""Anonymous sign-in of devices, and sessions."""

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import Overloaded, PlayerExists, SignInDisabled, UsernameTaken
from leaderforge.domain.name_rules import NameRules
from leaderforge.domain.players import Player, new_user_ids
from leaderforge.domain.sessions import PlayerSession, RefreshToken, SignedIn, device_of, no_session
from leaderforge.ports.clock import Clock
from leaderforge.ports.sessions import SessionStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.signing_keys import SigningKeyService

_ATTEMPTS = 8
"""Maximum attempts to sign in. New ids may collide, and an erasure may run at the same time."""
_PURGE_MS = 3_600_000
"""Minimum time in ms between two purges of expired sessions by one process. Sign-ins start the purges."""
PURGED_AT_ONCE = 500
"""Maximum expired sessions that one sign-in deletes. The next sign-ins delete the remaining sessions."""


class DeviceService:
    """Sign-in by the secret of a device. `token_s` and `session_ms` are the lifetimes of tokens and of unused sessions.

    Unless `is_enabled`, every sign-in and every refresh raises `SignInDisabled`.
    """

    def __init__(
        self,
        sessions: SessionStore,
        delivery: Delivery,
        signing_keys: SigningKeyService,
        clock: Clock,
        *,
        rules: NameRules,
        is_enabled: bool,
        token_s: int,
        session_ms: int,
    ) -> None:
        self._sessions = sessions
        self._delivery = delivery
        self._signing_keys = signing_keys
        self._clock = clock
        self._rules = rules
        self._is_enabled = is_enabled
        self._token_s = token_s
        self._session_ms = session_ms
        self._purge_at = 0

    async def sign_in(self, secret: str, username: str | None = None) -> SignedIn:
        """Start a session of the device's player, who is created if necessary. A secret always belongs to one player.

        A new player gets the `username` unless it is taken or breaks a rule. Raises `SignInDisabled`, `Refused` for a
        weak secret, `StoreUnavailable` or `Overloaded`.
        """
        self._require_enabled()
        device = device_of(secret)
        await self._purge()
        is_new = False
        for _ in range(_ATTEMPTS):
            user_id = await self._sessions.player_of(device)
            if user_id is None:
                user_id, is_new = await self._register(device, username)
            token = RefreshToken.of_new_session(user_id)
            now = self._clock()
            session = PlayerSession(user_id, token.session_id, token.digest, now, now + self._session_ms)
            if await self._sessions.start(session):
                return await self._signed_in(token, session.expires_at, is_new=is_new)
        raise Overloaded("the player was erased again and again meanwhile; retry later")

    async def refresh(self, text: str) -> SignedIn:
        """Return a new token and refresh token of a session. The previous refresh token remains usable for `REPEAT_MS`.

        Raises `SessionNotFound`, `SignInDisabled` or `StoreUnavailable`.
        """
        self._require_enabled()
        token = RefreshToken.parsed(text)
        successor = token.successor()
        now = self._clock()
        ends_at = now + self._session_ms
        if not await self._sessions.refresh(token, successor, now, ends_at):
            raise no_session()
        return await self._signed_in(successor, ends_at)

    async def sign_out(self, text: str) -> bool:
        """End the session of a refresh token. Return whether there was such a session."""
        return await self._sessions.end(RefreshToken.parsed(text))

    async def end_sessions(self, user_id: int, actor: str) -> int:
        """End all sessions of a player, and return their number. Raises `PlayerNotFound`."""
        entry = AuditEntry(self._clock(), actor, "player.end_sessions", None, user_id)
        return await self._sessions.end_all(user_id, entry)

    async def _register(self, device: str, username: str | None) -> tuple[int, bool]:
        """Return the player of a device, and whether this call created the player."""
        if self._rules.refusal(username) is not None:
            username = None
        for _ in range(_ATTEMPTS):
            now = self._clock()
            [new_id] = new_user_ids(now)
            player = Player(new_id, username, None, now)
            try:
                user_id = await self._sessions.register(device, player)
            except UsernameTaken:
                username = None
            except PlayerExists:
                continue
            else:
                if user_id == new_id:
                    await self._delivery.created([player])
                return user_id, user_id == new_id
        raise Overloaded("no player id is free; retry")

    async def _signed_in(self, token: RefreshToken, ends_at: int, *, is_new: bool = False) -> SignedIn:
        issued = await self._signing_keys.issue(token.user_id, self._token_s)
        return SignedIn(token.user_id, issued, token, ends_at, is_new)

    async def _purge(self) -> None:
        """Delete some expired sessions if a purge is due. Expired sessions are invalid even before their deletion."""
        if (now := self._clock()) >= self._purge_at:
            # Set the time before the purge: a concurrent sign-in must not start a second purge and wait for the same
            # rows.
            self._purge_at = now + _PURGE_MS
            if await self._sessions.purge(now, PURGED_AT_ONCE):
                self._purge_at = now

    def _require_enabled(self) -> None:
        if not self._is_enabled:
            raise SignInDisabled("this service has no sign-in by device; its setting is LEADERFORGE_DEVICE_SIGN_IN")
