"""Changes of boards while two processes serve them, through the API and by the command."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from operator import lt
from typing import Any

import pytest
from redis.cluster import RedisCluster

from leaderforge.adapters.clock import now_ms
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.timing import PROPAGATION_MS
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import Command
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.waiting import until

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
PLAYERS = range(1, 21)


class Ticks:
    """Clock of all servers, which the test sets. The command always has the real clock."""

    now = NOON

    def __init__(self) -> None:
        self._is_real = False

    def __call__(self) -> int:
        return now_ms() if self._is_real else self.now

    @contextmanager
    def real(self) -> Iterator[None]:
        """Give the servers the real clock during the block. Afterwards, their clock stands still again."""
        self._is_real = True
        try:
            yield
        finally:
            self.now = now_ms()
            self._is_real = False


@dataclass(frozen=True)
class World:
    """Two processes over one store and one index, and the command."""

    servers: Sequence[Served]
    command: Command
    clock: Ticks

    async def post(self, path: str, body: Any, key: str = ADMIN_KEY) -> Any:
        """Send a POST with a JSON body to the first process."""
        answer = await self.servers[0].post(path, body, key)
        assert answer.is_success, answer.text
        return answer.json()

    async def until_healthy(self) -> None:
        """Return once both processes believe the index. After a step of the clock, they first reconcile."""
        for server in self.servers:
            await server.until_healthy()

    async def statuses(self, path: str) -> list[int]:
        return [(await server.get(path)).status_code for server in self.servers]


@pytest.fixture(scope="module")
async def world(valkey, postgres) -> AsyncIterator[World]:
    dsn = await new_database(postgres.dsn)
    settings = environment(valkey.addresses, dsn)
    clock = Ticks()
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(served(settings, clock=clock)) for _ in range(2)]
        command = Command(dsn, valkey.addresses, settings["LEADERFORGE_NAMESPACE"])
        made = World(servers, command, clock)
        await made.until_healthy()
        await asyncio.gather(*(made.post("/api/users", {"user_id": i, "username": f"Player {i}"}) for i in PLAYERS))
        yield made


def boards_in_index(command: Command) -> set[int]:
    """Return the ids of the boards with any key in the index."""
    host, _, port = command.nodes[0].rpartition(":")
    with RedisCluster(host=host, port=int(port)) as cluster:
        keys = [key.decode() for key in cluster.scan_iter(f"{command.namespace}:*", count=1000)]
    return {int(found[1]) for key in keys if (found := re.search(r"}:(\d+)\.\d+:", key))}


async def everyone(server: Served, board: str, period: str) -> dict[int, tuple[int, int]]:
    """Return each player's score and number of submissions."""
    answer = await server.get(f"/api/boards/{board}/top?limit=1000&period={period}")
    assert answer.status_code == 200, answer.text
    return {entry["user_id"]: (entry["score"], entry["submissions"]) for entry in answer.json()["entries"]}


async def test_what_the_command_does_holds_in_all_processes(world: World) -> None:
    shown = await asyncio.to_thread(
        world.command.run, "boards", "create", "laps", "policy=best", "order=asc", "max_score=100"
    )
    assert {"board\tlaps", "policy\tbest", "max_score\t100", "periods\tall-time"} <= set(shown.output)
    assert (await asyncio.to_thread(world.command.run, "boards", "show", "laps")).output == shown.output
    assert await world.statuses("/api/boards/laps/top") == [200, 200]

    async def takes(score: int) -> bool:
        body = {"user_id": 1, "score": score}
        answers = [await server.post("/api/boards/laps/scores", body) for server in world.servers]
        return all(answer.is_success for answer in answers)

    assert await takes(100)
    assert not await takes(101)
    await asyncio.to_thread(world.command.run, "boards", "set", "laps", "max_score=200", "private=yes")
    await until(lambda: takes(101), "the new limit in both processes")

    async def is_private() -> bool:
        return await world.statuses("/api/boards/laps/top") == [401, 401]

    await until(is_private, "the board to be private in both processes")
    listed = await asyncio.to_thread(world.command.run, "boards", "list")
    assert "laps\tlaps\tbest asc\tall-time" in listed.output
    deleted = await asyncio.to_thread(world.command.run, "boards", "delete", "laps", "--yes")
    assert deleted.output == ["board laps deleted"]

    async def is_gone() -> bool:
        return await world.statuses("/api/boards/laps/top") == [404, 404] and not await takes(1)

    await until(is_gone, "the board to be gone")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["set", "default", "order=asc"],
            "order: cannot change from desc to asc on board 'default'; create another board",
        ),
        (["set", "nowhere", "unit=ms"], "there is no board 'nowhere'"),
        (["show", "nowhere"], "there is no board 'nowhere'"),
        (["create", "default"], "there is a board 'default' already"),
        (["create", "x", "max_score=many"], "max_score: 'many' is not an integer"),
        (
            ["create", "x", "min_score=2", "max_score=1"],
            "min_score: 2 is above max_score (1); lower it or raise max_score",
        ),
        (["delete", "default", "--yes"], "board 'default' cannot be deleted: calls without a slug use it"),
    ],
)
async def test_the_command_says_what_is_wrong(world: World, arguments: list[str], problem: str) -> None:
    ended = await asyncio.to_thread(world.command.run, "boards", *arguments, code=1)
    assert ended.errors == [f"error: {problem}"]


