"""`leaderforge init production`: the files of a production."""

from pathlib import Path
from typing import Annotated

import typer

init = typer.Typer(no_args_is_help=True, help="Write the files of a deployment.")


@init.callback()
def group() -> None:
    """Write the files of a deployment."""


@init.command()
def production(
    directory: Annotated[Path, typer.Argument(help="New or empty directory, such as /etc/leaderforge.")],
    *,
    host: Annotated[str, typer.Option(help="Name by which clients reach the service, such as scores.example.org.")],
    user: Annotated[str, typer.Option(help="Account that runs the processes.")] = "leaderforge",
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate for TLS; by default the one of Let's Encrypt for the host.")
    ] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="Key of the certificate.")] = None,
    workers: Annotated[int, typer.Option(help="Processes of each of the two API services.", min=1, max=64)] = 1,
    index_memory_mb: Annotated[int, typer.Option(help="Memory of each of the three index nodes in MiB.", min=16)] = 512,
) -> None:
    """Write units of systemd, and the configuration of nginx, PgBouncer and the index, for one machine.

    The command generates all keys and starts nothing. docs/production.md has all steps.
    """
    from leaderforge.production.files import Production, write_files

    letsencrypt = Path("/etc/letsencrypt/live") / host
    paths = write_files(
        Production(
            directory=directory,
            host=host,
            user=user,
            certificate=str(certificate or letsencrypt / "fullchain.pem"),
            certificate_key=str(certificate_key or letsencrypt / "privkey.pem"),
            workers=workers,
            index_memory_mb=index_memory_mb,
        )
    )
    for path in paths:
        typer.echo(path)
