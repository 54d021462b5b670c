"""Weeks of a league, compared with the reference program. Settling processes are killed at every step."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from leaderforge.domain.league import Assignment, Inactivity, Zone
from leaderforge.domain.reward_tables import reward_table_of
from leaderforge.domain.score_types import ScoreType
from tests.contract.league_world import START, LeagueWorld, Weeks, league
from tests.contract.settling_process import SettlingProcesses
from tests.contract.store_fixtures import Database

RULES: Mapping[str, Mapping[str, Any]] = {
    "relegate": {
        "promotion": Zone(places=3),
        "relegation": Zone(percent=20),
        "inactive": Inactivity.RELEGATE,
    },
    "balanced": {
        "promotion": Zone(percent=30),
        "relegation": Zone(places=2),
        "inactive": Inactivity.LEAVE,
        "assignment": Assignment.BALANCED,
    },
}
REWARDS = (
    {"reward": "winner", "last_rank": 1, "payload": {}},
    {"reward": "podium", "first_rank": 2, "last_rank": 3, "payload": {}},
    {"reward": "tenth", "percent": 10, "payload": {}},
    {"reward": "promoted", "league": {"movement": "promoted"}, "payload": {}},
    {"reward": "best-of-iron", "league": {"division": "Iron", "last_group_rank": 1}, "payload": {}},
)


@dataclass
class Played:
    """State of a simulation between two weeks. It can be pickled while its world has no database."""

    weeks: Weeks
    number: int = 0
    kills: int = 0
    movements: Counter[str] = field(default_factory=Counter)


async def _nothing(played: Played) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Simulation:
    """Size of a simulation, and its hooks. `chunk` is the number of players of a step of the settlement.

    After each week, `report` is called with a line of text, and `keep` with the state.
    """

    players: int
    weeks: int
    group_size: int
    chunk: int
    moderated: float
    """Share of the players who are erased each week. The same share is hidden, and the same share loses its score."""
    report: Callable[[str], object] = lambda text: None
    keep: Callable[[Played], Awaitable[None]] = _nothing

    async def begin(
        self, database: Database, rules: Mapping[str, Any], score_type: ScoreType = ScoreType.NUMBER
    ) -> Played:
        """Create the board and its players."""
        table = reward_table_of({"period": "weekly", "rewards": list(REWARDS)}, START)
        world = await LeagueWorld.of(database, league(self.group_size, **rules), table, score_type=score_type)
        weeks = Weeks(world, Random(7), [])
        # A game may choose negative ids, and the ids of teams are negative.
        half = self.players // 2
        await weeks.create(range(-half, self.players - half))
        assert await world.resettlement().run() == 0
        return Played(weeks)

    async def run(self, played: Played) -> None:
        """Play the remaining weeks, and compare each settlement with the reference."""
        async with SettlingProcesses(played.weeks.world, self.chunk, played.weeks.random) as processes:
            processes.kills = played.kills
            while played.number < self.weeks:
                await self._play(played, processes)
                await self.keep(played)
        # A process that is killed late has finished its step. Therefore the number of kills varies by a factor of two.
        assert played.kills > 5 * self.weeks
        assert played.movements.keys() >= {"promoted", "stayed", "relegated"}
        await _settle_again(played.weeks)

    async def _play(self, played: Played, processes: SettlingProcesses) -> None:
        weeks, world = played.weeks, played.weeks.world
        await weeks.play(active=0.7, arrivals=self.players // 20)
        await weeks.moderate(self.moderated)
        started = monotonic()
        ladder = await weeks.end(processes.settle)
        seconds = monotonic() - started
        week = await weeks.require_reference(ladder)
        before = await world.results(ladder), await world.awards(ladder)
        assert await world.settlement().run() == 0
        assert (await world.results(ladder), await world.awards(ladder)) == before
        played.number += 1
        played.kills = processes.kills
        played.movements += week
        scores = f"{len(weeks.scores):,} participants"
        self.report(f"week {played.number}: {scores}, {seconds:.0f} s, {played.kills} kills until now, {dict(week)}")


async def _settle_again(weeks: Weeks) -> None:
    """Settle again each past week with players whom moderators changed later. Compare the awards of all weeks."""
    world = weeks.world
    world.set_now(world.now + 3_600_000)
    await world.resettlement().run()
    while await world.settlement().run():
        continue
    for end in weeks.ends:
        await weeks.require_awards(end)
    assert await world.settlement().faults() == []
