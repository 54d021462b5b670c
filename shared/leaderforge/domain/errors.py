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


class NotFound(LeaderForgeError):
    code = "not_found"


class BoardNotFound(NotFound):
    code = "board_not_found"


class UserNotFound(NotFound):
    code = "user_not_found"


class NotRanked(NotFound):
    code = "not_ranked"


class Conflict(LeaderForgeError):
    code = "conflict"


class UserExists(Conflict):
    code = "user_exists"


class UsernameTaken(Conflict):
    code = "username_taken"


class EmailTaken(Conflict):
    code = "email_taken"


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


class Overloaded(Unavailable):
    code = "overloaded"
