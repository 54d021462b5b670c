"""What OpenAPI says about a call beyond its signature: headers, examples and every error."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from functions.edge.http.errors import (
    BodyTooLarge,
    InternalError,
    MalformedRequest,
    RateLimited,
    RequestTimeout,
    UnsupportedMediaType,
    status_of,
)
from functions.edge.outputs import ErrorOut
from leaderforge.domain.errors import Forbidden, LeaderForgeError, Refused, StoreUnavailable, Unauthenticated
from leaderforge.services.entries import Source

WITH_BODY = (MalformedRequest, RequestTimeout, BodyTooLarge, UnsupportedMediaType)
"""Errors of every call with a body."""
WITH_KEY = (Unauthenticated, Forbidden, StoreUnavailable, RateLimited)
"""Errors of every call that looks at who asks."""

_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "A key or a token is needed, or this one is not known.",
    403: "This caller may not do this.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "It contradicts what is there already.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    429: "Too many requests of this key, player or address.",
    500: "Something went wrong here.",
    501: "This deployment answers in one piece: poll, or read page after page, instead.",
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
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "required": True}}
_RATE_LIMIT = {
    "Limit": "How many requests may come at once.",
    "Remaining": "How many of them are left.",
    "Reset": "Seconds until all of them are left again.",
}
_FILE_NAME = {
    "Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}, "required": True}
}
_STATUS_HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    429: {
        **_RETRY_AFTER,
        **{
            f"RateLimit-{name}": {"description": meaning, "schema": {"type": "integer"}, "required": True}
            for name, meaning in _RATE_LIMIT.items()
        },
    },
    503: _RETRY_AFTER,
}


def read(model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None) -> dict[str, Any]:
    """Return the options of a route that reads."""
    described = _described(model, (*errors, *WITH_KEY), 200, _SOURCE | _ETAG, example)
    described["responses"][304] = {
        "description": "Nothing changed since the read whose ETag was sent as If-None-Match.",
        "headers": _REQUEST_ID | _SOURCE | _ETAG,
    }
    return described


def read_by_body(model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None) -> dict[str, Any]:
    """Return the options of a route that reads what a body asks for."""
    return _described(model, (*errors, *WITH_KEY, *WITH_BODY), 200, _SOURCE | _ETAG, example)


def write(
    model: type[BaseModel],
    *errors: type[LeaderForgeError],
    status: int = 200,
    headers: Mapping[str, Any] | None = None,
    example: Any = None,
    queued: type[BaseModel] | None = None,
) -> dict[str, Any]:
    """Return the options of a route that writes; `queued` is the answer where the write waits in a queue."""
    errors = (*errors, *WITH_KEY, *WITH_BODY)
    described = _described(model, errors, status, _SOURCE | dict(headers or {}), example)
    if queued is not None:
        described["responses"][202] = {"model": queued, "description": _first_line(queued), "headers": _REQUEST_ID}
    return {"status_code": status} | described


def change(model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None) -> dict[str, Any]:
    """Return the options of a route that writes without a body."""
    return _described(model, (*errors, *WITH_KEY), 200, _SOURCE, example)


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


def download(meaning: str, examples: Mapping[str, str], *errors: type[LeaderForgeError]) -> dict[str, Any]:
    """Return the options of a route whose answer is a file, in one of these content types, each with an example."""
    answer = {
        "description": meaning,
        "headers": _REQUEST_ID | _SOURCE | _FILE_NAME,
        "content": {kind: {"schema": {"type": "string"}, "example": text} for kind, text in examples.items()},
    }
    return {"response_class": Response, "responses": {200: answer, **failures(*errors, *WITH_KEY)}}


def stream(
    meaning: str, content_type: str, *errors: type[LeaderForgeError], headers: Mapping[str, str], example: str
) -> dict[str, Any]:
    """Return the options of a route whose answer comes piece by piece; `headers` are optional ones of the request."""
    described = text(meaning, content_type, *errors)
    described["responses"][200]["content"][content_type]["example"] = example
    described["openapi_extra"] = {
        "parameters": [
            {"name": name, "in": "header", "required": False, "description": told, "schema": {"type": "string"}}
            for name, told in headers.items()
        ]
    }
    return described


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
