"""Stand-in for FastAPI that only stores declarations, for `benchmarks.coldstart`.

A lazy import would load FastAPI only for the OpenAPI document. A function with this stand-in serves all other requests.
The time of its start is therefore a lower bound for a lazy import.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response


class Depends:
    """Marker of a parameter that a dependency provides."""

    def __init__(self, dependency: Any = None) -> None:
        self.dependency = dependency


class Query:
    """Marker of a parameter that is the model of the query."""


class APIRouter:
    """Router that only stores routes, as objects of `route_class`."""

    def __init__(self, *, route_class: Callable[..., Any], **options: Any) -> None:
        self._route_class = route_class
        self.routes: list[Any] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda path, **options: lambda endpoint: self._add(method.upper(), path, endpoint, options)

    def _add(self, method: str, path: str, endpoint: Any, options: dict[str, Any]) -> Any:
        self.routes.append(self._route_class(path, endpoint, methods=[method], name=endpoint.__name__, **options))
        return endpoint


class FastAPI(Starlette):
    """Starlette's application. It ignores the options that only FastAPI has."""

    def __init__(self, **options: Any) -> None:
        names = ("lifespan", "middleware", "exception_handlers")
        super().__init__(**{name: options[name] for name in names})
        self.router.redirect_slashes = False


_NAMES: dict[str, dict[str, Any]] = {
    "fastapi": {
        "APIRouter": APIRouter, "Depends": Depends, "FastAPI": FastAPI, "Query": Query, "Request": Request,
        "Response": Response,
    },
    "fastapi.openapi": {},
    "fastapi.openapi.utils": {"get_openapi": None},
    "fastapi.params": {"Depends": Depends, "Query": Query},
    "fastapi.routing": {"APIRoute": object},
    "fastapi.telemetry": {"TelemetryConfig": dict},
}  # fmt: skip
"""Names that the functions import, by module."""

for _name, _members in _NAMES.items():
    sys.modules[_name] = ModuleType(_name)
    vars(sys.modules[_name]).update(_members)
