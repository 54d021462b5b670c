"""`leaderforge signing-keys`: keys of the running service that sign player tokens."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.cli.times import time_text
from leaderforge.domain.callers import COMMAND

if TYPE_CHECKING:
    from leaderforge.domain.signing_keys import SigningKey
    from leaderforge.services.signing_keys import SigningKeyService

T = TypeVar("T")

signing_keys = typer.Typer(no_args_is_help=True, help="Create, list and retire keys that sign player tokens.")

KidArgument = Annotated[str, typer.Argument(help="Id of the key, such as lfk_0011...", show_default=False)]
RetirementOverlap = Annotated[int, typer.Option("--overlap", help="Seconds for which its tokens stay valid.", min=0)]


@signing_keys.command()
def create(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Create a key and print its id. After 5 seconds, the key signs all new tokens."""
    typer.echo(run_with_signing_keys(data_dir, lambda service: service.create(COMMAND.actor)).kid)


@signing_keys.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all keys, oldest first, including retired ones."""
    for key in run_with_signing_keys(data_dir, lambda service: service.all()):
        typer.echo(f"{key.kid}\t{_state(key)}")


@signing_keys.command(epilog="Example: leaderforge signing-keys retire lfk_0011... --overlap 3600")
def retire(kid: KidArgument, *, overlap: RetirementOverlap = 0, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Retire a key permanently. Without an overlap, every process refuses its tokens within 65 seconds."""
    key = run_with_signing_keys(data_dir, lambda service: service.retire(kid, overlap, COMMAND.actor))
    typer.echo(f"{kid}\t{_state(key)}")


def run_with_signing_keys(data_dir: Path, work: "Callable[[SigningKeyService], Awaitable[T]]") -> T:
    """Run `work` with the signing-key service of the target service, and return its result."""
    return run_with_services(data_dir, lambda product: work(product.access.signing_keys))


def _state(key: "SigningKey") -> str:
    if key.retired_at is None or key.accepted_until is None:
        return f"created {time_text(key.created_at)}"
    return f"retired {time_text(key.retired_at)}, accepted until {time_text(key.accepted_until)}"
