"""Routing: conversion of a request to a handler's parameters, and of its result or error to a response.

FastAPI only documents the handlers. This module serves requests in a third of FastAPI's time, because it has no
dependency graph, validates bodies directly from their bytes, and does not convert results again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import quote, unquote

from fastapi import Request, Response
from fastapi.params import Depends, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette._utils import get_route_path
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.access.security import AccessCheck, require_allowance
from functions.edge.http import parameters
from functions.edge.http.compression import passes_bytes, preferred
from functions.edge.http.errors import BodyTooLarge, RequestTimeout, UnsupportedMediaType, error_answer
from functions.edge.http.headers import header
from functions.edge.http.responses import Answer, Unchanged
from functions.edge.http.streaming import Stream
from functions.edge.wire.fields import EXTERNAL_PREFIX, OtherUserId, TeamId, UserId
from functions.edge.wire.models import StrictIn
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.players import ExternalId

Extract = Callable[[Request], Any]
"""Function that returns the value of one handler parameter from a request."""

_EXTERNAL = f"/{EXTERNAL_PREFIX}"
_BODY_S = 10.0
"""Time limit in s for the arrival of a request's body."""


class EdgeRoute(Route):
    """Route. Its handler may have path parameters, dependencies on the request, one query model and one body."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Answer | Stream]],
        *,
        methods: Collection[str],
        name: str | None = None,
        **documentation: Any,
    ) -> None:
        super().__init__(path, endpoint, name=name)
        self.methods = set(methods)  # without HEAD, which Starlette would add: `EdgeMiddleware` turns HEAD into GET
        self.app = self.operation = _Operation(self.name, endpoint, self.param_convertors)
        self._document = partial(APIRoute, path, endpoint, methods=self.methods, name=self.name, **documentation)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the route matches the request, and the additions to the scope."""
        match, additions = super().matches(scope)
        if match is not Match.NONE:
            additions["route"] = self
        return match, additions

    def documented(self) -> APIRoute:
        """Return FastAPI's own route object, for the documentation. It is created on demand: its creation is slow."""
        extra = self._document.keywords["openapi_extra"] or {}
        access = self.operation.access
        return self._document(openapi_extra=extra | {"security": access.schemes if access else []})


class EdgeRoutes:
    """Dispatcher of requests to routes. Requests without a route go to the wrapped application.

    Routes answer their own errors, therefore they do not need the application's error layers.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[EdgeRoute]) -> None:
        self._app = app
        # Find a path without parameters by one look-up. For other paths, try the few routes of the method and the
        # `_shape`.
        self._literal: dict[tuple[str, str], EdgeRoute] = {}
        self._routes: defaultdict[tuple[str, int, str], list[EdgeRoute]] = defaultdict(list)
        for route in routes:
            for method in route.methods or ():
                if route.param_convertors:
                    self._routes[method, *_shape(route.path)].append(route)
                else:
                    self._literal.setdefault((method, route.path), route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if _EXTERNAL in scope["path"]:
                scope["path"] = path_with_external_ids(scope)
            route = self._route(scope)
            if route is not None:
                scope["route"] = route
                await route.operation(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _route(self, scope: Scope) -> EdgeRoute | None:
        """Return the route of the request, None without a route. Add the path's parameters to the scope."""
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        route = self._literal.get((scope["method"], path))
        if route is not None:
            scope["path_params"] = {}
            return route
        for route in self._routes.get((scope["method"], *_shape(path)), ()):
            match = route.path_regex.match(path)
            if match is not None:
                scope["path_params"] = match.groupdict()
                return route
        return None


def _shape(path: str) -> tuple[int, str]:
    """Return the number of a path's segments, and the first two segments, which are never parameters."""
    segments = path.split("/")
    return len(segments), "/".join(segments[:3])


