"""Callers and their rights."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Forbidden, LeaderForgeError, StoreUnavailable, Unauthenticated
from leaderforge.domain.players import ExternalId


class KeyScope(StrEnum):
    """Right of a key.

    `read`: read private boards. `submit`: submit for any player, and create players. `set`: set scores. `admin`: all of
    these rights and all others.
    """

    READ = "read"
    SUBMIT = "submit"
    SET = "set"
    ADMIN = "admin"


class CallerKind(StrEnum):
    """Origin of a caller's identity."""

    ANONYMOUS = "anonymous"
    KEY = "key"
    ENVIRONMENT = "env"
    PLAYER = "player"
    LOOPBACK = "loopback"
    COMMAND = "cli"


NEEDS_KEY = "this call needs an API key or a player token: send Authorization: Bearer <key>"
"""Message of `Unauthenticated`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Authenticated or anonymous origin of a request.

    `name` is the name of the key, or the player id as text. `user_id` is the player of a token, None while no player
    has the `external_id` in the token. `username` is the name that a token gives to a new player. `is_unresolved` is
    true if the store was unavailable when the external id was looked up. A key from an environment variable is named
    after its scope, and `fingerprint` distinguishes keys with equal names.
    """

    kind: CallerKind
    name: str = ""
    scopes: frozenset[KeyScope] = frozenset()
    user_id: int | None = None
    fingerprint: str = ""
    external_id: ExternalId | None = None
    username: str | None = None
    is_unresolved: bool = False

    @property
    def actor(self) -> str:
        """Return the caller's name in the audit log, such as `key:game-server`, `player:123` or `cli`."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @property
    def is_admin(self) -> bool:
        """Return whether the caller may do everything."""
        return KeyScope.ADMIN in self.scopes

    @property
    def may_register(self) -> bool:
        """Return whether the caller may create players."""
        return self.has_any(_SUBMITTING)

    @property
    def has_token(self) -> bool:
        """Return whether the caller has a player token."""
        return self.kind is CallerKind.PLAYER

    def has_any(self, scopes: Collection[KeyScope]) -> bool:
        """Return whether the caller has at least one of these scopes."""
        return not self.scopes.isdisjoint(scopes)

    @property
    def may_read_private(self) -> bool:
        """Return whether the caller may read private boards."""
        return bool(self.scopes)

    def may_read(self, board: Board) -> bool:
        """Return whether the caller may read the board. Any scope suffices for a private one."""
        return not board.private or self.may_read_private

    def may_submit(self, board: Board, user_id: int) -> bool:
        """Return whether the caller may submit for the player. Players submit for themselves on open boards only."""
        return self.has_any(_SUBMITTING) or (board.open_to_players and self.is_player(user_id))

    def sees_hidden(self, user_id: int) -> bool:
        """Return whether the caller sees a hidden standing of the player: admins and the player do."""
        return self.is_admin or self.is_player(user_id)

    def is_player(self, user_id: int) -> bool:
        """Return whether the caller has a token of this player."""
        return self.user_id is not None and self.user_id == user_id

    def require_read(self, board: Board) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may read the board."""
        if not self.may_read(board):
            raise self._refusal(f"board {board.slug!r} is private; reading it needs scope 'read'")

    def require_submit(self, board: Board, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may submit for the player on the board."""
        if not self.may_submit(board, user_id):
            raise self._refusal(self._why_not_submit(board, user_id))

    def require_timekeeping(self) -> None:
        """Raise `Forbidden` unless the caller may set the time of a score. Player tokens may not."""
        if not self.has_any(_SUBMITTING):
            raise Forbidden(f"achieved_at needs scope 'submit', {self.actor} has {self._has()}; remove achieved_at")

    def require_any(self, scopes: Collection[KeyScope]) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller has one of the scopes and no player token."""
        if self.has_token or not self.has_any(scopes):
            needed = " or ".join(f"'{scope}'" for scope in sorted(scopes))
            raise self._refusal(f"this call needs a key of scope {needed}; {self.actor} has {self._has()}")

    def require_own(self, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller is an admin or this player."""
        if not self.sees_hidden(user_id):
            raise self._refusal(
                f"this call needs a token of player {user_id} or scope 'admin'; {self.actor} has neither"
            )

    def _why_not_submit(self, board: Board, user_id: int) -> str:
        if not self.has_token:
            return f"submitting needs scope 'submit'; {self.actor} has {self._has()}"
        if not board.open_to_players:
            return f"board {board.slug!r} is not open to players; submit with a key of scope 'submit'"
        return f"the token of player {self.name} cannot submit for player {user_id}"

    def _has(self) -> str:
        return " and ".join(f"'{scope}'" for scope in sorted(self.scopes)) or "none"

    def _refusal(self, why: str) -> LeaderForgeError:
        if self.is_unresolved:
            return StoreUnavailable("the player of the token cannot be looked up; retry shortly")
        return Unauthenticated(NEEDS_KEY) if self.kind is CallerKind.ANONYMOUS else Forbidden(why)


_SUBMITTING = frozenset({KeyScope.SUBMIT, KeyScope.ADMIN})

ANONYMOUS = Caller(CallerKind.ANONYMOUS)
LOOPBACK = Caller(CallerKind.LOOPBACK, scopes=frozenset({KeyScope.ADMIN}))
COMMAND = Caller(CallerKind.COMMAND, scopes=frozenset({KeyScope.ADMIN}))


def player(user_id: int, *, reads: bool = False, username: str | None = None) -> Caller:
    """Return the caller of a player token. With `reads` it may read private boards."""
    return Caller(CallerKind.PLAYER, str(user_id), _token_scopes(reads), user_id, username=username)


def external_player(external_id: ExternalId, *, reads: bool = False, username: str | None = None) -> Caller:
    """Return the caller of a token with an external id, whose player is not looked up yet."""
    name = f"ext:{external_id}"
    return Caller(CallerKind.PLAYER, name, _token_scopes(reads), external_id=external_id, username=username)


def _token_scopes(reads: bool) -> frozenset[KeyScope]:
    return frozenset({KeyScope.READ}) if reads else frozenset()
