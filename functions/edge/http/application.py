"""Putting routes into an application."""

from typing import Any
from warnings import catch_warnings

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Lifespan

from functions.edge.access.security import SCHEMES
from functions.edge.context import Edge
from functions.edge.http.errors import MalformedRequest, MethodNotAllowed, RouteNotFound, answer_of
from functions.edge.http.middleware import EdgeMiddleware
from functions.edge.http.routing import EdgeRoute, EdgeRoutes
from leaderforge import __version__
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.wiring import Services

_EXPOSED = [
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


def router(tag: str) -> APIRouter:
    """Return a router for the handlers of one function."""
    # It makes them and keeps them, no more, for which they need not be what FastAPI serves.
    return APIRouter(route_class=EdgeRoute, tags=[tag], generate_unique_id_function=lambda route: route.name)  # type: ignore[arg-type]


class Application(FastAPI):
    """FastAPI, documenting what callers can be known by."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return what Starlette puts around the routes: FastAPI's own layers serve its routes, not ours."""
        return Starlette.build_middleware_stack(self)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, which is made when it is asked for first."""
        if self.openapi_schema is None:
            with catch_warnings(category=UnsupportedFieldAttributeWarning, action="ignore"):
                # FastAPI silences them too, but for shapes that are built late.
                document = get_openapi(
                    title=self.title,
                    summary=self.summary,
                    version=self.version,
                    license_info=self.license_info,
                    routes=[route.described() for route in self.routes if isinstance(route, EdgeRoute)],
                )
            document.setdefault("components", {})["securitySchemes"] = SCHEMES
            self.openapi_schema = document
        return self.openapi_schema


def application(
    services: Services, *routers: APIRouter, lifespan: Lifespan[FastAPI] | None = None, documented: bool = False
) -> FastAPI:
    """Return an application with these routes; `documented` ones show their documentation under /api."""
    routes = [route for one in routers for route in one.routes if isinstance(route, EdgeRoute)]
    app = Application(
        title="LeaderForge",
        summary="A sharded leaderboard service.",
        version=__version__,
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_url="/api/openapi.json" if documented else None,
        docs_url="/api/docs" if documented else None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[*_middleware(services), Middleware(EdgeRoutes, routes)],
        # What FastAPI would measure by itself goes through our own port.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )
    # They are served before the router is asked, but it says which methods they are for.
    app.router.routes[:0] = routes
    app.state.edge = Edge(services)
    return app


def _middleware(services: Services) -> list[Middleware]:
    around = [Middleware(EdgeMiddleware, telemetry=services.telemetry, access_log=services.settings.access_log)]
    if services.settings.cors_origins:
        around.append(_cors(services.settings.cors_origins))
    return around


def _cors(origins: tuple[str, ...]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", "X-Request-Id"],
        expose_headers=_EXPOSED,
        max_age=_DAY_S,
    )


async def _refused(request: Request, error: Any) -> Response:
    """Answer what the router refuses."""
    shown: LeaderForgeError = MalformedRequest(str(error.detail))
    if error.status_code == 404:
        shown = RouteNotFound(f"there is no {request.url.path}")
    elif error.status_code == 405:
        shown = MethodNotAllowed(f"{request.method} is not for {request.url.path}")
        return answer_of(shown, {"Allow": ", ".join(_methods(request))})
    return answer_of(shown, error.headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of all routes with the path of the one that matched but for its method."""
    path = request.scope["route"].path
    return sorted({method for route in request.app.routes if route.path == path for method in route.methods})


async def _failed(request: Request, error: Exception) -> Response:
    request.scope["leaderforge.error"] = error
    return answer_of(error)
