"""OpenAPI documentation beyond a handler's signature: headers, examples and all errors."""

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
from functions.edge.wire.errors import ErrorOut
from leaderforge.domain.errors import Forbidden, LeaderForgeError, Refused, StoreUnavailable, Unauthenticated
from leaderforge.domain.grouping import grouped
from leaderforge.domain.sources import Source

WITH_BODY = (MalformedRequest, RequestTimeout, BodyTooLarge, UnsupportedMediaType)
"""Errors of every call with a body."""
WITH_KEY = (Unauthenticated, Forbidden, StoreUnavailable, RateLimited)
"""Errors of every call with an access check."""

_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be parsed.",
    401: "The call needs a key or a token, or the given one is unknown.",
    403: "The caller has no right to this call.",
    404: "The requested object does not exist.",
    408: "The body did not arrive in time.",
    409: "The request conflicts with the current state.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is invalid.",
    429: "The rate limit of this key, player or address is exceeded. Retry after the given time.",
    500: "Unexpected error. The service's log has the cause under the X-Request-Id.",
    501: "This deployment buffers responses and cannot stream (AWS Lambda). Poll, or page through the results.",
    503: "A required part of the service is unavailable. Retry after the given time.",
}
_REQUEST_ID = {
    "X-Request-Id": {
        "description": "The id of the request: the one that was sent, otherwise a new one. The log contains it.",
        "schema": {"type": "string"},
        "required": True,
    }
}
_SOURCE = {
    "X-LeaderForge-Source": {
        "description": "The source of the answer.",
        "schema": {"type": "string", "enum": [source.value for source in Source]},
        "required": True,
    }
}
_ETAG = {
    "ETag": {
        "description": "Identifies the content. Send it as If-None-Match: an unchanged answer is 304 without a body.",
        "schema": {"type": "string"},
        "required": True,
    },
    "Cache-Control": {
        "description": "`no-cache`: the answer may be cached, but must be revalidated before each use.",
        "schema": {"type": "string"},
    },
}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before a retry.", "schema": {"type": "integer"}, "required": True}
}
_RATE_LIMIT = {
    "Limit": "The maximum number of requests in a burst.",
    "Remaining": "The remaining number of requests in the burst.",
    "Reset": "Seconds until the whole burst is available again.",
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
    options = _options(model, (*errors, *WITH_KEY), 200, _SOURCE | _ETAG, example)
    options["responses"][304] = {
        "description": "The content is unchanged since the read whose ETag was sent as If-None-Match.",
        "headers": _REQUEST_ID | _SOURCE | _ETAG,
    }
    return options


def read_by_body(model: type[BaseModel], *errors: type[LeaderForgeError], example: Any = None) -> dict[str, Any]:
    """Return the options of a route that reads, and receives its parameters in a body."""
    return _options(model, (*errors, *WITH_KEY, *WITH_BODY), 200, _SOURCE | _ETAG, example)


def write(
    model: type[BaseModel],
    *errors: type[LeaderForgeError],
    status: int = 200,
    headers: Mapping[str, Any] | None = None,
    example: Any = None,
    queued: type[BaseModel] | None = None,
) -> dict[str, Any]:
    """Return the options of a route that writes. `queued` is the answer of a deployment that queues the write."""
    errors = (*errors, *WITH_KEY, *WITH_BODY)
    options = _options(model, errors, status, _SOURCE | dict(headers or {}), example)
    if queued is not None:
        options["responses"][202] = {"model": queued, "description": _first_line(queued), "headers": _REQUEST_ID}
    return {"status_code": status} | options


def put(
    model: type[BaseModel], *errors: type[LeaderForgeError], headers: Mapping[str, Any], example: Any = None
) -> dict[str, Any]:
    """Return the options of a route that changes or creates an object. The answer to a creation has `headers`."""
    options = write(model, *errors, example=example)
    options["responses"][201] = {
        "model": model,
        "description": "The object did not exist, and was created.",
        "headers": _REQUEST_ID | _SOURCE | dict(headers),
    }
    return options


def change(
    model: type[BaseModel], *errors: type[LeaderForgeError], status: int = 200, example: Any = None
) -> dict[str, Any]:
    """Return the options of a route that writes without a body."""
    return {"status_code": status} | _options(model, (*errors, *WITH_KEY), status, _SOURCE, example)


def health(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """Return the options of the health route. Its 503 is an answer, not an error."""
    options = _options(model, (Unauthenticated,), 200, {}, example)
    unavailable = {"status": "unavailable"}
    options["responses"][503] = {
        "model": model,
        "description": "All calls fail now.",
        "headers": _REQUEST_ID,
        "content": {"application/json": {"example": example | unavailable}},
    }
    return options


def text(meaning: str, content_type: str, *errors: type[LeaderForgeError]) -> dict[str, Any]:
    """Return the options of a route that answers with text."""
    answer = {"description": meaning, "headers": _REQUEST_ID, "content": {content_type: {"schema": {"type": "string"}}}}
    return {"response_class": Response, "responses": {200: answer, **failures(*errors)}}


def download(meaning: str, examples: Mapping[str, str], *errors: type[LeaderForgeError]) -> dict[str, Any]:
    """Return the options of a route that answers with a file. `examples` has an example for each content type."""
    answer = {
        "description": meaning,
        "headers": _REQUEST_ID | _SOURCE | _FILE_NAME,
        "content": {kind: {"schema": {"type": "string"}, "example": text} for kind, text in examples.items()},
    }
    return {"response_class": Response, "responses": {200: answer, **failures(*errors, *WITH_KEY)}}


def stream(
    meaning: str,
    content_type: str,
    *errors: type[LeaderForgeError],
    headers: Mapping[str, str],
    example: str,
    pattern: str | None = None,
) -> dict[str, Any]:
    """Return the options of a route that streams. `headers` are optional request headers with their descriptions.

    The values of these headers must match the `pattern`, if there is one.
    """
    schema = {"type": "string"} if pattern is None else {"type": "string", "pattern": pattern}
    options = text(meaning, content_type, *errors)
    options["responses"][200]["content"][content_type]["example"] = example
    options["openapi_extra"] = {
        "parameters": [
            {"name": name, "in": "header", "required": False, "description": meaning, "schema": schema}
            for name, meaning in headers.items()
        ]
    }
    return options


def exchange(
    meaning: str, content_type: str, line: type[BaseModel], *errors: type[LeaderForgeError], example: str
) -> dict[str, Any]:
    """Return the options of a route that streams lines in both directions. `line` is the model of a request's line."""
    options = stream(meaning, content_type, *errors, *WITH_KEY, UnsupportedMediaType, headers={}, example=example)
    schema = {"$ref": f"#/components/schemas/{line.__name__}"}
    options["openapi_extra"]["requestBody"] = {"required": True, "content": {content_type: {"schema": schema}}}
    return options


def streamed(meaning: str, content_type: str, example: str, *errors: type[LeaderForgeError]) -> dict[str, Any]:
    """Return the options of a route that has a body and streams its answer."""
    options = text(meaning, content_type, *errors, *WITH_KEY, *WITH_BODY)
    options["responses"][200]["content"][content_type]["example"] = example
    return options


def uploading(options: dict[str, Any], content_type: str) -> dict[str, Any]:
    """Return the options of a route whose body is a file."""
    file = {"schema": {"type": "string", "format": "binary", "examples": ["player,score\nAda,520\n"]}}
    return options | {"openapi_extra": {"requestBody": {"required": True, "content": {content_type: file}}}}


def failures(*errors: type[LeaderForgeError]) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the responses to these errors and to the errors that every call can have."""
    by_status = grouped((status_of(error), error) for error in dict.fromkeys((*errors, Refused, InternalError)))
    return {status: _failure(status, by_status[status]) for status in sorted(by_status)}


def _options(
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
        error.code: {"value": {"error": {"code": error.code, "message": "The error message.", "details": {}}}}
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
