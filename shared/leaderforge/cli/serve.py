"""`leaderforge serve` and `leaderforge worker`: the processes of a production."""

import os
from pathlib import Path
from typing import Annotated

import typer


def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to serve on; 0.0.0.0 serves the network.", envvar="LEADERFORGE_HOST")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on.", envvar="LEADERFORGE_PORT", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve the API, about one per core.", min=1)] = 1,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the built web page, served at /; by default the page in this package.",
            envvar="LEADERFORGE_WEB_DIRECTORY",
        ),
    ] = None,
) -> None:
    """Serve the API and the web page, with the settings in LEADERFORGE_*.

    The command needs a Redis or Valkey cluster and a migrated database. SIGTERM stops it after the requests in flight.
    """
    from functions.server import APPLICATION
    from functions.server import serve as run
    from leaderforge.parts.cloud import read_settings
    from leaderforge.site_files import packaged_site

    folder = site or packaged_site()
    # Pass the address in the environment, because the workers read it there and have no other way to find it.
    os.environ |= {"LEADERFORGE_HOST": host, "LEADERFORGE_PORT": str(port)}
    if folder is not None:
        os.environ["LEADERFORGE_WEB_DIRECTORY"] = str(folder.resolve())
    read_settings(os.environ)
    run(APPLICATION, host=host, port=port, workers=workers)


def worker() -> None:
    """Run maintenance in a process of its own: reconciling, period rollover, backfills and verification.

    API processes also run maintenance. Set LEADERFORGE_RECONCILE_MS=0 for them to leave it to the worker.
    """
    from functions.worker import main

    main()
