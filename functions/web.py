"""Web site and page of the API documentation, served beside the API."""

import hashlib
import json
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Mount
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from functions.edge.http.protection import protect_as_site, protect_as_widget
from functions.previews.answers import picture_answer
from functions.previews.serving import PICTURE_PATH, NoPicture, Previews

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_HASHED = "assets"
"""The folder of files whose names contain a hash of their content."""
_API_PATHS = ("/api", "/metrics")
"""Paths below which only the API answers. There, an unknown path gets 404 even if the site has a file of this name."""
_INDEX = "index.html"
_CONFIG = "config.json"
_MANIFEST = "manifest.webmanifest"
_PAGE = re.compile(r"/(player/[^/]+|friends|submit|console(/[a-z]+)?)/?")
"""Addresses of the site's pages. index.html shows each of them."""
_WIDGET_PATH = "/embed"
_WIDGET_PAGE = "embed.html"
_SWITCHES = {"submit": "devMode", "console": "console"}
"""Names of optional pages, each with the member of config.json that enables the page."""
_HEAD = "<head>"
_STATIC_PICTURE = "icon-512.png"
"""File of the site that replaces the picture of a preview."""
_TAG = re.compile(r'\s*<meta (?:property|name)="((?:og|twitter):[^"]*)"[^>]*>')
"""Pattern of a preview's tag in index.html. Its group is the name of the tag."""
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


def serve_site(
    app: FastAPI,
    directory: Path,
    pages: Iterable[str] = (),
    *,
    previews: Previews | None = None,
    public_url: str | None = None,
) -> bool:
    """Serve the built site in this directory at `/`, after all routes. Return False without an index.html.

    `pages` names the optional pages to show: `submit` and `console`. `public_url` is the address of the site for
    `previews`. With None, previews use the address in each request.
    """
    if not (directory / _INDEX).is_file():
        return False
    app.router.routes.append(_Site("/", _Files(directory, pages, previews, public_url), name="site"))
    return True


def serve_documentation(app: FastAPI, site: Path | None) -> None:
    """Serve `/api/docs`. Redirect to the site's page or, without a site, link to the OpenAPI document."""
    has_page = site is not None and (site / _DOCS_PAGE).is_file()

    async def answer(_: Request) -> Response:
        # Use a relative path, because the site may lie below a prefix that a proxy strips.
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
    """Static files with caching headers, and index.html at the address of each page.

    Files with hashed names are immutable. Clients revalidate all other files.
    """

    def __init__(
        self, directory: Path, pages: Iterable[str], previews: Previews | None, public_url: str | None
    ) -> None:
        super().__init__(directory=directory, html=True)
        self._folder = directory
        self._previews = previews
        self._public_url = public_url
        self._switches = {_SWITCHES[page]: True for page in pages}

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        address = _address(scope)
        if address in {_WIDGET_PATH, f"/{_WIDGET_PAGE}"}:
            protect_as_widget(scope)
            return await super().get_response(_WIDGET_PAGE, scope)
        if address in {"/", f"/{_INDEX}"} or _PAGE.fullmatch(address):
            return await self._page(scope)
        if address == f"/{_CONFIG}" and self._switches:
            return await self._config(scope)
        if address == f"/{_MANIFEST}" and (self._folder / _MANIFEST).is_file():
            return await self._manifest(scope)
        if address == PICTURE_PATH and self._previews is not None:
            return await self._picture(self._previews, path, scope)
        return await self._file(path, scope)

    async def _file(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            # For a path without a file, browsers get the site's page, and programs get the API's error.
            if error.status_code != 404 or "text/html" not in Headers(scope=scope).get("accept", ""):
                raise
            return await self._page(scope, status=404)

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        is_hashed = _HASHED in Path(full_path).parts
        response.headers["Cache-Control"] = _IMMUTABLE if is_hashed else _REVALIDATE
        return response

    async def _page(self, scope: MutableMapping[str, Any], status: int = 200) -> Response:
        """Return index.html with a `base` element, which names the site's folder and enables addresses without `#`."""
        content = await to_thread.run_sync((self._folder / _INDEX).read_text)
        folder = "../" * (_address(scope).count("/") - 1) or "./"
        tags = await self._tags(scope) if status == 200 else ""
        replaced = set(_TAG.findall(tags))
        content = _TAG.sub(lambda static: "" if static[1] in replaced else static[0], content)
        html = content.replace(_HEAD, f'{_HEAD}\n    <base href="{folder}" />{tags}', 1)
        return self._answer(html, "text/html", scope, status)

    async def _tags(self, scope: MutableMapping[str, Any]) -> str:
        """Return the tags of the page's preview."""
        if self._previews is None:
            return ""
        request = Request(scope)
        origin = self._public_url or f"{request.url.scheme}://{request.url.netloc}{scope.get('root_path', '')}"
        return await self._previews.tags(_address(scope), request.query_params, origin.rstrip("/"))

    async def _picture(self, previews: Previews, path: str, scope: MutableMapping[str, Any]) -> Response:
        """Return the picture of a preview, or the static picture, which clients must not cache."""
        try:
            return await picture_answer(previews, Request(scope))
        except NoPicture:
            response = await super().get_response(path.replace(PICTURE_PATH[1:], _STATIC_PICTURE), scope)
            response.headers["Cache-Control"] = "no-store"
            return response

    async def _config(self, scope: MutableMapping[str, Any]) -> Response:
        """Return config.json with the pages that this server shows."""
        content = await self._read(_CONFIG)
        return self._answer(json.dumps({**content, **self._switches}), "application/json", scope, 200)

    async def _manifest(self, scope: MutableMapping[str, Any]) -> Response:
        """Return the web manifest with the title in config.json as the name of the installed page."""
        manifest = await self._read(_MANIFEST)
        title = (await self._read(_CONFIG)).get("title")
        if isinstance(title, str) and title.strip():
            manifest |= dict.fromkeys(("name", "short_name"), title.strip())
        return self._answer(json.dumps(manifest), "application/manifest+json", scope, 200)

    async def _read(self, name: str) -> dict[str, Any]:
        """Return the JSON object in a file of the site."""
        content: dict[str, Any] = json.loads(await to_thread.run_sync((self._folder / name).read_bytes))
        return content

    def _answer(self, content: str, media_type: str, scope: MutableMapping[str, Any], status: int) -> Response:
        response = Response(content, status, media_type=media_type)
        response.headers["Cache-Control"] = _REVALIDATE
        response.headers["ETag"] = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
        if status == 200 and self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        if scope["method"] == "HEAD":
            response.body = b""
        return response


def _address(scope: MutableMapping[str, Any]) -> str:
    """Return the path below the site's folder."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def _is_api(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _API_PATHS)
