"""`leaderforge keys`: API keys of the running service."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.cli.times import time_text
from leaderforge.domain.callers import COMMAND, KeyScope

if TYPE_CHECKING:
    from leaderforge.domain.api_keys import ApiKey
    from leaderforge.services.api_keys import IssuedKey, KeyService

T = TypeVar("T")

keys = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")

KeyNameArgument = Annotated[str, typer.Argument(help="Name of the key, such as game-server.", show_default=False)]
Scopes = Annotated[
    list[KeyScope],
    typer.Option(
        "--scope", help="Right of the key: read private boards, submit scores, set scores, or everything. Repeatable."
    ),
]
Overlap = Annotated[int, typer.Option(help="Seconds for which the old key stays valid.", min=0)]


@keys.command()
def create(name: KeyNameArgument, *, scope: Scopes, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Create a key and print it. It cannot be shown again."""
    _show(_run(data_dir, lambda service: service.create(name, scope, COMMAND.actor)))


@keys.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all keys by name, including revoked ones."""
    for key in _run(data_dir, lambda service: service.all()):
        typer.echo(f"{key.name}\t{','.join(sorted(key.scopes))}\t{_state(key)}")


@keys.command()
def rotate(name: KeyNameArgument, *, overlap: Overlap = 0, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Replace a key and print the new one. It cannot be shown again."""
    _show(_run(data_dir, lambda service: service.rotate(name, overlap, COMMAND.actor)))


@keys.command()
def revoke(name: KeyNameArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Revoke a key permanently. Every process refuses it within 5 seconds."""
    typer.echo(f"{name}: {_state(_run(data_dir, lambda service: service.revoke(name, COMMAND.actor)))}")


def _run(data_dir: Path, work: "Callable[[KeyService], Awaitable[T]]") -> T:
    return run_with_services(data_dir, lambda product: work(product.keys))


def _show(issued: "IssuedKey") -> None:
    typer.echo(issued.text)
    typer.echo(f"Store this key of {issued.key.name} now: it cannot be shown again. It is valid within 5 s.", err=True)


def _state(key: "ApiKey") -> str:
    if key.revoked_at is not None:
        return f"revoked {time_text(key.revoked_at)}"
    if key.rotated_at is not None:
        return f"rotated {time_text(key.rotated_at)}"
    return f"created {time_text(key.created_at)}"
