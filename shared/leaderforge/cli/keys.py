"""`leaderforge keys`: API keys of the running service."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.cli.times import time_text
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.permissions import KeyScope, Role

if TYPE_CHECKING:
    from leaderforge.domain.api_keys import ApiKey
    from leaderforge.services.api_keys import IssuedKey, KeyService

T = TypeVar("T")

keys = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")

KeyNameArgument = Annotated[str, typer.Argument(help="Name of the key, such as game-server.", show_default=False)]
Scopes = Annotated[
    list[KeyScope] | None,
    typer.Option(
        "--scope",
        help="Right of a program's key: read private boards, submit scores, set scores, or everything. Repeatable.",
        show_default=False,
    ),
]
RoleOption = Annotated[
    Role | None,
    typer.Option("--role", help="Role of a person in the console, instead of scopes.", show_default=False),
]
PersonOption = Annotated[
    str | None,
    typer.Option(
        "--person", help="Name of the person, as the audit log shows it. Required with --role.", show_default=False
    ),
]
Overlap = Annotated[int, typer.Option(help="Seconds for which the old key stays valid.", min=0)]


@keys.command()
def create(
    name: KeyNameArgument,
    *,
    scope: Scopes = None,
    role: RoleOption = None,
    person: PersonOption = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a key and print it. It cannot be shown again."""
    if bool(scope) == bool(role):
        raise typer.BadParameter("give either --scope or --role")
    if bool(role) != bool(person):
        raise typer.BadParameter("give --role and --person together")
    if role is not None and person is not None:
        _show(_run(data_dir, lambda service: service.create_personal(name, role, person, COMMAND.actor)))
    else:
        _show(_run(data_dir, lambda service: service.create(name, scope or (), COMMAND.actor)))


@keys.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all keys by name, including revoked ones."""
    for key in _run(data_dir, lambda service: service.all()):
        typer.echo(f"{key.name}\t{_rights(key)}\t{_state(key)}")


@keys.command()
def rotate(name: KeyNameArgument, *, overlap: Overlap = 0, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Replace a key and print the new one. It cannot be shown again."""
    _show(_run(data_dir, lambda service: service.rotate(name, overlap, COMMAND.actor)))


@keys.command()
def revoke(name: KeyNameArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Revoke a key permanently. Every process refuses it within 5 seconds."""
    typer.echo(f"{name}: {_state(_run(data_dir, lambda service: service.revoke(name, COMMAND.actor)))}")


def _run(data_dir: Path, work: "Callable[[KeyService], Awaitable[T]]") -> T:
    return run_with_services(data_dir, lambda product: work(product.access.keys))


def _show(issued: "IssuedKey") -> None:
    typer.echo(issued.text)
    typer.echo(f"Store this key of {issued.key.name} now: it cannot be shown again. It is valid within 5 s.", err=True)


def _rights(key: "ApiKey") -> str:
    return ",".join(sorted(key.scopes)) if key.role is None else f"{key.role} {key.person}"


def _state(key: "ApiKey") -> str:
    if key.revoked_at is not None:
        return f"revoked {time_text(key.revoked_at)}"
    if key.rotated_at is not None:
        return f"rotated {time_text(key.rotated_at)}"
    return f"created {time_text(key.created_at)}"
