"""Simulate weeks of a league, with kills at every step of the settlement, and compare them with the reference program.

    PYTHONPATH=shared python -m tests.simulation DIRECTORY --rules relegate
    PYTHONPATH=shared python -m tests.simulation DIRECTORY --rules balanced --players 5000 --chunk 1000 --dsn DSN

`DIRECTORY` has the database, the progress in `progress.txt`, and a copy of the database after each week. The same
command continues after the latest week. With `--dsn`, a server such as Citus has the database. The tables on this
server are dropped, and nothing is kept.
"""

import argparse
import asyncio
import os
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import PostgresServer
from tests.contract.store_fixtures import empty, opened
from tests.simulation.checkpoints import Checkpoints, attach
from tests.simulation.weeks import RULES, Simulation

_MODERATED = 0.0005
_GROUP_SIZE = 30


def main() -> None:
    """Run or continue a simulation. Raises `AssertionError` at a difference."""
    options = _options()
    options.directory.mkdir(parents=True, exist_ok=True)
    # If root runs the program, the server runs as another user, who must be able to enter the directory.
    options.directory.chmod(0o711)
    _report(options.directory, f"start: {' '.join(sys.argv[1:])}")
    if options.dsn is None:
        with PostgresServer(options.directory / "postgres") as server:
            asyncio.run(_run_or_continue(options, Checkpoints(server, options.directory)))
    else:
        asyncio.run(_run_once(options))
    _report(options.directory, "end: all weeks equal the reference")


async def _run_or_continue(options: argparse.Namespace, checkpoints: Checkpoints) -> None:
    played = await checkpoints.restore()
    simulation = _simulation(options, keep=checkpoints.keep)
    async with aclosing(opened(checkpoints.dsn)) as databases:
        async for database in databases:
            if played is None:
                played = await simulation.begin(database, RULES[options.rules])
            else:
                attach(played, database)
                _report(options.directory, f"continue after week {played.number}")
            await simulation.run(played)


async def _run_once(options: argparse.Namespace) -> None:
    await empty(options.dsn)
    await migrate(options.dsn)
    simulation = _simulation(options)
    async with aclosing(opened(options.dsn)) as databases:
        async for database in databases:
            await simulation.run(await simulation.begin(database, RULES[options.rules]))


def _simulation(options: argparse.Namespace, **hooks: object) -> Simulation:
    size = options.players, options.weeks, _GROUP_SIZE, options.chunk, options.moderated
    return Simulation(*size, report=lambda text: _report(options.directory, text), **hooks)  # type: ignore[arg-type]


def _report(directory: Path, text: str) -> None:
    """Print a line with the time and the load, and append it to the progress."""
    line = f"{datetime.now(UTC).isoformat(timespec='seconds')} (load {os.getloadavg()[0]:.1f}) {text}\n"
    with (directory / "progress.txt").open("a", encoding="utf-8") as progress:
        progress.write(line)
    sys.stdout.write(line)
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path, help="new, or that of a simulation to continue")
    parser.add_argument("--rules", choices=RULES, default="relegate")
    parser.add_argument("--players", type=int, default=100_000, help="players at the start")
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--chunk", type=int, default=3_000, help="players of a step of the settlement")
    parser.add_argument("--moderated", type=float, default=_MODERATED, help="share of players for each act, each week")
    parser.add_argument("--dsn", help="a server instead of an own one; its tables are dropped")
    return parser.parse_args()


if __name__ == "__main__":
    main()
