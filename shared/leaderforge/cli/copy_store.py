"""`leaderforge copy-store`: copy a store to an empty database, for example from PostgreSQL to Citus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir


def copy_store(
    to: Annotated[
        str,
        typer.Option(
            envvar="TARGET_POSTGRES_DSN", help="DSN of the empty target: PostgreSQL, or Citus with its workers."
        ),
    ],
    freeze: Annotated[
        bool,
        typer.Option(
            help="Make the source read-only. It stays so after a complete copy. Without it, stop all writers."
        ),
    ] = True,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Copy all boards, players, scores, keys and audit entries to an empty database.

    Reads continue meanwhile; writes get 503. After an interruption, run the command again: it starts from the
    beginning. Afterwards, set LEADERFORGE_POSTGRES_DSN to the target and restart all processes.
    """
    counts = run_until_stopped(_copy(data_dir, to, freeze=freeze))
    for name, rows in counts.items():
        typer.echo(f"{name:<20}{rows:>14,} rows")
    typer.echo("set LEADERFORGE_POSTGRES_DSN to the target, restart all processes, and run `leaderforge verify`")
    if freeze:
        typer.echo("the source stays read-only; docs/deploy.md says how to make it writable again")


async def _copy(data_dir: Path, to: str, *, freeze: bool) -> Mapping[str, int]:
    from leaderforge.adapters.postgres.copying import copy_store as copy
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import store_dsn

    source = store_dsn(data_dir)
    with progress_bar("Copying", None, data=True) as advance:
        return await copy(source, to, freeze=freeze, progress=advance)
