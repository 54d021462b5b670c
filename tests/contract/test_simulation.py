"""A simulation continues with its latest week after it was killed."""

from contextlib import aclosing
from pathlib import Path

import pytest

from leaderforge.embedded import PostgresServer
from tests.contract.store_fixtures import opened
from tests.simulation.checkpoints import Checkpoints, attach
from tests.simulation.weeks import RULES, Played, Simulation


class Killed(Exception):
    """Error that ends a simulation in the middle of a week, as a kill would."""


async def test_a_killed_simulation_continues_after_its_latest_week(postgres: PostgresServer, tmp_path: Path) -> None:
    checkpoints, numbers = Checkpoints(postgres, tmp_path), list[int]()

    async def keep(played: Played) -> None:
        numbers.append(played.number)
        await checkpoints.keep(played)
        if numbers == [1]:
            await played.weeks.play(active=0.5, arrivals=3)  # the killed week leaves rows
            raise Killed

    simulation = Simulation(players=60, weeks=2, group_size=6, chunk=30, moderated=0.03, keep=keep)
    assert await checkpoints.restore() is None
    async with aclosing(opened(checkpoints.dsn)) as databases:
        async for database in databases:
            with pytest.raises(Killed):
                await simulation.run(await simulation.begin(database, RULES["relegate"]))
    restored = await checkpoints.restore()
    assert restored is not None
    async with aclosing(opened(checkpoints.dsn)) as databases:
        async for database in databases:
            attach(restored, database)
            await simulation.run(restored)
    assert numbers == [1, 2]
