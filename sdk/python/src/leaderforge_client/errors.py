"""Errors of the client. `LeaderForgeError` is the root; `ApiError` has the server's code."""

from collections.abc import Mapping
from typing import Any


class LeaderForgeError(Exception):
    """Any error of this package."""


class NetworkError(LeaderForgeError):
    """No complete answer of the service arrived, after all tries."""


class Cancelled(LeaderForgeError):
    """The call was cancelled by `Client.cancel`. Queued scores stay in the queue."""


class ClientClosed(LeaderForgeError):
    """The client was closed before the call. Queued scores stay in the queue; a new score was not added."""


class NotSignedIn(LeaderForgeError):
    """The call needs a player: sign in, or pass `user_id`."""


class QueueFull(LeaderForgeError):
    """The queue has as many scores as its capacity. This score was not added."""


class QueueLocked(LeaderForgeError):
    """Another process has opened the queue's file."""


class QueueUnwritable(LeaderForgeError):
    """The queue's file cannot be written: the disk is full, or the file is read-only. A new score was not added."""


class QueueDamaged(LeaderForgeError):
    """The queue's file is damaged: it is no valid database any more. The file is left unchanged; use another file."""


class ApiError(LeaderForgeError):
    """Refusal by the service.

    `code` is stable; docs/api.md lists all codes. `status` is the HTTP status, 0 for an item of a batch.
    `retry_after_s` is the delay in s that the server requests before a retry, None if it requests none.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.details = dict(details or {})
        self.request_id, self.retry_after_s = request_id, retry_after_s


class Unauthenticated(ApiError):
    """The key or the token is missing, unknown or expired (401)."""


class Forbidden(ApiError):
    """The key or the token does not allow this call (403)."""


class NotFound(ApiError):
    """The player, board, period or entry does not exist (404)."""


class Conflict(ApiError):
    """The request contradicts the stored state (409)."""


class Invalid(ApiError):
    """The request breaks a rule of the service or of the board (400, 413, 415, 422)."""


class RateLimited(ApiError):
    """Too many requests, after all tries (429)."""


class Unavailable(ApiError):
    """The service cannot answer at present, after all tries (500 to 599)."""


UNKNOWN = "unknown"
"""Code of a refusal that does not contain the service's error object, for example from a proxy."""
_KINDS: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: RateLimited,
}
TRANSIENT = frozenset(
    {
        "rate_limited", "request_timeout", "internal_error", "unavailable", "store_unavailable", "index_unavailable",
        "queue_unavailable", "period_building", "overloaded",
    }
)  # fmt: skip
"""Codes of temporary errors: a later try may succeed."""


def api_error(status: int, body: Any, *, request_id: str | None = None, retry_after_s: float | None = None) -> ApiError:
    """Return the error of a response with this status and JSON body."""
    error = body["error"]
    kind = Unavailable if status >= 500 else _KINDS.get(status, ApiError)
    details = error.get("details")
    return kind(status, error["code"], error["message"], details, request_id=request_id, retry_after_s=retry_after_s)


def item_error(body: Any) -> ApiError:
    """Return the error of an item of a batch."""
    error = body["error"]
    return ApiError(0, error["code"], error["message"], error.get("details"))
