"""From a request to the handler's parameters, and from what it returns or raises to a response.

FastAPI reads the handlers' signatures and documents them. Serving is done here instead, since that takes a third of the
time: no dependency graph, bodies validated from the bytes, results sent as they are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import lru_cache, partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.params import Depends, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from functions.edge.errors import BodyTooLarge, RequestTimeout, UnsupportedMediaType, answer_of
from functions.edge.responses import Answer
from leaderforge.domain.errors import LeaderForgeError

Take = Callable[[Request], Any]
"""Takes the value of one parameter of a handler from a request."""

_BODY_S = 10.0
_LONGEST_KNOWN_QUERY = 100


class EdgeRoute(APIRoute):
    """A route whose handler takes path parameters, dependencies on the request alone, one query model and one body."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = _Operation(self.name, endpoint, self.param_convertors.keys())


class _Operation:
    """Serves one route."""

    def __init__(self, name: str, endpoint: Callable[..., Awaitable[Answer]], in_path: Collection[str]) -> None:
        self._name = name
        self._endpoint = endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        hints.pop("return", None)
        fields: dict[str, Any] = {n: (hints.pop(n), ...) for n in in_path}
        self._path = create_model("Path", __config__=ConfigDict(hide_input_in_errors=True), **fields)
        self._bodies = {n: hints.pop(n) for n in list(hints) if _is_body(hints[n])}
        self._takes = [(n, _take(n, hint)) for n, hint in hints.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._serve(request)
        except ClientDisconnect:
            return
        except Exception as error:
            scope["leaderforge.error"] = error
            response = answer_of(error)
        await response(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        edge = request.scope["app"].state.edge
        with edge.services.telemetry.transaction(self._name):
            try:
                answer = await self._answer(request, edge.services.settings.max_body_bytes)
            except (LeaderForgeError, ValidationError) as error:
                # What is foreseen is no failure of the transaction.
                request.scope["leaderforge.error"] = error
                answer = answer_of(error)
        if answer.etag is not None and request.method == "GET":
            if_none_match = _header(request.scope, b"if-none-match")
            if if_none_match is not None:
                return answer.unless_matching(if_none_match)
        return answer

    async def _answer(self, request: Request, max_body_bytes: int) -> Answer:
        arguments = {name: take(request) for name, take in self._takes}
        path = request.scope["path_params"]
        if path:
            arguments |= self._path.model_validate(path).__dict__
        for name, model in self._bodies.items():
            _require_json(request.scope)
            arguments[name] = model.model_validate_json(await _body(request, max_body_bytes))
        return await self._endpoint(**arguments)


def _is_body(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _take(name: str, hint: Any) -> Take:
    """Return what takes a parameter of this name and type from a request."""
    base, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    for mark in marks:
        if isinstance(mark, Depends) and mark.dependency is not None:
            return mark.dependency
        if isinstance(mark, Query):
            return partial(_query, base)
    raise TypeError(f"cannot tell where the parameter {name!r} comes from")


def _query(model: type[BaseModel], request: Request) -> BaseModel:
    text: bytes = request.scope["query_string"]
    return _known_query(model, text) if len(text) <= _LONGEST_KNOWN_QUERY else _parsed_query(model, text)


def _parsed_query(model: type[BaseModel], text: bytes) -> BaseModel:
    return model.model_validate(dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)))


_known_query = lru_cache(2048)(_parsed_query)
"""Clients ask the same few questions over and over; the models are immutable."""


def _header(scope: Scope, name: bytes) -> bytes | None:
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None


def _require_json(scope: Scope) -> None:
    content_type = _header(scope, b"content-type")
    if content_type is None or content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise UnsupportedMediaType("send the body as JSON, with Content-Type: application/json")


async def _body(request: Request, limit: int) -> bytes:
    """Return the body. Raises `BodyTooLarge` as soon as it is, and `RequestTimeout` if it does not arrive."""
    length = _header(request.scope, b"content-length")
    if length is not None and length.isdigit():
        _require_within(int(length), limit)
    message = await request.receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        _require_within(len(body), limit)
        return body
    try:
        async with asyncio.timeout(_BODY_S):
            return await _rest(request, message, limit)
    except TimeoutError:
        raise RequestTimeout(f"the body did not arrive within {_BODY_S:g} s") from None


async def _rest(request: Request, message: Any, limit: int) -> bytes:
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        _require_within(len(body), limit)
        if not message.get("more_body", False):
            return bytes(body)
        message = await request.receive()


def _require_within(length: int, limit: int) -> None:
    if length > limit:
        raise BodyTooLarge(f"the body may have at most {limit} bytes", limit=limit)
