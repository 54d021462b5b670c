"""Device secrets, sessions and their refresh tokens.

The store has SHA-256 digests only. The secrets are random and long: neither a salt nor a slow hash is needed.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Self

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused, SessionNotFound
from leaderforge.domain.tokens import IssuedToken

MIN_SECRET_LENGTH = 32
"""Minimum length of a device secret in characters: 128 bits in hexadecimal."""
MAX_SECRET_LENGTH = 256
MAX_REFRESH_TOKEN_LENGTH = 128
"""Upper bound of the length of a refresh token in characters."""

MAX_SESSIONS = 10
"""Maximum number of sessions of a player. A further sign-in ends the oldest session."""

REPEAT_MS = 60_000
"""Time in ms that the previous refresh token remains usable, in case the client did not receive the new token.

A later use of the previous token, or a use of an older token, shows that a token was copied, and ends the session.
"""

_FEWEST_DIFFERENT = 8
"""Minimum number of different characters of a secret.

Of random texts of 32 hexadecimal digits, only one in 20 million has fewer.
"""
_SECRET_BYTES = 32
_ID_BYTES = 16
_REFRESH_TOKEN = re.compile(r"lfr_(-?[0-9]{1,16})\.([0-9a-f]{32})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Refresh token of a session. Its player id selects the node of Citus. Its secret proves the right to refresh.

    Only refresh tokens contain the random id of a session. A token with a session's id and another secret than the
    stored secret was therefore replaced. The use of a replaced token may end the session.
    """

    user_id: int
    session_id: str
    secret: str

    @classmethod
    def of_new_session(cls, user_id: int) -> Self:
        """Return the first token of a new session."""
        return cls(user_id, secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES))

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the token in a text. Raises `SessionNotFound` if the text has another form."""
        match = _REFRESH_TOKEN.fullmatch(text)
        if match is None or abs(int(match[1])) > MAX_INTEGER:
            raise no_session()
        return cls(int(match[1]), match[2], match[3])

    @property
    def text(self) -> str:
        """Return the token as clients store it."""
        return f"lfr_{self.user_id}.{self.session_id}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 digest of the secret."""
        return sha256(bytes.fromhex(self.secret)).digest()

    def successor(self) -> Self:
        """Return the token that replaces this one when the session is refreshed."""
        return type(self)(self.user_id, self.session_id, secrets.token_hex(_SECRET_BYTES))


@dataclass(frozen=True, slots=True)
class PlayerSession:
    """Session of a player, as stored. The session ends at `expires_at` (ms) unless it is refreshed before."""

    user_id: int
    session_id: str
    digest: bytes
    started_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """Stored data of a player about sign-ins: the number of devices, and the sessions, oldest first."""

    devices: int
    sessions: Sequence["SessionTimes"]


class SessionTimes(NamedTuple):
    """Times of a session in ms: its start, its last refresh, and its end without a further refresh."""

    started_at: int
    refreshed_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Result of a sign-in or a refresh: a player token and a refresh token, which replaces the previous one, if any.

    `session_ends_at` is in ms. `is_new` is true if the sign-in created the player.
    """

    user_id: int
    token: IssuedToken
    refresh_token: RefreshToken
    session_ends_at: int
    is_new: bool = False


def device_of(secret: str) -> str:
    """Return the hexadecimal SHA-256 digest of a device secret. Raises `Refused` for a secret that can be guessed."""
    if not MIN_SECRET_LENGTH <= len(secret) <= MAX_SECRET_LENGTH:
        raise Refused(f"secret: must have {MIN_SECRET_LENGTH} to {MAX_SECRET_LENGTH} characters, not {len(secret)}")
    if len(set(secret)) < _FEWEST_DIFFERENT:
        raise Refused("secret: is easy to guess; make it from at least 16 bytes of a cryptographic random generator")
    return sha256(b"device:" + secret.encode()).hexdigest()


def no_session() -> SessionNotFound:
    """Return the error for a refresh token that belongs to no session."""
    return SessionNotFound("no session has this refresh token; sign in again")
