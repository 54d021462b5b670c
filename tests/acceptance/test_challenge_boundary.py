"""Start, end and settlement of a challenge in several processes with one clock."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from leaderforge.domain.boards import Policy
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import SETTLE_MS
from tests.acceptance.clocked_world import PROCESSES, Submission, World, code_of, until_waiting, world_at
from tests.oracle import Oracle

START = 1_795_478_400_000  # 2026-11-24T00:00:00Z
LENGTH_S = 3_600
ENDS = START + LENGTH_S * 1000
GRACE_MS = 300_000
SETTLES = ENDS + GRACE_MS + SETTLE_MS


@pytest.fixture
async def world(valkey, postgres, tmp_path: Path) -> AsyncIterator[World]:
    """World whose clock starts at `START`."""
    async with world_at(START, Policy.SUM, valkey, postgres, tmp_path) as started:
        yield started


async def test_processes_agree_on_each_edge_of_a_challenge(world: World) -> None:
    await scored(world, START - 1)
    path = await challenged(world)
    counted = await scored(world, START)
    assert code_of(await world.clients[1].put(f"{path}/players/2")) == "200"
    world.clock.set(ENDS - 1)
    joining = [client.put(f"{path}/players/{number}") for number, client in enumerate(world.clients, 3)]
    codes = [code_of(answer) for answer in await asyncio.gather(*joining)]
    assert sorted(codes) == ["200", "challenge_full", "challenge_full"]
    players = {1, 2, 3 + codes.index("200")}
    counted += await scored(world, ENDS - 1)
    assert await challenge_states(world, path) == {"open"}

    # A score that is received before the end counts, even if it is recorded after the end.
    in_flight = [{**world.submission(), "user_id": user_id} for user_id in sorted(players)]
    async with world.commits_held() as connection:
        tasks = [asyncio.create_task(world.submit(one, number)) for number, one in enumerate(in_flight)]
        await until_waiting(connection)
        world.clock.set(ENDS)
    await asyncio.gather(*tasks)
    counted += in_flight
    await scored(world, ENDS)
    late_joins = [await client.put(f"{path}/players/{number}") for number, client in enumerate(world.clients, 6)]
    assert {code_of(answer) for answer in late_joins} == {"challenge_over"}
    world.clock.set(ENDS + GRACE_MS - 1)
    counted += await scored(world, ENDS - 1)
    world.clock.set(ENDS + GRACE_MS)
    await scored(world, ENDS - 1)
    world.clock.set(SETTLES - 1)
    assert await challenge_states(world, path) == {"closed"}
    world.clock.set(SETTLES)
    assert await challenge_states(world, path) == {"settled"}
    await check(world, path, players, counted)


async def check(world: World, path: str, players: set[int], counted: list[Submission]) -> None:
    """Compare the result in all processes with the 12 counted submissions of the players."""
    ids = {one["submission_id"] for one in counted}
    events = [e for e in await world.events() if str(e.submission_id) in ids and e.user_id in players]
    assert len(events) == 12
    expected = [(line.rank, line.user_id, line.score, line.submissions) for line in Oracle(world.board, events).lines]
    for client in world.clients:
        entries = (await client.get(path)).json()["entries"]
        assert [(e["rank"], e["user_id"], e["score"], e["submissions"]) for e in entries] == expected


async def scored(world: World, at: int) -> list[Submission]:
    """Submit a score of each of the players 1 to 5, achieved at `at` (ms), through all processes."""
    submissions = [{**world.submission(), "user_id": i, "achieved_at": time_text(at)} for i in range(1, 6)]
    for number, submission in enumerate(submissions):
        await world.submit(submission, number % PROCESSES)
    return submissions


async def challenged(world: World) -> str:
    """Create a challenge for three players as player 1. Return its path."""
    body = {"board": "laps", "user_id": 1, "length_s": LENGTH_S, "max_players": 3, "challenge_id": str(UUID(int=1))}
    answers = [await client.post("/api/challenges", json=body) for client in world.clients]
    [invitation] = {answer.json()["invitation"] for answer in answers}
    return f"/api/challenges/{invitation}"


async def challenge_states(world: World, path: str) -> set[str]:
    return {(await client.get(path)).json()["state"] for client in world.clients}
