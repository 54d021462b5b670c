"""Callers and their rights."""

from dataclasses import dataclass
from enum import StrEnum

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Forbidden, LeaderForgeError, StoreUnavailable, Unauthenticated
from leaderforge.domain.permissions import KeyScope, Permission, Role, holders_text, permissions_of
from leaderforge.domain.players import ExternalId


class CallerKind(StrEnum):
    """Origin of a caller's identity."""

    ANONYMOUS = "anonymous"
    KEY = "key"
    ENVIRONMENT = "env"
    OPENID = "oidc"
    PLAYER = "player"
    LOOPBACK = "loopback"
    COMMAND = "cli"


NEEDS_KEY = "this call needs an API key or a player token: send Authorization: Bearer <key>"
"""Message of `Unauthenticated` for a call without credentials."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Authenticated or anonymous origin of a request.

    `name` is the name of the key, the subject of a person, or the player id as text. `user_id` is the player of a
    token. `user_id` is None as long as no player has the `external_id` in the token. `username` is the name that a
    token gives to a new player. `is_unresolved` is true if the store was unavailable when the player was looked up or
    created. A key from an environment variable is named after its scope, and `fingerprint` distinguishes keys with
    equal names. `person` is the name of the person who uses the key or has signed in, with the role `assigned_role`;
    `person` and role are None for keys of programs.
    """

    kind: CallerKind
    name: str = ""
    scopes: frozenset[KeyScope] = frozenset()
    user_id: int | None = None
    fingerprint: str = ""
    external_id: ExternalId | None = None
    username: str | None = None
    is_unresolved: bool = False
    assigned_role: Role | None = None
    person: str | None = None

    @property
    def actor(self) -> str:
        """Return the caller's name in the audit log, such as `key:game-server`, `player:123` or `cli`."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @property
    def role(self) -> Role | None:
        """Return the caller's role in the console: `assigned_role`, or `owner` for an admin key, otherwise None."""
        return Role.OWNER if KeyScope.ADMIN in self.scopes else self.assigned_role

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return the permissions of the caller's scopes and role."""
        return permissions_of(self.scopes, self.assigned_role)

    def may(self, permission: Permission) -> bool:
        """Return whether the caller has the permission."""
        return permission in self.permissions

    @property
    def views_console(self) -> bool:
        """Return whether the caller sees everything that the console shows, such as hidden entries and emails."""
        return self.may(Permission.VIEW_CONSOLE)

    @property
    def has_token(self) -> bool:
        """Return whether the caller has a player token."""
        return self.kind is CallerKind.PLAYER

    @property
    def may_read_private(self) -> bool:
        """Return whether the caller may read private boards."""
        return self.may(Permission.READ_BOARDS)

    def may_read(self, board: Board) -> bool:
        """Return whether the caller may read the board. For a private board, any scope suffices."""
        return not board.private or self.may_read_private

    def may_submit(self, board: Board, user_id: int) -> bool:
        """Return whether the caller may submit for the player. Players submit for themselves on open boards only."""
        return self.may(Permission.SUBMIT) or (board.open_to_players and self.is_player(user_id))

    def sees_hidden(self, user_id: int) -> bool:
        """Return whether the caller sees a hidden standing of the player, as the player and the console do."""
        return self.views_console or self.is_player(user_id)

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
        if not self.may(Permission.SUBMIT):
            raise Forbidden(f"achieved_at needs scope 'submit', {self.actor} has {self._has()}; remove achieved_at")

    def require(self, permission: Permission) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller has the permission and no player token."""
        if self.has_token or not self.may(permission):
            raise self._refusal(
                f"this call needs permission '{permission}': a key of {holders_text(permission)}; "
                f"{self.actor} has {self._has()}",
                permission,
            )

    def require_resolved(self) -> None:
        """Raise `StoreUnavailable` if the player of the token could not be looked up or created.

        Without this check, the error for a player who could not be created would say that there is no such player.
        """
        if self.is_unresolved:
            raise StoreUnavailable("the player of the token cannot be looked up; retry shortly")

    def require_acting_for(self, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may claim awards or change friends of the player."""
        if not self.may(Permission.SUBMIT) and not self.is_player(user_id):
            message = f"this call needs scope 'submit' or a token of player {user_id}; {self.actor} has neither"
            raise self._refusal(message)

    def require_friends_of(self, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller has a key or is this player."""
        if self.has_token and not self.is_player(user_id):
            raise self._refusal(f"this call needs a key or a token of player {user_id}; {self.actor} has neither")

    def require_own(self, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller views the console or is this player."""
        if not self.sees_hidden(user_id):
            needed = holders_text(Permission.VIEW_CONSOLE)
            raise self._refusal(
                f"this call needs a token of player {user_id}, or a key of {needed}; {self.actor} has neither",
                Permission.VIEW_CONSOLE,
            )

    def _why_not_submit(self, board: Board, user_id: int) -> str:
        if not self.has_token:
            return f"submitting needs scope 'submit'; {self.actor} has {self._has()}"
        if not board.open_to_players:
            return f"board {board.slug!r} is not open to players; submit with a key of scope 'submit'"
        return f"the token of player {self.name} cannot submit for player {user_id}"

    def _has(self) -> str:
        if self.assigned_role is not None:
            return f"role '{self.assigned_role}'"
        return " and ".join(f"scope '{scope}'" for scope in sorted(self.scopes)) or "none"

    def _refusal(self, why: str, permission: Permission | None = None) -> LeaderForgeError:
        self.require_resolved()
        if self.kind is CallerKind.ANONYMOUS:
            return Unauthenticated(NEEDS_KEY)
        return Forbidden(why) if permission is None else Forbidden(why, permission=permission)


ANONYMOUS = Caller(CallerKind.ANONYMOUS)
LOOPBACK = Caller(CallerKind.LOOPBACK, scopes=frozenset({KeyScope.ADMIN}))
COMMAND = Caller(CallerKind.COMMAND, scopes=frozenset({KeyScope.ADMIN}))


def player(user_id: int, *, reads: bool = False, username: str | None = None) -> Caller:
    """Return the caller of a player token. With `reads`, the token may read private boards."""
    return Caller(CallerKind.PLAYER, str(user_id), _token_scopes(reads), user_id, username=username)


def external_player(external_id: ExternalId, *, reads: bool = False, username: str | None = None) -> Caller:
    """Return the caller of a token with an external id, before its player has been looked up."""
    name = f"ext:{external_id}"
    return Caller(CallerKind.PLAYER, name, _token_scopes(reads), external_id=external_id, username=username)


def _token_scopes(reads: bool) -> frozenset[KeyScope]:
    return frozenset({KeyScope.READ}) if reads else frozenset()
