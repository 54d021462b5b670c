"""What OpenAPI says about a call beyond its signature: headers, examples and every error."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from functions.edge.errors import (
    BodyTooLarge,
    InternalError,
    MalformedRequest,
    RequestTimeout,
    UnsupportedMediaType,
    status_of,
)
from functions.edge.outputs import ErrorOut
from leaderforge.domain.errors import Forbidden, LeaderForgeError, Refused, Unauthenticated
from leaderforge.services.entries import Source

WITH_BODY = (MalformedRequest, RequestTimeout, BodyTooLarge, UnsupportedMediaType)
"""Errors of every call with a body."""
WITH_KEY = (Unauthenticated, Forbidden)
"""Errors of every call that needs a key."""

_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "A key is needed, or this one is not known.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "It exists already.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    500: "Something went wrong here.",
    503: "A part that this needs is out of reach; try again shortly.",
}
_REQUEST_ID = {
    "X-Request-Id": {
        "description": "The request's own id, or one made for it; the log has it too.",
        "schema": {"type": "string"},
        "required": True,
    }
}
_SOURCE = {
    "X-LeaderForge-Source": {
        "description": "Where the answer came from.",
        "schema": {"type": "string", "enum": [source.value for source in Source]},
        "required": True,
    }
}
_ETAG = {
    "ETag": {
        "description": "Send it as If-None-Match to learn cheaply whether anything changed.",
        "schema": {"type": "string"},
        "required": True,
    },
    "Cache-Control": {"description": "Keep it, but ask before using it again.", "schema": {"type": "string"}},
}
_STATUS_HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    503: {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "required": True}},
}


def read(
    model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None, key_optional: bool = False
) -> dict[str, Any]:
    """Return the options of a route that reads; with `key_optional`, a key shows more and no key will do."""
    described = _described(model, errors, 200, _SOURCE | _ETAG, example)
    if key_optional:
        described["openapi_extra"] = {"security": [{}]}
    described["responses"][304] = {
        "description": "Nothing changed since the read whose ETag was sent as If-None-Match.",
        "headers": _REQUEST_ID | _SOURCE | _ETAG,
    }
    return described


def read_by_body(model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None) -> dict[str, Any]:
    """Return the options of a route that reads what a body asks for."""
    return _described(model, (*errors, *WITH_BODY), 200, _SOURCE | _ETAG, example)


def write(
    model: type[BaseModel],
    *errors: type[LeaderForgeError],
    status: int = 200,
    headers: Mapping[str, Any] | None = None,
    example: Any = None,
) -> dict[str, Any]:
    """Return the options of a route that writes."""
    errors = (*errors, *WITH_KEY, *WITH_BODY)
    return {"status_code": status} | _described(model, errors, status, _SOURCE | dict(headers or {}), example)


def health(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """Return the options of the route that tells how the service is: its 503 is an answer, not an error."""
    described = _described(model, (), 200, {}, example)
    unable = {"status": "unavailable"}
    described["responses"][503] = {
        "model": model,
        "description": "Nothing can be served now.",
        "headers": _REQUEST_ID,
        "content": {"application/json": {"example": example | unable}},
    }
    return described


def text(meaning: str, content_type: str, *errors: type[LeaderForgeError]) -> dict[str, Any]:
    """Return the options of a route whose answer is text."""
    answer = {"description": meaning, "headers": _REQUEST_ID, "content": {content_type: {"schema": {"type": "string"}}}}
    return {"response_class": Response, "responses": {200: answer, **failures(*errors)}}


def failures(*errors: type[LeaderForgeError]) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of responses to these errors, and to those that any call may meet."""
    by_status: defaultdict[int, list[type[LeaderForgeError]]] = defaultdict(list)
    for error in dict.fromkeys((*errors, Refused, InternalError)):
        by_status[status_of(error)].append(error)
    return {status: _failure(status, by_status[status]) for status in sorted(by_status)}


def _described(
    model: type[BaseModel],
    errors: tuple[type[LeaderForgeError], ...],
    status: int,
    headers: Mapping[str, Any],
    example: Any,
) -> dict[str, Any]:
    answer: dict[str, Any] = {"headers": _REQUEST_ID | dict(headers), "description": _first_line(model)}
    if example is not None:
        answer["content"] = {"application/json": {"example": example}}
    return {"response_model": model, "responses": {status: answer, **failures(*errors)}}


def _failure(status: int, errors: list[type[LeaderForgeError]]) -> dict[str, Any]:
    examples = {
        error.code: {"value": {"error": {"code": error.code, "message": "What happened, for people.", "details": {}}}}
        for error in errors
    }
    return {
        "model": ErrorOut,
        "description": _MEANINGS[status],
        "headers": _REQUEST_ID | _STATUS_HEADERS.get(status, {}),
        "content": {"application/json": {"examples": examples}},
    }


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "The answer.").strip().splitlines()[0]
