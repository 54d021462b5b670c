"""Everything LeaderForge can refuse or fail at.

Adapters translate their drivers' exceptions into these; the HTTP edge maps each class to a status in one table.
"""

from collections.abc import Mapping


class LeaderForgeError(Exception):
    """Base of all errors; `code` is the stable, machine-readable name that callers may rely on."""

    code = "internal_error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details


class Refused(LeaderForgeError):
    """The request itself is at fault: repeating it unchanged cannot succeed."""

    code = "invalid_request"


class InvalidCursor(Refused):
    code = "invalid_cursor"


class ScoreOutOfRange(Refused):
    code = "score_out_of_range"


class RuleViolated(Refused):
    """A submission breaks one of its board's rules, which is named."""

    code = "rule_violated"

    def __init__(self, rule: str, message: str, limit: int) -> None:
        super().__init__(message, rule=rule, limit=limit)


class PeriodClosed(Refused):
    """A submission came too late to count in any period."""

    code = "period_closed"


class NotFound(LeaderForgeError):
    code = "not_found"


class BoardNotFound(NotFound):
    code = "board_not_found"


class PeriodNotFound(NotFound):
    code = "period_not_found"


class UserNotFound(NotFound):
    code = "user_not_found"


class NotRanked(NotFound):
    code = "not_ranked"

    @classmethod
    def on(cls, board: str, user_id: int) -> "NotRanked":
        """Return that a player has no score on a board."""
        return cls(f"player {user_id} has no score on board {board!r}", user_id=user_id, board=board)


class KeyNotFound(NotFound):
    code = "key_not_found"


class Conflict(LeaderForgeError):
    code = "conflict"


class BoardExists(Conflict):
    code = "board_exists"


class SettingFixed(Conflict):
    """A setting of a board that cannot become what was asked for, which is named."""

    code = "setting_fixed"

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message, setting=setting)


class UserExists(Conflict):
    code = "user_exists"


class UsernameTaken(Conflict):
    code = "username_taken"


class EmailTaken(Conflict):
    code = "email_taken"


class KeyNameTaken(Conflict):
    code = "key_name_taken"


class KeyRevoked(Conflict):
    code = "key_revoked"


class Unauthenticated(LeaderForgeError):
    code = "unauthenticated"


class Forbidden(LeaderForgeError):
    code = "forbidden"


class Unavailable(LeaderForgeError):
    """A part that the request needs cannot be reached now; the same request may succeed later."""

    code = "unavailable"


class StoreUnavailable(Unavailable):
    code = "store_unavailable"


class IndexUnavailable(Unavailable):
    """The rank index cannot answer: a node is out of reach, or a partition awaits its rebuild."""

    code = "index_unavailable"


class QueueUnavailable(Unavailable):
    code = "queue_unavailable"


class PeriodBuilding(Unavailable):
    """A period that the board was given lately is being completed from the scores submitted before."""

    code = "period_building"


class Overloaded(Unavailable):
    code = "overloaded"


class TooManyListeners(Overloaded):
    """This process has as many live listeners as it may."""

    code = "too_many_listeners"
