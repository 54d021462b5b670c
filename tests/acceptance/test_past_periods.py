"""Past periods on real servers. Retired periods are read completely from the database until they expire."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import NewPlayer
from leaderforge.domain.timing import PROPAGATION_MS, REPEATED_DROP_MS
from leaderforge.imports.lines import ScoreLine
from leaderforge.services.imported_lines import ImportRules
from leaderforge.services.importing import Importer
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.waiting import until

MIDNIGHT = 1_795_478_400_000  # 2026-11-24T00:00:00Z
HOUR, DAY = 3_600_000, 86_400_000
YESTERDAY = "2026-11-23"
PLAYERS = range(1, 31)


class Ticks:
    """Clock that the test sets."""

    now = MIDNIGHT - 1000

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class World:
    """Server, its clock, and a board with a day on which all players have scored."""

    api: Served
    clock: Ticks
    board: Board
    day: Ladder

    async def round_after(self, ms: int) -> None:
        """Advance the clock by `ms`, and run a round of rollover."""
        self.clock.now += ms
        await self.api.services.seasons.rollover.run()

    async def in_index(self, ladder: Ladder) -> int:
        """Return the number of entries in the index."""
        return (await self.api.services.parts.index.counts(ladder, [])).total


@pytest.fixture
async def world(valkey, postgres, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    clock = Ticks()
    style = getattr(request, "param", RankStyle.ORDINAL)
    settings = environment(valkey.addresses, await new_database(postgres.dsn))
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
        board = await api.services.parts.store.create_board(
            Board(0, "laps", "Laps", Policy.BEST, Order.DESC, style, Order.ASC, calendar=calendar, keep_days=30)
        )
        await asyncio.gather(
            *(api.services.players.users.create(NewPlayer(f"player {i:02}", user_id=i)) for i in PLAYERS)
        )
        random = Random(1)
        scores = [
            {"user_id": i, "score": random.randint(1, 9), "subscore": random.randint(1, 2), "metadata": {"lap": i}}
            for i in PLAYERS
        ]
        await api.post("/api/boards/laps/scores/batch", {"submissions": scores})
        clock.now = MIDNIGHT
        await api.post("/api/boards/laps/scores/batch", {"submissions": scores[:5]})
        yield World(api, clock, board, board.ladders_at(MIDNIGHT - 1)[0])


async def everything(api: Served, source: str) -> Mapping[str, Any]:
    """Return every kind of answer about yesterday, by path. Fails if an answer has another source."""
    shown = {}
    for path in (
        *("top?limit=7", "top?limit=1000", "page?limit=7", "page?rank=12&limit=5", "page?rank=31"),
        *("around/17?radius=3", "around/1?radius=30", "ranks/1", "ranks/30", "range?min_score=3&max_score=7&limit=6"),
        *("distribution?buckets=5", "percentile/0", "percentile/37.5", "percentile/90"),
    ):
        shown[path] = await answer(api, path, source)
    for read in ("page?limit=7", "range?min_score=2&limit=4"):
        shown |= await followed(api, read, source)
    joint = {"user_ids": [*range(25, 40), 3]}
    found = await api.post(f"/api/boards/laps/ranks/lookup?period={YESTERDAY}", joint, None)
    assert (found.status_code, found.headers["x-leaderforge-source"]) == (200, source)
    return shown | {"lookup": {name: one for name, one in found.json().items() if name != "as_of"}}


async def followed(api: Served, read: str, source: str) -> Mapping[str, Any]:
    """Follow the cursors `next` to the last page, then `previous` back. Return the pages by path."""
    shown: dict[str, Any] = {}
    page = await answer(api, read, source)
    for way in ("next", "previous"):
        while page.get(way):
            path = f"{read}&cursor={page[way]}"
            page = shown[path] = await answer(api, path, source)
    assert len(shown) >= 4
    return shown


async def answer(api: Served, path: str, source: str) -> Any:
    joint = "&" if "?" in path else "?"
    found = await api.get(f"/api/boards/laps/{path}{joint}period={YESTERDAY}")
    assert found.status_code == 200, found.text
    said = found.headers["x-leaderforge-source"]
    assert said == source or (said, source) == ("cache", "index"), path
    return {name: one for name, one in found.json().items() if name != "as_of"}


async def until_from_the_store(api: Served) -> None:
    """Return once the server answers for the retired period from the store."""

    async def source(period: str) -> str:
        answer = await api.get(f"/api/boards/laps/ranks/1?period={period}")
        return str(answer.headers["x-leaderforge-source"])

    async def is_index_believed() -> bool:
        return await source("all-time") == "index"

    async def is_read_from_the_store() -> bool:
        return await source(YESTERDAY) == "postgres"

    # Until the index has caught up and is current again, the store answers all requests. After that, an answer from the
    # store shows that the period is retired.
    await until(lambda: is_caught_up(api), "the index to be brought over the days")
    await until(is_index_believed, "the index to be believed after the days")
    await until(is_read_from_the_store, "the retired period to be read from the store")


async def is_caught_up(api: Served) -> bool:
    """Return whether the index has caught up after the clock was set forward by days."""
    services = api.services
    marks = await services.parts.index.watermarks()
    return all(mark is not None and mark > services.clock() - HOUR for mark in marks)


async def wiped(api: Served) -> None:
    """Empty the complete index. The server's own maintenance then rebuilds the index."""
    parts = api.services.parts
    await parts.index.begin_rebuild(await parts.store.ladders(), range(parts.index.partitions))


