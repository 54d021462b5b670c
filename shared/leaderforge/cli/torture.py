"""`leaderforge torture`: use a deployment with concurrent clients, and check every answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge import __version__
from leaderforge.cli.counts import counted
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.errors import Refused

if TYPE_CHECKING:
    from leaderforge.torture.report import Report
    from leaderforge.torture.target import Target
    from leaderforge.torture.trial import Trial


def torture(
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL...", help="Addresses of the API. Default: the running `leaderforge dev`."),
    ] = None,
    *,
    admin_key: Annotated[str, typer.Option(envvar="LEADERFORGE_ADMIN_KEY", help="Key of scope admin.")] = "",
    submit_key: Annotated[
        str, typer.Option(envvar="LEADERFORGE_SUBMIT_KEY", help="Key of scope submit. Default: the admin key.")
    ] = "",
    seconds: Annotated[int, typer.Option(help="Duration.", min=1)] = 60,
    nemesis: Annotated[
        str | None, typer.Option(metavar="SCRIPT", help="Command of yours to run at intervals, such as a restart.")
    ] = None,
    every: Annotated[int, typer.Option(help="Seconds from the end of a nemesis to the next one.", min=1)] = 30,
    players: Annotated[int, typer.Option(help="Players to create.", min=20, max=10_000)] = 100,
    writers: Annotated[int, typer.Option(help="Clients that write.", min=1, max=64)] = 4,
    readers: Annotated[int, typer.Option(help="Clients that read, per URL.", min=1, max=64)] = 2,
    seed: Annotated[int | None, typer.Option(help="Seed of the acts. Default: a new one.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report there, as JSON.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Use a deployment with concurrent clients on a board of their own, and check every answer.

    Players and the board are deleted at the end. The command itself disturbs no server: only your nemesis does. Exit
    with 1 if an answer was wrong.
    """
    from leaderforge.torture.trial import Trial

    target = _target(urls, admin_key, submit_key, data_dir)
    seed = SystemRandom().randrange(2**32) if seed is None else seed
    trial = Trial(seconds, seed, players, writers, readers, script=nemesis, every_s=every)
    outcome = run_until_stopped(_run(target, trial))
    if report is not None:
        outcome.save(report, version=__version__, urls=list(target.urls), seconds=seconds, seed=trial.seed)
    _tell(outcome, trial.seed)


def _tell(outcome: "Report", seed: int) -> None:
    """Print the outcome of a trial. Exit with 1 if an answer was wrong."""
    typer.echo(outcome.table(seed))
    typer.echo(f"{counted(outcome.reads.total(), 'read')} checked, {counted(outcome.total, 'violation')}")
    if outcome.total:
        raise typer.Exit(1)


async def _run(target: "Target", trial: "Trial") -> "Report":
    from leaderforge.cli.progress import progress_bar
    from leaderforge.torture.trial import run_trial

    with progress_bar(f"Torturing board {target.board}", trial.seconds) as advance:
        return await run_trial(target, trial, advance)


def _target(urls: Sequence[str] | None, admin_key: str, submit_key: str, data_dir: Path) -> "Target":
    """Return the deployment. Raises `Refused` without a key or with a wrong URL."""
    from leaderforge.torture.target import Target

    if not urls:
        urls, admin_key = _running_dev(data_dir)
    wrong = next((url for url in urls if not url.startswith(("http://", "https://"))), None)
    if wrong is not None:
        raise Refused(f"{wrong!r} is not an address of the API: write http://HOST:PORT or https://HOST")
    if not admin_key:
        raise Refused("an admin key is needed: set LEADERFORGE_ADMIN_KEY or --admin-key")
    return Target(urls, admin_key, submit_key or admin_key, f"torture-{token_hex(4)}")


def _running_dev(data_dir: Path) -> tuple[Sequence[str], str]:
    """Return address and admin key of the running `leaderforge dev`. Raises `Refused` if there is none."""
    try:
        facts = json.loads((data_dir / "dev.json").read_text())
    except FileNotFoundError:
        raise Refused(f"no service runs in {data_dir}: name the URL, or set --data-dir") from None
    return [facts["api"]], facts["admin_key"]
