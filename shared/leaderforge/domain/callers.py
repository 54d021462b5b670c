"""Who asks, and what they may do."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Forbidden, Unauthenticated


class Scope(StrEnum):
    """What a key may do: read private boards, submit for anyone and create players, or everything."""

    READ = "read"
    SUBMIT = "submit"
    ADMIN = "admin"


class Kind(StrEnum):
    """What a caller is known by."""

    ANONYMOUS = "anonymous"
    KEY = "key"
    ENVIRONMENT = "env"
    PLAYER = "player"
    LOOPBACK = "loopback"
    COMMAND = "cli"


NEEDS_KEY = "this call needs a key or a token: Authorization: Bearer <key>"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks.

    `name` is the key's, or the player's id as text. `user_id` is the player of a token. `fingerprint` tells keys of
    one name apart.
    """

    kind: Kind
    name: str = ""
    scopes: frozenset[Scope] = frozenset()
    user_id: int | None = None
    fingerprint: str = ""

    @property
    def actor(self) -> str:
        """How the audit log names the caller, such as `key:game-server`, `player:123` or `cli`."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @property
    def is_admin(self) -> bool:
        """Whether the caller may do everything."""
        return Scope.ADMIN in self.scopes

    def has_any(self, scopes: Collection[Scope]) -> bool:
        """Whether one of these scopes is the caller's."""
        return not self.scopes.isdisjoint(scopes)

    def may_read(self, board: Board) -> bool:
        """Whether the board shows itself to the caller: any scope will do for a private one."""
        return not board.private or bool(self.scopes)

    def may_submit(self, board: Board, user_id: int) -> bool:
        """Whether the caller may submit for that player: a player for itself, where the board allows it."""
        return self.has_any(_SUBMITTING) or (board.open_to_players and self.is_player(user_id))

    def sees_hidden(self, user_id: int) -> bool:
        """Whether the caller sees a hidden standing of that player: an admin does, and the player itself."""
        return self.is_admin or self.is_player(user_id)

    def is_player(self, user_id: int) -> bool:
        """Whether the caller is that very player."""
        return self.user_id is not None and self.user_id == user_id

    def require_read(self, board: Board) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may read the board."""
        if not self.may_read(board):
            raise self._refusal(f"the board {board.slug!r} is private; reading it needs scope 'read'")

    def require_submit(self, board: Board, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may submit for that player on the board."""
        if not self.may_submit(board, user_id):
            raise self._refusal(self._why_not_submit(board, user_id))

    def require_timekeeping(self) -> None:
        """Raise `Forbidden` unless the caller may say when a score was received: players may not."""
        if not self.has_any(_SUBMITTING):
            raise Forbidden(f"saying when a score was received needs scope 'submit'; {self.actor} has {self._has()}")

    def require_any(self, scopes: Collection[Scope]) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller, who is no player, has one of these scopes."""
        if self.user_id is not None or not self.has_any(scopes):
            needed = " or ".join(f"'{scope}'" for scope in sorted(scopes))
            raise self._refusal(f"this call needs a key of scope {needed}; {self.actor} has {self._has()}")

    def require_own(self, user_id: int) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller is an admin or that very player."""
        if not self.sees_hidden(user_id):
            raise self._refusal(f"this is for player {user_id} and for admins; {self.actor} is neither")

    def _why_not_submit(self, board: Board, user_id: int) -> str:
        if self.user_id is None:
            return f"submitting needs scope 'submit'; {self.actor} has {self._has()}"
        if not board.open_to_players:
            return f"the board {board.slug!r} takes no scores from players themselves"
        return f"player {self.user_id} may not submit for player {user_id}"

    def _has(self) -> str:
        return " and ".join(f"'{scope}'" for scope in sorted(self.scopes)) or "none"

    def _refusal(self, why: str) -> Forbidden | Unauthenticated:
        return Unauthenticated(NEEDS_KEY) if self.kind is Kind.ANONYMOUS else Forbidden(why)


_SUBMITTING = frozenset({Scope.SUBMIT, Scope.ADMIN})

ANONYMOUS = Caller(Kind.ANONYMOUS)
LOOPBACK = Caller(Kind.LOOPBACK, scopes=frozenset({Scope.ADMIN}))
COMMAND = Caller(Kind.COMMAND, scopes=frozenset({Scope.ADMIN}))


def player(user_id: int, *, reads: bool = False) -> Caller:
    """Return the caller with a player's token; `reads` lets it read private boards."""
    return Caller(Kind.PLAYER, str(user_id), frozenset({Scope.READ}) if reads else frozenset(), user_id)
