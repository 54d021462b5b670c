"""`leaderforge people`: people who use the console, and their roles."""

from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.cli.times import time_text
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.permissions import Role

if TYPE_CHECKING:
    from leaderforge.domain.people import Person

people = typer.Typer(no_args_is_help=True, help="List the people who use the console, and change their roles.")

ActorArgument = Annotated[
    str,
    typer.Argument(help="Person: key: and the name of the key, or oidc: and the subject.", show_default=False),
]
RoleArgument = Annotated[Role, typer.Argument(help="New role.", show_default=False)]


@people.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all people by name, with actor, role and latest action in the audit log."""
    for person in run_with_services(data_dir, lambda product: product.access.roles.people()):
        typer.echo(f"{person.person}\t{person.actor}\t{person.role}\t{_last_use(person)}")


@people.command()
def role(actor: ActorArgument, role: RoleArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Change the role of a person. Every process applies it within 5 seconds.

    A person of the identity provider gets the role from the provider's claims again at each sign-in.
    """
    person = run_with_services(data_dir, lambda product: product.access.roles.change(actor, role, COMMAND.actor))
    typer.echo(f"{person.person} is {person.role}")


def _last_use(person: "Person") -> str:
    if person.last_act_at is not None:
        return f"acted {time_text(person.last_act_at)}"
    if person.signed_in_at is not None:
        return f"signed in {time_text(person.signed_in_at)}"
    return "no action yet"
