"""External ids on two processes over the real stores: concurrent first submissions, releases, and the index."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.players import label_of
from tests.acceptance.api_fixtures import ADMIN_KEY, SUBMIT_KEY, Served, environment, served_twice
from tests.tokens import TOKENS, token
from tests.waiting import until

SETTINGS = {**TOKENS, "LEADERFORGE_TOKEN_PLAYER_ID": "external_id", "LEADERFORGE_CREATE_PLAYERS": "1"}
PLAYERS = 100

_boards = count(1)


@pytest.fixture(scope="module")
async def servers(valkey, store_dsn: str) -> AsyncIterator[tuple[Served, Served]]:
    """Two processes over one database and one index."""
    settings = environment(valkey.addresses, store_dsn, **SETTINGS)
    async with served_twice(settings) as pair:
        yield pair


@pytest.fixture
async def board(servers: tuple[Served, Served]) -> str:
    """Slug of a new board that is open to players."""
    slug = f"sight-{next(_boards)}"
    body = {"board": slug, "name": slug, "policy": "sum", "open_to_players": True}
    assert (await servers[0].post("/api/boards", body, ADMIN_KEY)).status_code == 201
    return slug


@pytest.mark.parametrize(
    ("submissions", "in_flight"),
    [(300, 64), *(pytest.param(1000, in_flight, marks=pytest.mark.long) for in_flight in (64, 1000))],
)
async def test_first_submissions_in_a_race(
    servers: tuple[Served, Served], board: str, submissions: int, in_flight: int
) -> None:
    random = Random(7)
    ids = [f"racer/{board}/{i}" for i in range(PLAYERS)]
    submitters = [(ids[i % PLAYERS], i // PLAYERS % 2 == 0) for i in range(submissions)]
    random.shuffle(submitters)
    limit = asyncio.Semaphore(in_flight)

    async def submit(external_id: str, by_token: bool) -> dict[str, Any]:
        """Return the receipt. While the server answers with 503, submit again after the time in Retry-After."""
        key = token(0, sub=external_id) if by_token else SUBMIT_KEY
        body = {"external_id": external_id, "score": 1, "submission_id": str(uuid4())}
        while True:
            async with limit:
                answer = await random.choice(servers).post(f"/api/boards/{board}/scores", body, key)
            if answer.status_code != 503:
                break
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    receipts = await asyncio.gather(*(submit(*submitter) for submitter in submitters))
    players = {receipt["external_id"]: receipt["user_id"] for receipt in receipts}
    assert len(players) == len(set(players.values())) == PLAYERS
    assert all(players[receipt["external_id"]] == receipt["user_id"] for receipt in receipts)
    for server in servers:
        top = (await server.get(f"/api/boards/{board}/top?limit=1000")).json()
        assert {entry["external_id"]: entry["user_id"] for entry in top["entries"]} == players
        scores = Counter(external_id for external_id, _ in submitters)
        assert {entry["external_id"]: entry["score"] for entry in top["entries"]} == scores


async def test_first_submissions_in_batches(servers: tuple[Served, Served], board: str) -> None:
    ids = [f"batched {board} {i}" for i in range(PLAYERS)]
    items = [{"external_id": external_id, "score": 1} for external_id in ids * 2]
    path = f"/api/boards/{board}/scores/batch"
    answers = await asyncio.gather(*(server.post(path, {"submissions": items}) for server in servers * 2))
    results = [result for answer in answers for result in answer.json()["results"]]
    assert len(results) == 8 * PLAYERS
    assert len({result["user_id"] for result in results}) == PLAYERS
    entries = (await servers[0].get(f"/api/boards/{board}/top?limit=1000")).json()["entries"]
    assert {entry["score"] for entry in entries} == {8}


async def test_changes_reach_the_other_process(servers: tuple[Served, Served], board: str) -> None:
    first, second = servers
    path = f"/api/boards/{board}/scores"
    old, new = {"external_id": f"old {board}", "score": 1}, {"external_id": f"new {board}", "score": 1}
    user_id = (await second.post(path, old)).json()["user_id"]
    changed = await first.send("PATCH", f"/api/users/{user_id}", {"external_id": new["external_id"]}, ADMIN_KEY)
    assert changed.status_code == 200

    async def is_refused() -> bool:
        # First sight creates no player with a released id while a process may still map it to the old player.
        return (await second.post(path, old)).status_code == 404

    await until(is_refused, "the other process to drop the old id")
    assert (await second.post(path, new)).json()["user_id"] == user_id
    taken = await second.post("/api/users", {"external_id": old["external_id"]})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "external_id_taken")


async def test_the_index_has_the_labels_of_the_store(servers: tuple[Served, Served], board: str) -> None:
    first, second = servers
    path = f"/api/boards/{board}/scores"
    named = (await first.post(path, {"external_id": f"a {board}", "score": 3})).json()["user_id"]
    bare = (await first.post("/api/users", {})).json()["user_id"]
    await first.post(path, {"user_id": bare, "score": 2})
    await first.send("PATCH", f"/api/users/{named}", {"username": f"Ada {board}"}, ADMIN_KEY)

    async def shown(server: Served) -> list[tuple[int, str | None, str | None]]:
        entries = (await server.get(f"/api/boards/{board}/top")).json()["entries"]
        return [(entry["user_id"], entry["username"], entry.get("external_id")) for entry in entries]

    expected = [(named, f"Ada {board}", f"a {board}"), (bare, None, None)]

    async def is_shown() -> bool:
        return await shown(second) == expected

    await until(is_shown, "the other process to show the names")
    labels = {named: label_of(f"Ada {board}", f"a {board}"), bare: label_of(None, None)}
    index = first.services.parts.index
    assert await index.names([named, bare]) == labels

    async def is_rebuilt() -> bool:
        # A stalled machine may delay this rebuild. The other process then takes the rebuild for abandoned, and starts
        # another rebuild.
        with suppress(IndexUnavailable):
            await first.services.maintain.rebuild()
            return True
        return False

    await until(is_rebuilt, "a rebuild without another one beside it")
    assert await index.names([named, bare]) == labels
    await first.send("DELETE", f"/api/users/{named}", key=ADMIN_KEY)
    assert await index.names([named, bare]) == {bare: labels[bare]}
