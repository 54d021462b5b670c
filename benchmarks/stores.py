"""Store on a Citus cluster, compared with a plain database of the same server, in one run.

    LEADERFORGE_TEST_CITUS_DSN=postgresql://... python -m benchmarks.stores --out docs/performance/results/stores.json

The cluster's tables are dropped. The plain database is created for the run on the coordinator of the cluster. Both
therefore have the same version and the same settings: only the workers differ.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from benchmarks.store_bench import measure
from tests.contract.store_fixtures import emptied_citus

PLAIN = "leaderforge_bench"


def main(
    players: Annotated[int, typer.Option(help="Players; five submissions each.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(help="Seconds that recording is measured for, each.")] = 3.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the store with and without workers."""
    if "LEADERFORGE_TEST_CITUS_DSN" not in os.environ:
        raise SystemExit("LEADERFORGE_TEST_CITUS_DSN must name a Citus cluster; its tables are dropped")
    plain, citus = asyncio.run(both(players, seconds))
    Console().print(table(plain, citus))
    write({**about("benchmarks.stores"), "players": players, "plain": plain, "citus": citus}, out)


async def both(players: int, seconds: float) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the figures of the store on the plain database and on the cluster."""
    citus = await emptied_citus()
    async with plain_database(citus) as plain:
        return await measure(plain, players, seconds), await measure(citus, players, seconds)


@asynccontextmanager
async def plain_database(beside: str) -> AsyncIterator[str]:
    """Yield the DSN of a new database on the same server, and drop it at the end."""
    connection = await asyncpg.connect(beside)
    try:
        await connection.execute(f"drop database if exists {PLAIN}")
        await connection.execute(f"create database {PLAIN}")
        yield f"{beside.rpartition('/')[0]}/{PLAIN}"
        await connection.execute(f"drop database {PLAIN} with (force)")
    finally:
        await connection.close()


def table(plain: Mapping[str, Any], citus: Mapping[str, Any]) -> Table:
    """Return a table of both results."""
    shown = Table("what", "PostgreSQL", "Citus", "ratio")
    for what in plain:
        if what != "server":
            shown.add_row(what, f"{plain[what]:,.1f}", f"{citus[what]:,.1f}", f"{citus[what] / plain[what]:.2f}")
    return shown


if __name__ == "__main__":
    typer.run(main)
