"""`leaderforge name-search`: indexes for search inside names."""

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, environment

name_search = typer.Typer(no_args_is_help=True, help="Search all parts of names, or only their starts.")


@name_search.command()
def enable(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Build the indexes for search inside names while the service runs. Processes use them within 10 seconds.

    With these indexes, the creation of a player costs more. The database needs the extension pg_trgm. The command is
    idempotent.
    """
    from leaderforge.wiring import enable_name_search

    is_new = run_until_stopped(enable_name_search(environment(data_dir)["LEADERFORGE_POSTGRES_DSN"]))
    typer.echo("all parts of names are searched" if is_new else "nothing to do")


@name_search.command()
def disable(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Drop the indexes. Only the starts of names are searched then."""
    from leaderforge.wiring import disable_name_search

    is_changed = run_until_stopped(disable_name_search(environment(data_dir)["LEADERFORGE_POSTGRES_DSN"]))
    typer.echo("only the starts of names are searched" if is_changed else "nothing to do")
