"""Web site and page of the API documentation, served beside the API."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles

from functions.edge.http.protection import protect_as_site

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_HASHED = "assets"
"""The folder of files whose names contain a hash of their content."""
_API_PATHS = ("/api", "/metrics")
"""Paths below which only the API answers. A missing route is 404 there, whatever files the site has."""
_DOCS_PATH = "/api/docs"
_DOCS_PAGE = "api-docs.html"
_WITHOUT_SITE = """<!doctype html>
<html lang="en">
<title>LeaderForge API</title>
<p>The API describes itself in <a href="openapi.json">openapi.json</a>.</p>
<p>The page that shows it is part of the web site, which this server does not serve: LEADERFORGE_WEB_DIRECTORY names the
folder of a built site.</p>
</html>
"""


def serve_site(app: FastAPI, directory: Path) -> bool:
    """Serve the built site in this directory at `/`, after all routes. Return False if it has no index.html."""
    if not (directory / "index.html").is_file():
        return False
    app.router.routes.append(_Site("/", _Files(directory=directory, html=True), name="site"))
    return True


def serve_documentation(app: FastAPI, site: Path | None) -> None:
    """Serve `/api/docs`: lead to the site's page, or without one name the address of the OpenAPI document."""
    has_page = site is not None and (site / _DOCS_PAGE).is_file()

    async def answer(_: Request) -> Response:
        # Relative: the site may lie below a prefix that a proxy strips.
        return RedirectResponse(f"../{_DOCS_PAGE}") if has_page else HTMLResponse(_WITHOUT_SITE)

    app.router.add_route(_DOCS_PATH, answer, methods=["GET"])


class _Site(Mount):
    """Mount for all GET and HEAD requests outside the API's paths."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or _is_api(scope["path"]):
            return Match.NONE, {}
        protect_as_site(scope)
        return super().matches(scope)


class _Files(StaticFiles):
    """Files with caching headers. Files with hashed names are immutable, clients revalidate all others."""

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        is_hashed = _HASHED in Path(full_path).parts
        response.headers["Cache-Control"] = _IMMUTABLE if is_hashed else _REVALIDATE
        return response


def _is_api(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _API_PATHS)