@pytest.mark.usefixtures("lasting_belief")
@pytest.mark.parametrize(
    "world", [RankStyle.SHARED, pytest.param(RankStyle.ORDINAL, marks=pytest.mark.long)], indirect=True
)
async def test_a_retired_period_is_read_in_full_from_the_database(world: World) -> None:
    api = world.api
    before = await everything(api, "index")
    await world.round_after(48 * HOUR + DAY)
    await until_from_the_store(api)
    assert await everything(api, "postgres") == before
    assert await world.in_index(world.day) == len(PLAYERS)
    await world.round_after(PROPAGATION_MS)
    assert await world.in_index(world.day) == 0
    assert await everything(api, "postgres") == before
    await wiped(api)
    assert await everything(api, "postgres") == before
    await api.until_healthy()
    assert await world.in_index(world.day) == 0
    assert (await api.services.maintain.verify()).clean
    assert await everything(api, "postgres") == before


async def test_the_list_and_the_history_tell_of_it(world: World) -> None:
    api = world.api
    await world.round_after(48 * HOUR + DAY)
    listed = (await api.get("/api/boards/laps/periods")).json()["periods"]
    shown = {one["period"]: (one["current"], one["final"], one["indexed"]) for one in listed}
    assert shown[YESTERDAY] == (False, True, False)
    assert shown["all-time"] == (True, False, True)
    await until_from_the_store(api)
    told = (await api.get("/api/boards/laps/history/1")).json()
    ranks = {one["period"]: one["rank"] for one in told["periods"]}
    for period, rank in ranks.items():
        assert (await api.get(f"/api/boards/laps/ranks/1?period={period}")).json()["rank"] == rank
    assert set(ranks) == {YESTERDAY, "2026-11-24"}
    assert len(told["points"]) == 2


async def test_copies_and_imports_leave_nothing_in_the_index_of_the_past(world: World) -> None:
    api, parts = world.api, world.api.services.parts
    old = world.board.ladders_at(MIDNIGHT - 20 * DAY)[0]
    services = api.services
    clocks = world.clock, services.reception_clock
    rules = ImportRules(history=True)
    importer = Importer(parts.store, parts.users, services.delivery, *clocks, world.board, rules)
    lines = [ScoreLine(i, f"player {i:02}", 5, MIDNIGHT - 20 * DAY, UUID(int=i)) for i in PLAYERS]
    await importer.run(lines[:20])
    assert await world.in_index(old) == 20
    await world.round_after(0)
    await world.round_after(PROPAGATION_MS)
    later = Importer(parts.store, parts.users, services.delivery, *clocks, world.board, rules)
    await later.run(lines)
    await world.round_after(REPEATED_DROP_MS)
    assert await world.in_index(old) == 0
    assert (await parts.store.counts(old, [])).total == len(PLAYERS)
    assert (await api.services.maintain.verify()).clean


async def test_what_is_not_kept_disappears_and_is_removed(world: World) -> None:
    api = world.api
    await world.round_after(31 * DAY)
    await world.round_after(REPEATED_DROP_MS)
    await world.round_after(0)

    async def is_gone() -> bool:
        return (await api.get(f"/api/boards/laps/top?period={YESTERDAY}")).status_code == 404

    await until(is_gone, "the period to be gone")
    await world.round_after(PROPAGATION_MS)
    assert (await api.services.parts.store.counts(world.day, [])).total == 0
    assert (await api.get("/api/boards/laps/top?period=all-time")).json()["total"] == len(PLAYERS)
