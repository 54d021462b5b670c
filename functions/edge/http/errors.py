"""Conversion of errors to responses: their statuses and their JSON format."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from functions.edge.http.responses import Answer
from functions.edge.wire.errors import render_error
from functions.edge.wire.rules import problem_of
from leaderforge.domain.errors import (
    Conflict,
    Forbidden,
    LeaderForgeError,
    NotFound,
    Refused,
    Unauthenticated,
    Unavailable,
)


class MalformedRequest(Refused):
    """The request cannot be parsed."""

    code = "malformed_request"


class RequestTimeout(Refused):
    code = "request_timeout"


class RouteNotFound(NotFound):
    code = "route_not_found"


class MethodNotAllowed(Refused):
    code = "method_not_allowed"


class BodyTooLarge(Refused):
    code = "body_too_large"


class HeadTooLong(Refused):
    """The request line or the headers are too long. Responses have the status 414 or 431."""

    code = "head_too_long"


class MisdirectedRequest(Refused):
    """The request is for a host that the server does not serve."""

    code = "misdirected_request"


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"


class RateLimited(Refused):
    """The request exceeds the rate limit of a key, a player or an address."""

    code = "rate_limited"


class StreamingUnavailable(LeaderForgeError):
    """This deployment cannot stream responses."""

    code = "streaming_unavailable"


class InternalError(LeaderForgeError):
    """The service failed unexpectedly. The response does not contain the cause."""

    def __init__(self) -> None:
        super().__init__("unexpected error; search the service's log for the X-Request-Id of this response")


STATUS: Mapping[type[LeaderForgeError], int] = {
    MalformedRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    RequestTimeout: 408,
    Conflict: 409,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    MisdirectedRequest: 421,
    Refused: 422,
    RateLimited: 429,
    HeadTooLong: 431,
    LeaderForgeError: 500,
    StreamingUnavailable: 501,
    Unavailable: 503,
}
"""HTTP status of each error class. A class that is not listed has the status of its nearest listed base."""

_HEADERS: Mapping[int, tuple[tuple[bytes, bytes], ...]] = {
    401: ((b"www-authenticate", b'Bearer realm="leaderforge"'),),
    503: ((b"retry-after", b"1"),),
}
_COMMON_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_SERVER_ERROR = 500
_MAX_PROBLEMS = 20
"""Maximum number of problems that an error lists. A body may have thousands."""
_MAX_ITEM_PROBLEMS = 3
"""Maximum number of problems in the error of one item of a batch. A batch may have a thousand invalid items."""
_MAX_PLACE = 100
"""Maximum length, in characters, of the path of an invalid JSON member in an error."""


def status_of(error: type[LeaderForgeError]) -> int:
    """Return the HTTP status of an error class."""
    return next(STATUS[base] for base in error.__mro__ if base in STATUS)


def public_error(error: Exception, most_problems: int = _MAX_PROBLEMS) -> LeaderForgeError:
    """Return the error that the client may see. Unexpected errors become `InternalError`."""
    if isinstance(error, ValidationError):
        return validation_error(error, most_problems)
    if isinstance(error, LeaderForgeError) and status_of(type(error)) != _SERVER_ERROR:
        return error
    return InternalError()


def render_item_error(error: Exception) -> str:
    """Return the error of a batch's item as a JSON object that the client may see."""
    return render_error(public_error(error, _MAX_ITEM_PROBLEMS))


def validation_error(error: ValidationError, most_problems: int = _MAX_PROBLEMS) -> LeaderForgeError:
    """Return the error for an invalid input. It lists the first problems, each with its JSON member, and counts all.

    The message describes the first problem.
    """
    failures = error.errors(include_url=False, include_input=False)[:most_problems]
    if failures[0]["type"] == "json_invalid":
        return MalformedRequest(f"the body is not valid JSON: {failures[0]['msg'].removeprefix('Invalid JSON: ')}")
    problems = [{"at": _place_of(item), "problem": problem_of(item)} for item in failures]
    first = problems[0]
    message = f"{first['at'] or 'the body'}: {first['problem']}"
    return Refused(message, errors=problems, error_count=error.error_count())


def _place_of(failure: ErrorDetails) -> str:
    """Return the path of an invalid JSON member, cut to `_MAX_PLACE`: a client can send any name, of any length."""
    return ".".join(map(str, failure["loc"]))[:_MAX_PLACE]


def error_answer(error: Exception, headers: Mapping[str, str] | None = None) -> Answer:
    """Return the response to a request that failed with this error."""
    public = public_error(error)
    status = status_of(type(public))
    extra = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Answer(render_error(public).encode(), [*_COMMON_HEADERS, *_HEADERS.get(status, ()), *extra], status)
