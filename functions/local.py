"""All functions in one application: `python -m functions.local`, or `uvicorn --factory functions.local:create_app`."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI

from functions import admin, boards, exports, keys, moderation, queries, stream, submit, users
from functions.edge.http.application import application
from functions.edge.http.shutdown import on_shutdown
from functions.web import serve_documentation, serve_site
from functions.worker import keep_maintained
from leaderforge.config import SettingsError
from leaderforge.garbage import collect_seldom
from leaderforge.parts.cloud import read_settings
from leaderforge.wiring import Services, build

_ROUTERS = (
    submit.routes,
    queries.routes,
    exports.routes,
    stream.routes,
    boards.routes,
    users.routes,
    moderation.routes,
    admin.routes,
    keys.routes,
)
"""All routes. They are tried in this order: the most frequent calls first."""


def create_app(services: Services | None = None) -> FastAPI:
    """Return the application over these services. Without them, build services from environment variables."""
    services = services or build(read_settings(os.environ))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.open()
        collect_seldom()
        services.live.open()
        try:
            # Streams must end before the server waits for open requests.
            with on_shutdown(services.live.close):
                async with _background(keep_maintained(services), services.changes.follow()):
                    yield
        finally:
            services.live.close()
            await services.close()

    app = application(services, *_ROUTERS, lifespan=lifespan, documented=True)
    serve_documentation(app, services.settings.web_directory)
    if services.settings.web_directory is not None:
        serve_site(app, services.settings.web_directory)
    return app


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
    """Log the error of a job. Jobs run until they are cancelled: any other end is a defect."""
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger("leaderforge.background").error("background_job_failed", exc_info=error)


def main() -> None:
    """Serve on the address and port of the environment settings until shutdown."""
    import uvicorn

    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"error: {error}")
    app = create_app(build(settings))
    # No access log of uvicorn: the edge logs each request itself, with its id.
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
