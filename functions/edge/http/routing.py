"""From a request to the handler's parameters, and from what it returns or raises to a response.

FastAPI reads the handlers' signatures and documents them, once somebody asks for that. Serving is done here instead,
since that takes a third of the time: no dependency graph, bodies validated from the bytes, results sent as they are or,
where a handler returns a `Stream`, as they come into being.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.params import Depends, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.access.security import Access, require_allowance
from functions.edge.http.errors import BodyTooLarge, RequestTimeout, UnsupportedMediaType, answer_of
from functions.edge.http.headers import header
from functions.edge.http.responses import Answer
from functions.edge.http.streaming import Stream
from leaderforge.domain.errors import LeaderForgeError

Take = Callable[[Request], Any]
"""Takes the value of one parameter of a handler from a request."""

_BODY_S = 10.0
_LONGEST_KNOWN_QUERY = 100


class EdgeRoute(Route):
    """A route whose handler takes path parameters, dependencies on the request alone, one query model and one body."""

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
        self._prefix = path.partition("{")[0]
        self.methods = set(methods)  # Starlette would let HEAD through to what answers GET
        self._operation = _Operation(self.name, endpoint, self.param_convertors)
        self.app = self._operation
        self._described = partial(APIRoute, path, endpoint, methods=self.methods, name=self.name, **documentation)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the route is for this request, and what that adds to the scope."""
        if not scope.get("root_path") and not scope["path"].startswith(self._prefix):
            return Match.NONE, {}
        match, found = super().matches(scope)
        if match is not Match.NONE:
            found["route"] = self
        return match, found

    def described(self) -> APIRoute:
        """Return the route as FastAPI documents it, which takes longer to make than all that serves it."""
        extra = self._described.keywords["openapi_extra"] or {}
        access = self._operation.access
        return self._described(openapi_extra=extra | {"security": access.schemes} if access else extra)


class EdgeRoutes:
    """Hands requests to their routes, and those that no route is for to the application below.

    Routes answer themselves what they raise, and so need none of the layers that are there for that.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[EdgeRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route in self._routes:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found)
                    await route.app(scope, receive, send)
                    return
        await self._app(scope, receive, send)


class _Operation:
    """Serves one route."""

    def __init__(
        self, name: str, endpoint: Callable[..., Awaitable[Answer | Stream]], in_path: Collection[str]
    ) -> None:
        self._name = name
        self._endpoint = endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        hints.pop("return", None)
        self._in_path = {n: hints.pop(n) for n in in_path}
        self._bodies = {n: hints.pop(n) for n in list(hints) if _is_body(hints[n])}
        self._admits = [(n, access) for n, hint in hints.items() if (access := _access(hint))]
        self._takes = [(n, _take(n, hint)) for n, hint in hints.items() if _access(hint) is None]

    @property
    def access(self) -> Access | None:
        """What lets callers in, if it looks at them."""
        return self._admits[0][1] if self._admits else None

    @cached_property
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
            response = answer_of(error)
        with suppress(ClientDisconnect):
            await response(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        edge = request.scope["app"].state.edge
        with edge.services.telemetry.transaction(self._name):
            try:
                if edge.limits is not None:
                    await require_allowance(request, edge.limits)
                answer = await self._answer(request, edge.services.settings.max_body_bytes)
            except (LeaderForgeError, ValidationError) as error:
                # What is foreseen is no failure of the transaction.
                request.scope["leaderforge.error"] = error
                answer = answer_of(error)
        if isinstance(answer, Answer) and answer.etag is not None and request.method == "GET":
            if_none_match = header(request.scope, b"if-none-match")
            if if_none_match is not None:
                return answer.unless_matching(if_none_match)
        return answer

    async def _answer(self, request: Request, max_body_bytes: int) -> Answer | Stream:
        arguments: dict[str, Any] = {name: await admit(request) for name, admit in self._admits}
        for name, take in self._takes:
            arguments[name] = take(request)
        path = request.scope["path_params"]
        if path:
            arguments |= self._path.model_validate(path).__dict__
        for name, model in self._bodies.items():
            _require_json(request.scope)
            arguments[name] = model.model_validate_json(await _body(request, max_body_bytes))
        answer = await self._endpoint(**arguments)
        if isinstance(answer, Stream):
            await answer.begin()
        return answer


def _is_body(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _access(hint: Any) -> Access | None:
    """Return what lets callers in where a parameter of this type is who asks."""
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((m.dependency for m in marks if isinstance(m, Depends) and isinstance(m.dependency, Access)), None)


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


def _require_json(scope: Scope) -> None:
    content_type = header(scope, b"content-type")
    if content_type is None or content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise UnsupportedMediaType("send the body as JSON, with Content-Type: application/json")


async def _body(request: Request, limit: int) -> bytes:
    """Return the body. Raises `BodyTooLarge` as soon as it is, and `RequestTimeout` if it does not arrive."""
    length = header(request.scope, b"content-length")
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
