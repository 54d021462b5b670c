"""Ends of a day, a league and a tournament in several processes with one clock."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.league import League, Zone
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import LAST_COUNT_MS, PROPAGATION_MS
from leaderforge.domain.tournaments import TournamentRules
from tests.acceptance.clocked_world import PROCESSES, Submission, World, code_of, until_waiting, world_at
from tests.oracle import Oracle
from tests.waiting import until

MIDNIGHT = 1_795_478_400_000  # 2026-11-24T00:00:00Z, a Tuesday
LAST_MS = MIDNIGHT - 1
TIMES = {"2026-11-23T23:59:59.999Z": LAST_MS, "2026-11-24T00:00:00.000Z": MIDNIGHT}
GRACE_MS = 300_000
CUP_ENDS = MIDNIGHT + 3_600_000
CUP_GRACE_MS = 60_000
DUEL = League(PeriodKind.DAILY, ("Gold", "Silver"), 4, "Silver", promotion=Zone(places=1), since=LAST_MS)
CUP = TournamentRules(MIDNIGHT, CUP_ENDS, join_required=True, late_grace_s=CUP_GRACE_MS // 1000)


@pytest.fixture
async def world(valkey, postgres, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """World just before midnight. The parameter of the fixture is the policy of the board."""
    async with world_at(LAST_MS, request.param, valkey, postgres, tmp_path) as started:
        await add_boards(started.dsn)
        yield started


async def add_boards(dsn: str) -> None:
    """Create a league and a tournament."""
    pool = Pool(dsn)
    store = PostgresScoreStore(pool)
    await store.create_board(Board(0, "duel", "Duel", calendar=Calendar((PeriodKind.DAILY,)), league=DUEL))
    await store.create_board(Board(0, "cup", "Cup", tournament=CUP))
    await pool.close()


@pytest.mark.parametrize("world", [Policy.SUM], indirect=True)
async def test_every_submission_counts_on_the_side_of_midnight_that_it_came_in_on(world: World) -> None:
    before = [world.submission() for _ in range(80)]
    await asyncio.gather(*map(world.submit, before))
    held = [world.submission() for _ in range(40)]
    async with world.commits_held() as connection:
        in_flight = [asyncio.create_task(world.submit(one, i % PROCESSES)) for i, one in enumerate(held)]
        await until_waiting(connection)
        world.clock.set(MIDNIGHT)
        after = [world.submission() for _ in range(40)]
        in_flight += [asyncio.create_task(world.submit(one)) for one in after]
        await asyncio.sleep(0)
    await asyncio.gather(*in_flight)
    times = {str(event.submission_id): event.achieved_at for event in await world.events()}
    assert {times[one["submission_id"]] for one in before} == {LAST_MS}
    assert {times[one["submission_id"]] for one in after} == {MIDNIGHT}
    # A submission that is received before midnight and committed after midnight counts on the day of its reception.
    assert LAST_MS in {times[one["submission_id"]] for one in held}
    await check(world, [*before, *held, *after])


@pytest.mark.long
@pytest.mark.parametrize("world", [Policy.BEST], indirect=True)
async def test_copies_that_race_over_midnight_count_on_one_side_alone(world: World) -> None:
    submissions = [world.submission() for _ in range(100)]
    numbers = count(1)

    async def raced(one: Submission) -> None:
        receipts = await asyncio.gather(*(world.submit(one, process) for process in range(PROCESSES)))
        assert [receipt["duplicate"] for receipt in receipts].count(False) == 1
        if next(numbers) == len(submissions) // 3:
            world.clock.set(MIDNIGHT)

    async def one_after_another(some: Sequence[Submission]) -> None:
        for one in some:
            await raced(one)

    await asyncio.gather(*(one_after_another(submissions[i::5]) for i in range(5)))
    assert {event.achieved_at for event in await world.events()} == {LAST_MS, MIDNIGHT}
    await check(world, submissions)
    for one in submissions[::10]:
        assert (await world.submit(one))["duplicate"]
    await check(world, submissions)


@pytest.mark.parametrize("world", [Policy.SUM], indirect=True)
async def test_processes_agree_on_each_edge_of_a_league_and_of_a_tournament(world: World) -> None:
    assert await late(world, "duel", LAST_MS) == await joined(world, 1) == {"200"}
    assert await late(world, "cup", LAST_MS) == {"tournament_not_open"}
    world.clock.set(MIDNIGHT)
    assert await late(world, "cup", MIDNIGHT) == {"200"}
    assert await league_states(world) == {"closing"}
    world.clock.set(MIDNIGHT + GRACE_MS - 1)
    assert await late(world, "duel", LAST_MS) == {"200"}
    world.clock.set(MIDNIGHT + GRACE_MS)
    assert await late(world, "duel", LAST_MS) == {"period_closed"}
    world.clock.set(MIDNIGHT + GRACE_MS + LAST_COUNT_MS - 1)
    assert await league_states(world) == {"closing"}
    world.clock.set(MIDNIGHT + GRACE_MS + LAST_COUNT_MS)
    await until(lambda: are_settled(world), "the settlement of the day", every=0.2)

    world.clock.set(CUP_ENDS - 1)
    assert await joined(world, 11) == {"200"}
    world.clock.set(CUP_ENDS)
    assert await joined(world, 21) == await late(world, "cup", CUP_ENDS) == {"tournament_not_open"}
    world.clock.set(CUP_ENDS + CUP_GRACE_MS - 1)
    assert await late(world, "cup", CUP_ENDS - 1) == {"200"}
    world.clock.set(CUP_ENDS + CUP_GRACE_MS)
    assert await late(world, "cup", CUP_ENDS - 1) == {"tournament_not_open"}
    world.clock.set(CUP_ENDS + CUP_GRACE_MS + PROPAGATION_MS - 1)
    assert await cup_states(world) == {"closed"}
    world.clock.set(CUP_ENDS + CUP_GRACE_MS + PROPAGATION_MS)
    assert await cup_states(world) == {"settled"}


async def late(world: World, board: str, at: int) -> set[str]:
    """Submit a score that was achieved at `at` (ms) to each process. Return the codes of the answers."""
    answers = [
        await client.post(
            f"/api/boards/{board}/scores",
            json={**world.submission(), "user_id": number, "score": number, "achieved_at": time_text(at)},
        )
        for number, client in enumerate(world.clients, 1)
    ]
    return {code_of(answer) for answer in answers}


async def joined(world: World, first: int) -> set[str]:
    """Make one player join the cup through each process. Return the codes of the answers.

    The first process gets the player with the id `first`, the next process the next id.
    """
    paths = [f"/api/boards/cup/tournament/entrants/{first + number}" for number in range(PROCESSES)]
    return {code_of(await client.put(path)) for path, client in zip(paths, world.clients, strict=True)}


async def league_states(world: World) -> set[str]:
    """Return the states of the league's first day in all processes."""
    answers = [await client.get("/api/boards/duel/league/3?period=2026-11-23") for client in world.clients]
    return {answer.json()["state"] for answer in answers}


