"""`leaderforge redrive`: retry of dead letters."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.stop_signals import run_until_stopped

if TYPE_CHECKING:
    from leaderforge.domain.dead_letters import DeadLetter

_MAX_SHOWN = 20
"""Maximum number of dead letters that are printed."""
_SHOWN_CHARACTERS = 100
"""Maximum characters of a dead letter's body that are printed."""


def redrive(
    *,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of dead letters to queue again.")] = 100_000,
    queue: Annotated[str, typer.Option(envvar="LEADERFORGE_QUEUE_URL", help="URL of the submission queue.")],
    dead_letters: Annotated[
        str, typer.Option(envvar="LEADERFORGE_DEAD_LETTERS_URL", help="URL of the dead-letter queue.")
    ],
) -> None:
    """Queue dead letters again. Remove the cause of their failure first.

    The command is idempotent: each submission counts once. Set AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    AWS_SESSION_TOKEN to sign in to AWS; `aws configure export-credentials --format env` prints them.
    """
    printed = 0

    def show(letter: "DeadLetter") -> None:
        nonlocal printed
        printed += 1
        if printed <= _MAX_SHOWN:
            typer.echo(f"{letter.reason}: {letter.body[:_SHOWN_CHARACTERS]}")

    count = run_until_stopped(_redrive(queue, dead_letters, limit, show))
    if count > _MAX_SHOWN:
        typer.echo(f"... and {count - _MAX_SHOWN:,} more")
    typer.echo(f"{counted(count, 'submission')} queued again")


async def _redrive(
    queue_url: str, dead_letters_url: str, limit: int, on_redriven: "Callable[[DeadLetter], None]"
) -> int:
    from leaderforge.config import CloudSettings
    from leaderforge.parts.cloud import submission_queue
    from leaderforge.services.ingest import redrive as run

    urls = {"LEADERFORGE_QUEUE_URL": queue_url, "LEADERFORGE_DEAD_LETTERS_URL": dead_letters_url}
    queue = submission_queue(CloudSettings.from_environment({**os.environ, **urls}))
    try:
        return await run(queue, limit, on_redriven)
    finally:
        await queue.close()
