"""All functions in one application: `python -m functions.local`, or `uvicorn --factory functions.local:create_app`."""

import asyncio
import gc
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI

from functions import admin, boards, queries, submit, users
from functions.edge.application import application
from functions.maintain import reconcile
from functions.web import site
from leaderforge.config import Settings, SettingsError
from leaderforge.domain.errors import Unavailable
from leaderforge.wiring import Services, build

_ROUTERS = (submit.routes, queries.routes, boards.routes, users.routes, admin.routes)


def create_app(services: Services | None = None) -> FastAPI:
    """Return the application over these services, or over those that the environment describes."""
    services = services or build(Settings.from_environment(os.environ))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.open()
        # What is there now stays: the garbage collector need not look at it again and again.
        gc.freeze()
        reconciling = asyncio.create_task(_keep_reconciled(services))
        try:
            yield
        finally:
            reconciling.cancel()
            with suppress(asyncio.CancelledError):
                await reconciling
            await services.close()

    app = application(services, *_ROUTERS, lifespan=lifespan, documented=True)
    if services.settings.web_directory is not None:
        site(app, services.settings.web_directory)
    return app


async def _keep_reconciled(services: Services) -> None:
    """Reconcile again and again, whatever happens, unless the settings leave that to others."""
    every_ms = services.settings.reconcile_ms
    log = structlog.get_logger("leaderforge.reconcile")
    deferred = False
    while every_ms:
        try:
            await reconcile(services, every_ms)
            if deferred:
                log.info("reconcile_resumed")
            deferred = False
        except Unavailable as error:
            services.telemetry.count("reconcile_failures")
            if not deferred:
                log.warning("reconcile_deferred", error=error.message)
            deferred = True
        except Exception:
            services.telemetry.count("reconcile_failures")
            log.exception("reconcile_failed")
        # Processes started together need not all come at once.
        await asyncio.sleep(every_ms / 1000 * random.uniform(0.9, 1.1))  # noqa: S311 - chance, not secrecy


def main() -> None:
    """Serve on the address and port of the settings until told to stop."""
    import uvicorn

    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.exit(f"error: {error}")
    app = create_app(build(settings))
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
