"""Application that serves routes.

FastAPI only documents the routes. `routing` serves them without FastAPI's layers, which would take more time.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from warnings import catch_warnings

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from functions.edge.access.security import SCHEMES
from functions.edge.context import Edge
from functions.edge.http.admission import Limiters, OverloadGuard
from functions.edge.http.contract import for_generators, operation_id
from functions.edge.http.errors import MalformedRequest, MethodNotAllowed, RouteNotFound, error_answer
from functions.edge.http.hosts import KnownHosts
from functions.edge.http.loopback import require_loopback
from functions.edge.http.middleware import EdgeMiddleware, RequestCheck
from functions.edge.http.routing import EdgeRoute, EdgeRoutes
from leaderforge import __version__
from leaderforge.config import EnvironmentSettings
from leaderforge.wiring import Services

_EXPOSED_HEADERS = [
    "ETag",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-LeaderForge-Source",
    "X-Request-Id",
]
_DAY_S = 86_400
_FILES = Middleware(GZipMiddleware, minimum_size=256, compresslevel=6)
"""Compression of the OpenAPI document and the web site. A high level is slow, but both are loaded seldom.

The first load of the site has a dozen scripts of 250 to 1000 bytes. To compress these too saves 3 kB.
"""


def router(tag: str) -> APIRouter:
    """Return a router for the handlers of one function."""
    # mypy expects a route class of FastAPI. The router only creates and stores routes, which `EdgeRoute` supports.
    return APIRouter(
        route_class=EdgeRoute,  # type: ignore[arg-type]
        tags=[tag],
        generate_unique_id_function=lambda route: operation_id(route.name),
    )


class Application(FastAPI):
    """FastAPI without its serving layers, and with the project's security schemes in the OpenAPI document.

    Requests first pass `layers`. The last layer serves the project's own routes.
    """

    def __init__(self, edge: Edge, layers: Sequence[Middleware], *, traced: bool, **options: Any) -> None:
        # Without metrics, because the telemetry port already measures all requests.
        telemetry: TelemetryConfig = {"tracing": traced, "operation_spans": False, "metrics": False, "logs": False}
        super().__init__(telemetry=telemetry, **options)
        self.edge = edge
        self._layers = layers
        self._traced = traced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._traced or self.middleware_stack is None or scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        # Skip the methods of FastAPI and Starlette. Only two cases need them: traced requests, and the first request.
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the project's layers around Starlette's.

        Starlette's layers handle the errors of requests without a route of the project. FastAPI's layers would cost
        time, and serve only FastAPI's own routes.
        """
        app = Starlette.build_middleware_stack(self)
        for layer, arguments, options in reversed(self._layers):
            app = layer(app, *arguments, **options)
        return app

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document. It is generated on first use, because a cold start does not need it."""
        if self.openapi_schema is None:
            with catch_warnings(category=UnsupportedFieldAttributeWarning, action="ignore"):
                # Hide this warning, because it reports no fault. FastAPI hides it too, but not for models with
                # `defer_build`.
                document = get_openapi(
                    title=self.title,
                    summary=self.summary,
                    version=self.version,
                    license_info=self.license_info,
                    routes=[route.documented() for route in self.routes if isinstance(route, EdgeRoute)],
                )
            document.setdefault("components", {})["securitySchemes"] = SCHEMES
            self.openapi_schema = for_generators(document)
        return self.openapi_schema


def application(
    services: Services, *routers: APIRouter, lifespan: Lifespan[FastAPI] | None = None, documented: bool = False
) -> Application:
    """Return an application with the routes of these routers. With `documented`, serve the OpenAPI document too."""
    limiters = _limiters(services)
    routes = [route for router in routers for route in router.routes if isinstance(route, EdgeRoute)]
    app = Application(
        Edge(services),
        [*_layers(services, limiters), Middleware(EdgeRoutes, routes)],
        traced=services.parts.tracer is not None,
        title="LeaderForge",
        summary="A sharded leaderboard service.",
        version=__version__,
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_url="/api/openapi.json" if documented else None,
        docs_url=None,  # off: FastAPI's page loads a script from another origin; `functions.web` replaces it
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[_FILES],
        exception_handlers={HTTPException: _answer_http_error, Exception: _answer_failure},
    )
    # `EdgeRoutes` serves the routes before requests reach the router. The router has them only to answer 405 with
    # `Allow`.
    app.router.routes[:0] = routes
    app.state.admission = limiters
    return app


def _layers(services: Services, limiters: Limiters | None) -> list[Middleware]:
    settings, checks = services.settings, list(_checks(services.settings))
    layers = [Middleware(EdgeMiddleware, telemetry=services.telemetry, access_log=settings.access_log, checks=checks)]
    if settings.cors_origins:
        layers.append(_cors(settings.cors_origins))
    if limiters is not None:
        layers.append(Middleware(OverloadGuard, limiters=limiters))
    return layers


def _checks(settings: EnvironmentSettings) -> Iterator[RequestCheck]:
    if not settings.exposed and settings.function_name is None:
        yield require_loopback
    if settings.checks_host:
        yield KnownHosts(settings.allowed_hosts)


def _limiters(services: Services) -> Limiters | None:
    """Return the limiters for overload, None if they are off or on AWS Lambda, which starts more instances instead."""
    if not services.settings.overload_ms or services.settings.function_name is not None:
        return None
    return Limiters.of(services.settings.overload_ms / 1000, lambda: services.telemetry.count("requests_shed"))


def _cors(origins: tuple[str, ...]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", "X-Request-Id"],
        expose_headers=_EXPOSED_HEADERS,
        max_age=_DAY_S,
    )


async def _answer_http_error(request: Request, error: Any) -> Response:
    """Return the response to a request that Starlette refused, for example because no route matches."""
    path = request.url.path
    if error.status_code == 404:
        return error_answer(RouteNotFound(f"there is no {path}; docs/api.md lists all paths"), error.headers)
    if error.status_code == 405:
        methods = ", ".join(_methods(request))
        return error_answer(
            MethodNotAllowed(f"{request.method} is not allowed for {path}; use {methods}"), {"Allow": methods}
        )
    return error_answer(MalformedRequest(str(error.detail)), error.headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of all routes with this path, for the `Allow` header of a 405."""
    matched = request.scope.get("route")
    path = request.url.path if matched is None else matched.path  # only `EdgeRoute` adds its route to the scope
    return sorted({method for route in request.app.routes if route.path == path for method in route.methods})


async def _answer_failure(request: Request, error: Exception) -> Response:
    request.scope["leaderforge.error"] = error
    return error_answer(error)
