"""`leaderforge redrive`."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.stop_signals import run_until_stopped

if TYPE_CHECKING:
    from leaderforge.ports import DeadLetter

_MOST_SHOWN = 20
_SHOWN_CHARACTERS = 100


def redrive(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many dead letters to queue again at most.")] = 100_000,
    queue: Annotated[str, typer.Option(envvar="LEADERFORGE_QUEUE_URL", help="URL of the queue of submissions.")],
    dead_letters: Annotated[
        str, typer.Option(envvar="LEADERFORGE_DEAD_LETTERS_URL", help="URL of the queue of dead letters.")
    ],
) -> None:
    """Queue the submissions again that could not be counted, once what kept them from it is mended.

    Each counts once, however often it is sent. AWS is used as AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    AWS_SESSION_TOKEN say; `aws configure export-credentials --format env` prints them.
    """
    shown = 0

    def tell(letter: "DeadLetter") -> None:
        nonlocal shown
        shown += 1
        if shown <= _MOST_SHOWN:
            typer.echo(f"{letter.reason}: {letter.body[:_SHOWN_CHARACTERS]}")

    count = run_until_stopped(_redrive(queue, dead_letters, limit, tell))
    if count > _MOST_SHOWN:
        typer.echo(f"... and {count - _MOST_SHOWN:,} more")
    typer.echo(f"{count:,} submissions queued again")


async def _redrive(queue_url: str, dead_letters_url: str, limit: int, tell: "Callable[[DeadLetter], None]") -> int:
    from leaderforge.config import CloudSettings
    from leaderforge.services.ingest import redrive as run
    from leaderforge.wiring import submission_queue

    urls = {"LEADERFORGE_QUEUE_URL": queue_url, "LEADERFORGE_DEAD_LETTERS_URL": dead_letters_url}
    queue = submission_queue(CloudSettings.from_environment({**os.environ, **urls}))
    try:
        return await run(queue, limit, tell)
    finally:
        await queue.close()