async def test_what_the_api_does_holds_in_the_other_process(world: World) -> None:
    await world.post("/api/boards", {"board": "race"})
    assert await world.statuses("/api/boards/race/top") == [200, 200]
    await world.servers[0].send("PATCH", "/api/boards/race", {"private": True}, ADMIN_KEY)
    assert (await world.servers[0].get("/api/boards/race/top")).status_code == 401

    async def known() -> bool:
        return (await world.servers[1].get("/api/boards/race/top")).status_code == 401

    await until(known, "the other process to know of the change")
    await world.servers[0].send("DELETE", "/api/boards/race", key=ADMIN_KEY)
    assert (await world.servers[0].get("/api/boards/race/top", ADMIN_KEY)).status_code == 404

    async def gone() -> bool:
        return (await world.servers[1].get("/api/boards/race/top", ADMIN_KEY)).status_code == 404

    await until(gone, "the board to be gone in the other process")


@pytest.mark.parametrize("policy", [Policy.SUM, pytest.param(Policy.BEST, marks=pytest.mark.long)])
async def test_a_period_is_completed_while_submissions_go_on(world: World, policy: Policy) -> None:
    """Both processes accept submissions, even before they know the new period. Each submission counts once."""
    board = f"{policy}-race"
    await world.post("/api/boards", {"board": board, "policy": policy})
    taken: defaultdict[int, list[int]] = defaultdict(list)
    batches, numbers, done = [0] * 4, count(), asyncio.Event()

    async def go_on(client: int, server: Served) -> None:
        while not done.is_set():
            some = [(1 + i % len(PLAYERS), i % 13) for i in (next(numbers) for _ in range(5))]
            batch = {"submissions": [{"user_id": user_id, "score": score} for user_id, score in some]}
            answer = await server.post(f"/api/boards/{board}/scores/batch", batch)
            assert all("error" not in one for one in answer.json()["results"]), answer.text
            for user_id, score in some:
                taken[user_id].append(score)
            batches[client] += 1

    async def another_batch_each() -> None:
        seen = list(batches)
        await until(lambda: all(map(lt, seen, batches)), "a batch of each client")

    clients = [asyncio.create_task(go_on(i, world.servers[i % 2])) for i in range(len(batches))]
    await another_batch_each()
    changed = await world.servers[0].send(
        "PATCH", f"/api/boards/{board}", {"periods": ["all-time", "weekly"]}, ADMIN_KEY
    )
    assert changed.json()["building"] == ["weekly"]
    building = await world.servers[0].get(f"/api/boards/{board}/top?period=weekly")
    assert (building.status_code, building.json()["error"]["code"]) == (503, "period_building")

    async def weekly_is(status: int) -> bool:
        return set(await world.statuses(f"/api/boards/{board}/top?period=weekly")) == {status}

    # Wait in real time until the caches of both processes have expired. Only then advance the clock beyond the
    # propagation time.
    await until(lambda: weekly_is(503), "both processes to know of the period")
    await another_batch_each()  # batches in flight may still lack the new period
    world.clock.now += PROPAGATION_MS
    await until(lambda: weekly_is(200), "the period to be complete")
    await another_batch_each()
    done.set()
    await asyncio.gather(*clients)
    amounts = {Policy.SUM: sum, Policy.BEST: max}[policy]
    expected = {user_id: (amounts(scores), len(scores)) for user_id, scores in taken.items()}
    world.clock.now += 2000  # longer than the TTL of tops
    for server in world.servers:
        assert await everyone(server, board, "weekly") == expected
        assert await everyone(server, board, "all-time") == expected
    verified = await asyncio.to_thread(world.command.run, "verify")
    assert verified.output[-1].endswith(" 0 differ")


