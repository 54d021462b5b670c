"""All functions in one application: `python -m functions.local`, or `uvicorn --factory functions.local:create_app`.

Under uvicorn's own command, `--http functions.edge.http.guarded:GuardedHttp` limits the heads of requests.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from functions import (
    admin,
    awards,
    boards,
    challenges,
    events,
    exports,
    friends,
    imports,
    keys,
    moderation,
    queries,
    sign_in,
    stream,
    submit,
    teams,
    tournaments,
    users,
)
from functions.edge.http.application import Application, application
from functions.edge.http.shutdown import on_shutdown
from functions.previews.answers import serve_previews
from functions.previews.serving import Previews
from functions.web import serve_documentation, serve_site
from functions.worker import keep_maintained
from leaderforge.config import EnvironmentSettings, SettingsError
from leaderforge.garbage import collect_seldom
from leaderforge.open_files import raise_open_files
from leaderforge.parts.cloud import read_settings
from leaderforge.wiring import Services, build

_ROUTERS = (
    submit.routes,
    queries.routes,
    exports.routes,
    stream.routes,
    boards.routes,
    tournaments.routes,
    awards.routes,
    challenges.routes,
    teams.routes,
    users.routes,
    friends.routes,
    moderation.routes,
    admin.routes,
    keys.routes,
    events.routes,
    imports.routes,
    sign_in.routes,
)
"""All routes. They are compared in this order, with the most frequent calls first."""


_CANNOT_START = 3
"""Exit code of a worker that cannot start. The parent (uvicorn, gunicorn) then ends, and restarts no worker."""
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - an assumption, not an address to listen on


def create_app(services: Services | None = None) -> Application:
    """Return the application over these services. Without services, build them from environment variables.

    Ends the process with `_CANNOT_START` if the settings are wrong. Other exits make a server restart its workers.
    """
    product = services or build(_settings_under_server(os.environ))
    app: Application = application(product, *_ROUTERS, lifespan=lambda _: _running(app, product), documented=True)
    serve_documentation(app, product.settings.web_directory)
    _serve_page(app, product.settings)
    return app


@asynccontextmanager
async def _running(app: Application, services: Services) -> AsyncIterator[None]:
    """Open the services, fill the caches that requests need at once, and run the background jobs during the block."""
    _warn_without_limits()
    raise_open_files()
    await services.open()
    try:
        await app.edge.warm()
        collect_seldom()
        services.live.open()
        services.events.feed.open()
        # End streams at the shutdown signal, before the server waits for open requests: streams do not end by
        # themselves.
        with (
            on_shutdown(services.live.close),
            on_shutdown(services.events.feed.close),
            on_shutdown(app.edge.streams.close),
        ):
            async with _background(keep_maintained(services), services.changes.follow()):
                yield
    finally:
        services.live.close()
        services.events.feed.close()
        await services.close()


def _serve_page(app: Application, settings: EnvironmentSettings) -> None:
    """Serve the built site with its previews. Without a site, serve previews for a page that another server serves."""
    folder, public_url = settings.web_directory, settings.public_url
    if folder is not None:
        previews = Previews(app.edge, settings.web_config or folder / "config.json")
        serve_site(app, folder, settings.web_pages, previews=previews, public_url=public_url)
    elif public_url is not None:
        serve_previews(app, Previews(app.edge, settings.web_config), public_url)


def _settings_under_server(environment: Mapping[str, str]) -> EnvironmentSettings:
    """Return the settings under a server that chose its address itself, such as the command of uvicorn.

    The process cannot know that address. Without LEADERFORGE_HOST, assume that other machines can reach it.
    """
    host = environment.get("LEADERFORGE_HOST", "").strip() or _EVERY_ADDRESS
    try:
        return read_settings({**environment, "LEADERFORGE_HOST": host})
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(_CANNOT_START)


def _warn_without_limits() -> None:
    """Warn if uvicorn serves without limits on the heads of requests. Any client could then exhaust the memory."""
    if "uvicorn.protocols.http" in sys.modules and "functions.edge.http.guarded" not in sys.modules:
        structlog.get_logger("leaderforge.http").warning(
            "unlimited_request_heads", remedy="start uvicorn with --http functions.edge.http.guarded:GuardedHttp"
        )


@asynccontextmanager
async def _background(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the jobs concurrently until the end of the block."""
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    """Log the error of a job, which is a defect: jobs must run until they are cancelled."""
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger("leaderforge.background").error("background_job_failed", exc_info=error)


def main() -> None:
    """Serve on the address and port of the environment settings until shutdown."""
    from functions.server import serve

    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"error: {error}")
    serve(create_app(build(settings)), host=settings.host, port=settings.port)


if __name__ == "__main__":
    main()
