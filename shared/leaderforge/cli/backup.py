"""`leaderforge backup` and `leaderforge restore`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from leaderforge.cli.maintenance import rebuild, verify
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, store_dsn


def backup(
    file: Annotated[Path | None, typer.Argument(help="File to write.")] = None,
    *,
    directory: Annotated[
        Path | None, typer.Option(help="Folder for a file with the time in its name, instead of FILE.")
    ] = None,
    keep: Annotated[int, typer.Option(help="Number of files to keep in --directory.", min=1)] = 14,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Back up the database to a file while clients continue. The index needs no backup.

    The file is in the custom format of pg_dump. The command needs a connection without a pooler. On Citus, see
    docs/backup.md.
    """
    from leaderforge.production.backup import dump, name_at, prune

    if (file is None) == (directory is None):
        raise typer.BadParameter("give either a file or --directory")
    out = file or Path(str(directory)) / name_at(datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    run_until_stopped(dump(store_dsn(data_dir), out))
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")
    if directory is not None:
        for path in prune(directory, keep):
            typer.echo(f"{path}: deleted")


def restore(
    file: Annotated[Path, typer.Argument(help="Backup, also of pg_dump --format=custom.", exists=True)],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Restore a backup into an empty database, migrate the database, rebuild the index, and verify database and index.

    Stop all processes of LeaderForge on this database first. Exit codes are those of `verify`.
    """
    from leaderforge.production.backup import load
    from leaderforge.wiring import migrate

    dsn = store_dsn(data_dir)
    run_until_stopped(load(dsn, file))
    typer.echo("restored the database")
    applied = run_until_stopped(migrate(dsn))
    typer.echo(f"applied migrations: {', '.join(applied) or 'none'}")
    rebuild(empty=True, data_dir=data_dir)
    verify(data_dir=data_dir)
