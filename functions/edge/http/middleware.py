"""Checks, request ids, metrics and the access log, for every request."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.edge.http.admission import release
from functions.edge.http.errors import error_answer
from functions.edge.http.protection import protection
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.log_budget import LogBudget
from leaderforge.ports.telemetry import Telemetry

_SAFE_ID = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOGGED_ID = 64
"""Maximum number of characters of a request's id in the log. Clients choose the id, and may send a long text."""
_SERVER_ERROR = 500
_CLIENT_CLOSED = 499
"""Status in metrics and logs of a request whose client disconnected before the response."""
_NO_ROUTE = "unmatched"
_HEAD = "leaderforge.head"

RequestCheck = Callable[[Scope], LeaderForgeError | None]
"""Function that returns the refusal of a request, None if the request may pass."""


def is_head(scope: Scope) -> bool:
    """Return whether the client sent HEAD. Routes receive GET, but may skip the work for a body."""
    return _HEAD in scope


class EdgeMiddleware:
    """Middleware that checks each request, gives it an id, counts it and logs it. The middleware answers HEAD like GET,
    without the body. It releases the limiter that admitted the request.

    Responses with a 5xx status are logged within a budget, because clients can cause any number of them. With
    `access_log`, all other responses are logged too.
    """

    def __init__(
        self, app: ASGIApp, telemetry: Telemetry, *, access_log: bool, checks: Sequence[RequestCheck] = ()
    ) -> None:
        self._app = app
        self._checks = checks
        self._telemetry = telemetry
        self._access_log = access_log
        self._log = structlog.get_logger("leaderforge.http")
        self._budget = LogBudget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        begin = perf_counter()
        try:
            await self._answering(exchange.scope)(exchange.scope, receive, exchange.send)
        finally:
            release(exchange.scope)
            self._account(exchange, perf_counter() - begin)

    def _answering(self, scope: Scope) -> ASGIApp:
        """Return the application that answers the request: the refusal of a check, or the wrapped application."""
        for check in self._checks:
            refusal = check(scope)
            if refusal is not None:
                return error_answer(refusal)
        return self._app

    def _account(self, exchange: "_Exchange", seconds: float) -> None:
        status, route = exchange.status or _CLIENT_CLOSED, exchange.route
        # A client may send any method. Count all unknown methods as one, because each would be a new time series.
        method = exchange.method if exchange.method in _METHODS else "other"
        self._telemetry.count("http_requests", method=method, route=route, status=str(status))
        if self._access_log:
            self._write(exchange, method, route, status, seconds)
        elif status >= _SERVER_ERROR:
            kind = method, route, status, type(exchange.scope.get("leaderforge.error"))
            omitted = self._budget.admit(kind)
            if omitted is not None:
                self._write(exchange, method, route, status, seconds, **({"omitted": omitted} if omitted else {}))

    def _write(
        self, exchange: "_Exchange", method: str, route: str, status: int, seconds: float, **additions: object
    ) -> None:
        facts: dict[str, object] = {
            **additions,
            "request_id": exchange.request_id.decode()[:_LOGGED_ID],
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
        }
        error = exchange.scope.get("leaderforge.error")
        if status < _SERVER_ERROR:
            self._log.info("request", **facts)
        # Status 500 means a defect: its traceback is needed. Other 5xx mean outages: the error's text suffices.
        elif status == _SERVER_ERROR:
            self._log.error("request_failed", **facts, exc_info=error)
        else:
            self._log.warning("request_unserved", **facts, error=repr(error) if error else None)


class _Exchange:
    """One request and its response."""

    __slots__ = ("_send", "method", "request_id", "scope", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self.method: str = scope["method"]
        # Change a copy only: routes see GET, but the server must see HEAD in its own scope, and then expects no body.
        self.scope = {**scope, "method": "GET", _HEAD: True} if self.method == "HEAD" else scope
        self.request_id = _request_id(scope)
        self.status = 0

    @property
    def route(self) -> str:
        """Template of the path. Metrics use the template, because each path would be a time series of its own."""
        route = self.scope.get("route")
        return _NO_ROUTE if route is None else route.path

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            release(self.scope)
            self.status = message["status"]
            extra = self.scope.get("leaderforge.headers", ())
            added = (b"x-request-id", self.request_id), *protection(self.scope), *extra
            message["headers"] = [*message["headers"], *added]
        elif self.method == "HEAD":
            message = _without_body(message)
        await self._send(message)


def _without_body(message: Mapping[str, object]) -> Message:
    return {**message, "body": b""}


def _request_id(scope: Scope) -> bytes:
    """Return the client's request id if it is safe to log, otherwise a new id of 128 random bits."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SAFE_ID.fullmatch(value):
            return bytes(value)
    # An id is no secret, therefore the fast generator suffices.
    return b"%032x" % random.getrandbits(128)
