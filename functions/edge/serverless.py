"""Serving invocations of AWS Lambda."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter
from mangum import Mangum

from functions.edge.application import application
from functions.edge.errors import MalformedRequest, answer_of
from leaderforge.config import Settings
from leaderforge.wiring import Services, build

T = TypeVar("T")


class Runtime:
    """What lives from one invocation to the next: one event loop, and the services with their connections on it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._services: Services | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing has been opened yet."""
        return self._loop is None and self._services is None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, as the current one of this thread: who else ran a loop here may have left none behind."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        return self._loop

    @property
    def services(self) -> Services:
        """The services, opened once."""
        if self._services is None:
            services = build(Settings.from_environment(os.environ))
            self.loop.run_until_complete(services.open())
            self._services = services
        return self._services

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to completion on the loop."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """Close the connections and the loop; the next use begins anew."""
        services, self._services = self._services, None
        loop, self._loop = self._loop, None
        if loop is not None:
            if services is not None:
                loop.run_until_complete(services.close())
            loop.close()
            asyncio.set_event_loop(None)


runtime = Runtime()
"""One a process, whatever functions it holds."""


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
        return mangum(event, context)

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