async def are_settled(world: World) -> bool:
    """Return whether all processes show the settled day, in which the best of three players is promoted."""
    answers = [await client.get("/api/boards/duel/league/3?period=2026-11-23") for client in world.clients]
    if any(answer.json()["state"] != "settled" for answer in answers):
        return False
    assert {(a.json()["group_rank"], a.json()["next_division"]) for a in answers} == {(1, "Gold")}
    return True


async def cup_states(world: World) -> set[str]:
    return {(await client.get("/api/boards/cup/tournament")).json()["state"] for client in world.clients}


async def check(world: World, submissions: Sequence[Submission]) -> None:
    """Compare every period in every process with the submissions and the times of their reception."""
    events = await world.events()
    sent = {UUID(one["submission_id"]): (one["user_id"], one["score"]) for one in submissions}
    assert {event.submission_id: (event.user_id, event.score) for event in events} == sent
    assert {event.achieved_at for event in events} == set(TIMES.values())
    for period, own in (
        ("2026-11-23", [event for event in events if event.achieved_at == LAST_MS]),
        ("2026-11-24", [event for event in events if event.achieved_at == MIDNIGHT]),
        ("2026-W48", events),
        ("2026-11", events),
        ("all-time", events),
    ):
        expected = [(e.rank, e.user_id, e.score, e.submissions, e.achieved_at) for e in Oracle(world.board, own).lines]
        for client in world.clients:
            assert await listed(client, period) == expected, period


async def listed(client: httpx.AsyncClient, period: str) -> list[tuple[int, ...]]:
    answer = await client.get(f"/api/boards/laps/page?limit=1000&period={period}")
    assert answer.status_code == 200, answer.text
    return [
        (e["rank"], e["user_id"], e["score"], e["submissions"], TIMES[e["achieved_at"]])
        for e in answer.json()["entries"]
    ]
