"""Errors as responses: one table, one shape."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import to_json

from functions.edge.http.responses import Answer
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
    """The request cannot be read at all."""

    code = "malformed_request"


class RequestTimeout(Refused):
    code = "request_timeout"


class RouteNotFound(NotFound):
    code = "route_not_found"


class MethodNotAllowed(Refused):
    code = "method_not_allowed"


class BodyTooLarge(Refused):
    code = "body_too_large"


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"


class RateLimited(Refused):
    """One request too many, of a key, a player or an address."""

    code = "rate_limited"


class StreamingUnavailable(LeaderForgeError):
    """This deployment cannot send an answer that goes on."""

    code = "streaming_unavailable"


class InternalError(LeaderForgeError):
    """What callers see of an error that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__("something went wrong here; the log has more, under this request's id")


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
    Refused: 422,
    RateLimited: 429,
    LeaderForgeError: 500,
    StreamingUnavailable: 501,
    Unavailable: 503,
}
"""The status of each error; that of the nearest base for those that are not here."""

_HEADERS: Mapping[int, tuple[tuple[bytes, bytes], ...]] = {
    401: ((b"www-authenticate", b'Bearer realm="leaderforge"'),),
    503: ((b"retry-after", b"1"),),
}
_ALWAYS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_SERVER_ERROR = 500


def status_of(error: type[LeaderForgeError]) -> int:
    """Return the status that the error is answered with."""
    return next(STATUS[base] for base in error.__mro__ if base in STATUS)


def shown(error: Exception) -> LeaderForgeError:
    """Return what callers may see of an error."""
    if isinstance(error, ValidationError):
        return invalid(error)
    if isinstance(error, LeaderForgeError) and status_of(type(error)) != _SERVER_ERROR:
        return error
    return InternalError()


def invalid(error: ValidationError) -> LeaderForgeError:
    """Return what is wrong with input, and where."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        return MalformedRequest(f"the body is not valid JSON: {problems[0]['msg'].removeprefix('Invalid JSON: ')}")
    listed = [{"at": ".".join(map(str, one["loc"])), "problem": _said(one["msg"])} for one in problems]
    first = listed[0]
    return Refused(f"{first['at'] or 'the body'}: {first['problem']}", errors=listed)


def error_json(error: LeaderForgeError) -> str:
    """Return the one shape that all errors have."""
    shape = {"error": {"code": error.code, "message": error.message, "details": error.details}}
    return to_json(shape, fallback=str).decode()


def answer_of(error: Exception, headers: Mapping[str, str] | None = None) -> Answer:
    """Return the response to a request that failed so."""
    seen = shown(error)
    status = status_of(type(seen))
    extra = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Answer(error_json(seen).encode(), [*_ALWAYS, *_HEADERS.get(status, ()), *extra], status)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
