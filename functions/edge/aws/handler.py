"""Serving invocations of AWS Lambda."""

from typing import Any

from fastapi import APIRouter
from mangum import Mangum

from functions.edge.aws.runtime import runtime
from functions.edge.http.application import application
from functions.edge.http.errors import MalformedRequest, answer_of
from leaderforge.wiring import Services


class LambdaHandler:
    """Serves routes to AWS Lambda: events of API Gateway, function URLs and load balancers.

    Making one costs nothing: settings are read and connections opened when the first event arrives.
    """

    def __init__(self, *routers: APIRouter) -> None:
        self._routers = routers
        self._serving: tuple[Services, Mangum] | None = None

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Return the response to an event, in the form that its sender expects."""
        loop, mangum = runtime.loop, self._mangum()
        assert not loop.is_running()  # noqa: S101 - invocations do not overlap
        if not _readable(mangum, event, context):
            return _unreadable()
        runtime.thaw()
        try:
            return mangum(event, context)
        finally:
            # What runs in the background stands still between invocations.
            runtime.run(runtime.services.changes.settle())

    def _mangum(self) -> Mangum:
        services = runtime.services
        if self._serving is None or self._serving[0] is not services:
            self._serving = (services, Mangum(application(services, *self._routers), lifespan="off"))
        return self._serving[1]


def _readable(mangum: Mangum, event: dict[str, Any], context: Any) -> bool:
    """Whether the event is an HTTP request that can be read."""
    try:
        adapter = mangum.infer(event, context)
        return adapter.scope is not None and adapter.body is not None
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError):
        return False


def _unreadable() -> dict[str, Any]:
    answer = answer_of(MalformedRequest("the event is not an HTTP request that can be read"))
    headers = {name.decode(): value.decode() for name, value in answer.raw_headers}
    return {
        "statusCode": answer.status_code,
        "headers": headers,
        "multiValueHeaders": {},
        "body": bytes(answer.body).decode(),
        "isBase64Encoded": False,
    }
