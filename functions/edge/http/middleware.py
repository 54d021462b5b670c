"""Around every request: its id, how long it took, what became of it."""

import random
import re
from collections.abc import Mapping
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leaderforge.ports import Telemetry

_SANE_ID = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SERVER_ERROR = 500
_CLIENT_LEFT = 499
_NO_ROUTE = "unmatched"
_HEAD = "leaderforge.head"


def asks_for_head(scope: Scope) -> bool:
    """Whether a request that came in as GET asks for no body: making one can be spared."""
    return _HEAD in scope


class EdgeMiddleware:
    """Gives each request an id, counts it and logs it; answers HEAD as GET without the body.

    Every answer of a 5xx status is logged, with `access_log` every other as well.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry, *, access_log: bool) -> None:
        self._app = app
        self._telemetry = telemetry
        self._access_log = access_log
        self._log = structlog.get_logger("leaderforge.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        begin = perf_counter()
        try:
            await self._app(exchange.scope, receive, exchange.send)
        finally:
            self._account(exchange, perf_counter() - begin)

    def _account(self, exchange: "_Exchange", seconds: float) -> None:
        status, route = exchange.status or _CLIENT_LEFT, exchange.route
        method = exchange.method if exchange.method in _METHODS else "other"
        self._telemetry.count("http_requests", method=method, route=route, status=str(status))
        if self._access_log or status >= _SERVER_ERROR:
            self._write(exchange, method, route, status, seconds)

    def _write(self, exchange: "_Exchange", method: str, route: str, status: int, seconds: float) -> None:
        facts: dict[str, object] = {
            "request_id": exchange.request_id.decode(),
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
        }
        error = exchange.scope.get("leaderforge.error")
        if status < _SERVER_ERROR:
            self._log.info("request", **facts)
        elif status == _SERVER_ERROR:
            self._log.error("request_failed", **facts, exc_info=error)
        else:
            self._log.warning("request_unserved", **facts, error=repr(error) if error else None)


class _Exchange:
    """One request and what becomes of it."""

    __slots__ = ("_send", "method", "request_id", "scope", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self.method: str = scope["method"]
        self.scope = {**scope, "method": "GET", _HEAD: True} if self.method == "HEAD" else scope
        self.request_id = _request_id(scope)
        self.status = 0

    @property
    def route(self) -> str:
        """The path's template, so that there are only a few of them."""
        route = self.scope.get("route")
        return _NO_ROUTE if route is None else route.path

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = self.scope.get("leaderforge.headers", ())
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id), *more]
        elif self.method == "HEAD":
            message = _without_body(message)
        await self._send(message)


def _without_body(message: Mapping[str, object]) -> Message:
    return {**message, "body": b""}


def _request_id(scope: Scope) -> bytes:
    """Return the id that the request came with, if it is a sane one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return bytes(value)
    return b"%032x" % random.getrandbits(128)
