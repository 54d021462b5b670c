"""Serving the built site beside the API."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles

_UNCHANGING = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"
_HASHED = "assets"
"""The folder of files whose names change with what they hold."""
_NOT_THE_SITES = ("/api", "/metrics")
"""What is missing below these paths is missing, whatever the site holds."""
_COMPRESSED_FROM_BYTES = 1_000


def site(app: FastAPI, directory: Path) -> bool:
    """Serve the site that was built into this directory at `/`, after all routes; say whether there is one."""
    if not (directory / "index.html").is_file():
        return False
    files = GZipMiddleware(_Files(directory=directory, html=True), _COMPRESSED_FROM_BYTES, compresslevel=6)
    app.router.routes.append(_Site("/", files, name="site"))
    return True


class _Site(Mount):
    """Everything that is read and is not the API's, so that the API answers for its paths as if there were no site."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or _is_the_apis(scope["path"]):
            return Match.NONE, {}
        return super().matches(scope)


class _Files(StaticFiles):
    """Files with how long they may be kept: those named by their content for ever, the rest never unasked."""

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        hashed = _HASHED in Path(full_path).parts
        response.headers["Cache-Control"] = _UNCHANGING if hashed else _ASKED_AGAIN
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _is_the_apis(path: str) -> bool:
    return any(path == own or path.startswith(f"{own}/") for own in _NOT_THE_SITES)
