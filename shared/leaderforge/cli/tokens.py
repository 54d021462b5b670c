"""`leaderforge tokens`: player tokens of the running service."""

from typing import Annotated

import typer

from leaderforge.cli.signing_keys import run_with_signing_keys
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.cli.times import seconds_of, time_text

tokens = typer.Typer(no_args_is_help=True, help="Create player tokens.")

_PLAYER = "Player id, or external id: a text, a number above 2^53, or any text after ext:."
TokenPlayer = Annotated[str, typer.Option("--player", help=_PLAYER, show_default=False)]
TokenName = Annotated[str | None, typer.Option("--name", help="Name for a player who does not exist yet.")]
Valid = Annotated[str, typer.Option(help="Lifetime, such as 90s, 15m, 24h or 7d.")]


@tokens.callback()
def root() -> None:
    """Create player tokens."""  # makes this a group, although it has only one command, `tokens create`


@tokens.command(epilog="Example: leaderforge tokens create --player 76561190012345678 --name Ada --valid 24h")
def create(
    *, player: TokenPlayer, name: TokenName = None, valid: Valid = "24h", data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """Create a token and print it. Its holder may submit for this player on boards that are open to players."""
    from leaderforge.domain.players import ExternalId, username
    from leaderforge.domain.tokens import identity_of

    identity, valid_s = identity_of(player), seconds_of(valid)
    checked_name = None if name is None else username(name)
    token = run_with_signing_keys(data_dir, lambda service: service.issue(identity, valid_s, checked_name))
    typer.echo(token.text)
    owner = f"external id {identity}" if isinstance(identity, ExternalId) else f"player id {identity}"
    typer.echo(f"Token for the {owner}, valid until {time_text(token.expires_at)}.", err=True)