class _Operation:
    """Processing of the requests to one route: access check, parameters, handler, answer."""

    def __init__(
        self, name: str, endpoint: Callable[..., Awaitable[Answer | Stream]], in_path: Collection[str]
    ) -> None:
        self._name = name
        self._endpoint = endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        hints.pop("return", None)
        self._in_path = {n: hints.pop(n) for n in in_path}
        self._players = [n for n, hint in self._in_path.items() if hint in (UserId, OtherUserId, TeamId)]
        self._bodies: dict[str, type[StrictIn]] = {n: hints.pop(n) for n in list(hints) if _is_body(hints[n])}
        self._checks = [(n, check) for n, hint in hints.items() if (check := _access_check(hint))]
        self._extractors = [(n, _extractor(n, hint)) for n, hint in hints.items() if _access_check(hint) is None]
        self._has_query = any(_is_query(hint) for hint in hints.values())

    @property
    def access(self) -> AccessCheck | None:
        """Access check of the route, None if the route has none and thus admits everybody."""
        return self._checks[0][1] if self._checks else None

    @cached_property
    # Build the model on first use, because a cold start needs the models of one route only.
    def _path(self) -> type[BaseModel]:
        fields: dict[str, Any] = {name: (hint, ...) for name, hint in self._in_path.items()}
        return create_model("Path", __config__=ConfigDict(hide_input_in_errors=True), **fields)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._serve(request)
        except ClientDisconnect:
            return
        except Exception as error:
            scope["leaderforge.error"] = error
            response = error_answer(error)
        with suppress(ClientDisconnect):
            await response(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        edge = request.scope["app"].edge
        with edge.services.telemetry.transaction(self._name):
            try:
                if edge.rate_limits is not None and edge.rate_limits.cover(request.scope):
                    await require_allowance(request, edge.rate_limits)
                answer = await self._answer(request, edge.services.settings.max_body_bytes)
            except (LeaderForgeError, ValidationError) as error:
                # Catch expected errors here, so that telemetry does not report the transaction as failed.
                request.scope["leaderforge.error"] = error
                answer = error_answer(error)
        return _as_requested(answer, request.scope) if isinstance(answer, Answer) else answer

    async def _answer(self, request: Request, max_body_bytes: int) -> Answer | Stream:
        # Check access first, because a caller without rights must not learn whether its input is valid.
        arguments: dict[str, Any] = {name: await check(request) for name, check in self._checks}
        for name, extract in self._extractors:
            arguments[name] = extract(request)
        if not self._has_query and request.scope["query_string"]:
            parameters.require_none(request.scope["query_string"])
        path = request.scope["path_params"]
        if path:
            arguments |= self._path.model_validate(path).__dict__
            for name in self._players:
                if isinstance(arguments[name], ExternalId):
                    player_ids = request.scope["app"].edge.services.players.ids
                    arguments[name] = await player_ids.get(arguments[name])
        for name, model in self._bodies.items():
            _require_json(request.scope)
            arguments[name] = model.model_validate_json(await _body(request, min(max_body_bytes, model.max_bytes)))
        answer = await self._endpoint(**arguments)
        if isinstance(answer, Stream):
            # Generate the first piece before the response begins. If that fails, the client still gets an error
            # response.
            await answer.begin()
        return answer


def _as_requested(answer: Answer, scope: Scope) -> Response:
    """Return the answer in the requested form: `304 Not Modified`, compressed, or as it is."""
    if answer.etag is not None and scope["method"] == "GET":
        if_none_match = header(scope, b"if-none-match")
        if if_none_match is not None and answer.matches(if_none_match):
            return Unchanged(answer.raw_headers)
    if answer.is_long:
        accept = header(scope, b"accept-encoding")
        encoding = preferred(accept) if accept is not None and passes_bytes(scope) else None
        if encoding is not None:
            return answer.encoded(encoding)
    return answer


def path_with_external_ids(scope: Scope) -> str:
    """Return the path of a request. Its external ids stay percent-encoded, because they may contain slashes.

    Servers without `raw_path` and some gateways decode the path first. If an external id contains a slash or a percent
    sign, clients of such servers must encode the id twice.
    """
    raw = scope.get("raw_path")
    segments = (
        raw.decode("latin-1").split("/") if raw else [quote(part, safe=":%") for part in scope["path"].split("/")]
    )
    return "/".join(_decoded_segment(segment) for segment in segments)


def _decoded_segment(segment: str) -> str:
    text = unquote(segment)
    if not text.startswith(EXTERNAL_PREFIX):
        return text
    # Decode the prefix, because clients may have encoded the colon of `ext:`.
    _, colon, encoded = segment.partition(":")
    return EXTERNAL_PREFIX + (encoded if colon else segment[len("ext%3A") :])


def _is_body(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrictIn)


def _is_query(hint: Any) -> bool:
    """Return whether a parameter of this type is the model of the query."""
    return any(isinstance(annotation, Query) for annotation in get_args(hint)[1:])


def _access_check(hint: Any) -> AccessCheck | None:
    """Return the access check in a parameter's type, None if it has none."""
    annotations = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    dependencies = (item.dependency for item in annotations if isinstance(item, Depends))
    return next((dependency for dependency in dependencies if isinstance(dependency, AccessCheck)), None)


def _extractor(name: str, hint: Any) -> Extract:
    """Return the function that extracts a parameter with this name and type from a request."""
    base, *annotations = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    for annotation in annotations:
        if isinstance(annotation, Depends) and annotation.dependency is not None:
            return annotation.dependency
        if isinstance(annotation, Query):
            return partial(_query, base)
    raise TypeError(f"parameter {name!r} has no source; annotate it with Depends or Query, or name it in the path")


def _query(model: type[BaseModel], request: Request) -> BaseModel:
    return parameters.parsed(model, request.scope["query_string"])


def _require_json(scope: Scope) -> None:
    content_type = header(scope, b"content-type")
    if content_type is None or content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise UnsupportedMediaType("the body must be JSON; send Content-Type: application/json")


async def _body(request: Request, limit: int) -> bytes:
    """Return the body. Raises `BodyTooLarge` over `limit` bytes, and `RequestTimeout` for a body that arrives late."""
    # Refuse a declared length before reading. Also check the received length, because the declared length may be absent
    # or wrong.
    length = header(request.scope, b"content-length")
    if length is not None and length.isdigit():
        _require_within(int(length), limit)
    message = await request.receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        # If the whole body arrives in one message, as usual, return it without a timer: a timer costs time.
        body: bytes = message.get("body", b"")
        _require_within(len(body), limit)
        return body
    try:
        async with asyncio.timeout(_BODY_S):
            return await _joined_body(request, message, limit)
    except TimeoutError:
        raise RequestTimeout(f"the body did not arrive within {_BODY_S:g} s") from None


async def _joined_body(request: Request, message: Any, limit: int) -> bytes:
    """Receive the messages of a body after the first one, which is `message`. Return the whole body."""
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
        raise BodyTooLarge(f"the body may have at most {limit} bytes; split it or make it smaller", limit=limit)
