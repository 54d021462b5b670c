"""uvicorn, with the options of every server of LeaderForge."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from functions.draining import run
from functions.edge.http.guarded import GuardedHttp

APPLICATION = "functions.local:create_app"
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_DRAIN_S = 20
"""Time limit in s for requests in flight at a shutdown. A service manager waits longer before it kills processes."""


def serve(app: FastAPI | str, *, host: str, port: int, workers: int = 1) -> None:
    """Serve an application until shutdown. `app` is the application, or the name of a factory that creates it.

    Only a factory's application can have several workers. These workers share their metrics.
    """
    config = uvicorn.Config(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=workers,
        http=GuardedHttp,
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=_DRAIN_S,
        # Turn uvicorn's access log off: the edge logs each request with its id.
        access_log=False,
        # Leave headers of proxies to the edge, which uses them only from addresses in LEADERFORGE_TRUSTED_PROXIES.
        proxy_headers=False,
        # Do not send uvicorn's name: clients do not need it, and it would show attackers which faults to try.
        server_header=False,
    )
    with _shared_metrics(workers):
        run(config)


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Give several workers an empty directory for their metrics, through which each worker can return all metrics."""
    directory = os.environ.get(_METRICS, "").strip()
    if workers == 1:
        yield
    elif directory:
        _empty(Path(directory))
        yield
    else:
        # systemd sets RUNTIME_DIRECTORY, and deletes this directory when the service stops.
        with tempfile.TemporaryDirectory(prefix="leaderforge-metrics-", dir=os.environ.get("RUNTIME_DIRECTORY")) as new:
            os.environ[_METRICS] = new
            yield


def _empty(directory: Path) -> None:
    """Delete the metrics of earlier processes. Create the directory if it is missing."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in directory.glob("*.db"):
        path.unlink()
