"""HTTP requests that arrive as invocations of AWS Lambda."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from mangum import Mangum
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.aws.runtime import runtime
from functions.edge.http.application import application
from functions.edge.http.errors import MalformedRequest, error_answer
from leaderforge.wiring import Services


class RawPaths:
    """Middleware that sets the raw path of the request to the path of the event.

    Slashes in external ids must stay encoded until after routing, but Mangum sets the decoded path only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        event = scope["aws.event"]
        path = event.get("requestContext", {}).get("http", event).get("path")
        if path:
            # A gateway may have decoded characters that a raw path must not contain. Encode them again.
            scope["raw_path"] = quote(path, safe="/:%").encode()
        await self._app(scope, receive, send)


class LambdaHandler:
    """Handler that serves routes to AWS Lambda: events of API Gateway, function URLs and load balancers.

    The constructor does no I/O. The first event reads the settings and opens the connections.
    """

    def __init__(self, *routers: APIRouter) -> None:
        self._routers = routers
        self._serving: tuple[Services, Mangum] | None = None

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Return the response to an event, in the format of the event's sender."""
        loop, mangum = runtime.loop, self._mangum()
        assert not loop.is_running()  # noqa: S101 - Lambda runs one invocation at a time
        if not _is_http(mangum, event, context):
            return _malformed()
        runtime.thaw()
        try:
            return mangum(event, context)
        finally:
            # Finish background tasks now, because Lambda freezes the process after the response.
            runtime.run(runtime.services.settle())

    def _mangum(self) -> Mangum:
        services = runtime.services
        # `runtime.close()` discards the services. Build a new application that uses the new services.
        if self._serving is None or self._serving[0] is not services:
            app = RawPaths(application(services, *self._routers))
            self._serving = (services, Mangum(app, lifespan="off"))
        return self._serving[1]


def _is_http(mangum: Mangum, event: dict[str, Any], context: Any) -> bool:
    """Return whether the event is an HTTP request that can be parsed."""
    try:
        adapter = mangum.infer(event, context)
        return adapter.scope is not None and adapter.body is not None
    # The event is not an HTTP request: Mangum raises these errors for events of other services and for malformed
    # events.
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError):
        return False


def _malformed() -> dict[str, Any]:
    answer = error_answer(
        MalformedRequest("the event is not an HTTP request; call the function by API Gateway or its URL")
    )
    headers = {name.decode(): value.decode() for name, value in answer.raw_headers}
    return {
        "statusCode": answer.status_code,
        "headers": headers,
        "multiValueHeaders": {},
        "body": bytes(answer.body).decode(),
        "isBase64Encoded": False,
    }
