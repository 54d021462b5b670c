"""Brute-force ranking of a test's runs, without code of the product, and APIs that rank the same runs."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, Self, TypeVar

from leaderforge.domain.players import Player
from tests.acceptance.api_fixtures import environment, served
from tests.api_client import ApiClient
from tests.unit.edge_fixtures import serving

START = 1_795_000_000_000
"""Time of the first runs, in ms."""
NOW = START + 10_000_000
PLAYERS = range(7_310_001, 7_310_025)
"""Players of no other test: tests share a real store, and players of other tests have no countries."""
COUNTRY = {i: ("FI", "SE")[i % 2] for i in PLAYERS if i % 5}
"""Countries of the players. Every fifth player has none."""
_SETTINGS = {"LEADERFORGE_SEGMENTS": "country", "LEADERFORGE_LATE_GRACE_MS": "86400000"}
"""Settings of the APIs. Submissions for the day before `NOW` count."""


class Ranked(Protocol):
    """Submission of a test. Submissions are sent in the order of `number`."""

    @property
    def number(self) -> int: ...

    @property
    def user_id(self) -> int: ...

    @property
    def at(self) -> int: ...


RunT = TypeVar("RunT", bound=Ranked)


@dataclass
class BruteForce(Generic[RunT]):
    """Ranking of runs by the rules of a board. Subclasses define the order of runs by `worth`."""

    policy: str
    order: str
    style: str
    runs: list[RunT] = field(default_factory=list, kw_only=True)

    def worth(self, run: RunT) -> tuple[int, ...]:
        """Return the numbers that rank a run. A smaller tuple is better."""
        raise NotImplementedError

    def run_of(self, user_id: int) -> RunT:
        """Return the run that counts for a player."""
        own = [run for run in self.runs if run.user_id == user_id]
        if self.policy == "latest":
            return max(own, key=lambda run: (run.at, run.number))
        return min(own, key=lambda run: (self.worth(run), run.at, run.number))

    def ranking(self) -> list[tuple[int, RunT]]:
        """Return the rank and the run of each player, best first."""
        runs = [self.run_of(user_id) for user_id in {run.user_id for run in self.runs}]
        runs.sort(key=lambda run: (self.worth(run), run.at, run.user_id))
        if self.style == "ordinal":
            return list(enumerate(runs, 1))
        return [(1 + sum(self.worth(other) < self.worth(run) for other in runs), run) for run in runs]

    def rank_of(self, user_id: int) -> int:
        """Return the rank of a player."""
        return next(rank for rank, run in self.ranking() if run.user_id == user_id)

    def within(self, country: str) -> Self:
        """Return the ranking of the players of a country among themselves."""
        return replace(self, runs=[run for run in self.runs if COUNTRY.get(run.user_id) == country])


@asynccontextmanager
async def api_in_memory() -> AsyncIterator[ApiClient]:
    """API with `PLAYERS` over in-memory adapters, at the time `NOW`."""
    async with serving(**_SETTINGS) as api:
        api.clock.now = NOW
        await _create_players(api)
        yield api


@asynccontextmanager
async def api_on_servers(nodes: Any, store_dsn: str) -> AsyncIterator[ApiClient]:
    """API with `PLAYERS` over a real store and a real index, at the time `NOW`."""
    async with served(environment(nodes, store_dsn, **_SETTINGS), clock=lambda: NOW) as api:
        await api.until_healthy()
        await _create_players(api)
        yield api


async def _create_players(api: ApiClient) -> None:
    attributes = {i: json.dumps({"country": country}) for i, country in COUNTRY.items()}
    players = [Player(i, f"player {i}", None, 0, attributes=attributes.get(i)) for i in PLAYERS]
    await api.services.parts.users.create(players)