async def test_what_a_deleted_board_held_is_removed(world: World) -> None:
    made = await world.post("/api/boards", {"board": "gone", "periods": ["all-time", "daily"]})
    batch = {"submissions": [{"user_id": i, "score": i} for i in PLAYERS]}
    await world.post("/api/boards/gone/scores/batch", batch)
    [(board_id,)] = await world.command.query("select board_id from boards where slug = 'gone'")
    assert made["board"] == "gone"
    await world.servers[0].send("DELETE", "/api/boards/gone", key=ADMIN_KEY)
    world.clock.now += PROPAGATION_MS
    held = [
        f"select 1 from {table} where board_id = {board_id}"  # noqa: S608 - names from this test
        for table in ("boards", "standings", "score_events", "periods")
    ]

    async def removed() -> bool:
        return not any([await world.command.query(one) for one in held])

    await until(removed, "what the board held to be removed")


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.long)])
async def test_many_boards(world: World, count: int) -> None:
    """Create boards, submit across all of them, and read. Idle boards take no memory in the index."""
    await world.until_healthy()
    services = world.servers[0].services
    slugs = [f"many-{i}" for i in range(count)]
    for start in range(0, count, 50):
        await asyncio.gather(
            *(services.boards.create(slug, {"unit": "points"}, "test") for slug in slugs[start : start + 50])
        )
    assert len((await world.servers[1].get("/api/boards")).json()["boards"]) >= count
    for server in world.servers:
        score = {"user_id": 1, "score": 5}
        for start in range(0, count, 100):
            answers = await asyncio.gather(
                *(server.post(f"/api/boards/{slug}/scores", score) for slug in slugs[start : start + 100 : 2])
            )
            assert {answer.status_code for answer in answers} == {200}
            assert {answer.json()["rank"] for answer in answers} == {1}
    busy, idle = slugs[::2], slugs[1::2]
    for slug in busy[::50]:
        assert await everyone(world.servers[1], slug, "all-time") == {1: (10, 2)}
    for slug in idle[::50]:
        assert await everyone(world.servers[1], slug, "all-time") == {}
    ids = dict(await world.command.query("select slug, board_id from boards"))
    in_index = await asyncio.to_thread(boards_in_index, world.command)
    assert in_index & {ids[slug] for slug in slugs} == {ids[slug] for slug in busy}
    # With different clocks, neither the servers nor the command would believe the watermarks of the other side.
    with world.clock.real():
        await world.until_healthy()
        rebuilt = await asyncio.to_thread(world.command.run, "rebuild")
        verified = await asyncio.to_thread(world.command.run, "verify")
    assert (rebuilt.code, verified.output[-1].endswith(" 0 differ")) == (0, True)
    for slug in busy[::50]:
        assert await everyone(world.servers[0], slug, "all-time") == {1: (10, 2)}


async def test_verify_names_a_wrong_contribution_and_a_wrong_checkpoint(world: World) -> None:
    await world.post("/api/boards", {"board": "relay", "policy": "sum"})
    await world.post("/api/boards", {"board": "crews", "policy": "sum", "team": {"source": "relay"}, "moment_days": 30})
    await world.post("/api/teams", {"team_id": -1, "name": "Otters", "captain_id": 3})
    await world.post("/api/boards/relay/scores", {"user_id": 3, "score": 40})
    services = world.servers[0].services
    await services.teams.scores.rebuild_all()
    [(board_id,)] = await world.command.query("select board_id from boards where slug = 'crews'")
    board = await services.boards.get("crews")
    assert await services.parts.moments.add_checkpoint(Ladder(board), 1, 2**43)  # 2**43 is later than the store's time
    assert (await asyncio.to_thread(world.command.run, "verify")).output[-1].endswith(" 0 differ")
    await world.command.query(f"update moment_checkpoints set total = 7 where board_id = {board_id}")  # noqa: S608
    faults = {
        "board crews, period all-time: contributions of player 3 are wrong",
        "board crews, period all-time: the score of team -1 is not that of its contributions",
    }
    wrong: list[str] = []

    async def is_reported() -> bool:
        # The running servers correct the faults within seconds. Therefore make the faults again until `verify` finds
        # them before a server corrects them.
        await world.command.query(f"update team_contributions set score = score + 1 where board_id = {board_id}")  # noqa: S608
        wrong[:] = (await asyncio.to_thread(world.command.run, "verify", code=1)).output
        return faults <= {*wrong}

    await until(is_reported, "verify to find the faults before a server corrects them")
    assert any(re.fullmatch("board crews, period all-time: the checkpoint of .* has wrong numbers", w) for w in wrong)
    assert await services.teams.scores.rebuild_all() == 0
    await world.command.query(f"delete from moment_checkpoints where board_id = {board_id}")  # noqa: S608
    assert (await asyncio.to_thread(world.command.run, "verify")).output[-1].endswith(" 0 differ")
