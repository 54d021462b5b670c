"""Process that settles a league in small steps, and prints a line before and after each step. A test kills it.

Run it by `python -m tests.contract.settling_process DSN SLUG TIME`, with the present time in ms.
"""

import asyncio
import sys
from collections.abc import Sequence

from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.domain.league import LeagueResult
from leaderforge.domain.settlement import SettlementStep
from leaderforge.services import league_settlement
from tests.contract.league_world import LeagueWorld
from tests.contract.store_fixtures import on_pool


class SpokenLeagueStore(PostgresLeagueStore):
    """Store that prints a line before and after each step of a settlement."""

    async def write_results(self, step: SettlementStep, results: Sequence[LeagueResult]) -> None:
        sys.stdout.write("begin\n")
        sys.stdout.flush()
        await super().write_results(step, results)
        sys.stdout.write("end\n")
        sys.stdout.flush()


async def settle(dsn: str, slug: str, now: int) -> None:
    """Settle the due periods of the board."""
    league_settlement._MEMBERS_A_CHUNK = 20  # type: ignore[attr-defined]
    pool = Pool(dsn, timeout_s=30.0)
    board = await on_pool(pool, dsn).scores.board(slug)
    assert board is not None
    world = LeagueWorld(on_pool(pool, dsn), board)
    world.set_now(now)
    await world.settlement(SpokenLeagueStore(pool)).run()
    await pool.close()


if __name__ == "__main__":
    asyncio.run(settle(sys.argv[1], sys.argv[2], int(sys.argv[3])))
