"""Names that several players may have, and the return to unique names."""

import asyncio

import pytest

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.postgres.name_claims import claim_names
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import EmailTaken, UsernameTaken
from leaderforge.domain.players import NameCollision, Player
from leaderforge.ports.players import PlayerStore
from tests.contract.store_fixtures import Database


def user(user_id: int, name: str | None, email: str | None = None) -> Player:
    return Player(user_id, name, email, 0)


def act(user_id: int) -> AuditEntry:
    return AuditEntry(0, "tests", "player.change", None, user_id)


@pytest.fixture(params=["memory", "postgres", "citus"])
def users(request: pytest.FixtureRequest) -> PlayerStore:
    """Player store of each kind, whose players may share names."""
    if request.param == "memory":
        return MemoryPlayerStore(unique_names=False)
    database: Database = request.getfixturevalue(f"on_{request.param}")
    return PostgresPlayerStore(database.pool, clock=database.clock, unique_names=False)


async def test_players_share_a_name(users: PlayerStore) -> None:
    players = [user(3, "Riko"), user(1, "riko"), user(2, "RIKO", "a@example.org"), user(4, "Riko 2")]
    assert list(await users.create(players)) == players
    assert [player.user_id for player in await users.with_name("rIKO")] == [1, 2, 3]
    assert {name: player.user_id for name, player in (await users.by_name(["Riko", "nobody"])).items()} == {"Riko": 1}
    assert await users.ids_by_name(["Riko", "nobody"]) == {"Riko": 1}
    assert [player.user_id for player in await users.with_prefix("rik", 9)] == [1, 2, 3, 4]
    assert [player.user_id for player in await users.with_prefix("rik", 2)] == [1, 2]
    [refused] = await users.create([user(5, "Riko", "A@example.org")])
    assert isinstance(refused, EmailTaken)


async def test_renames_and_names_that_end(users: PlayerStore) -> None:
    await users.create([user(1, "Ann"), user(2, "Ann"), user(3, "Bob")])
    await users.change(3, {"username": "ann"}, act(3))
    await users.change(1, {"username": "Bob"}, act(1))
    await users.change(2, {"username": "ANN"}, act(2))
    assert [player.user_id for player in await users.with_name("ann")] == [2, 3]
    await users.change(2, {"username": None}, act(2))
    assert [player.user_id for player in await users.with_name("ann")] == [3]
    assert [player.user_id for player in await users.with_name("bob")] == [1]


async def test_the_way_back_to_unique_names(database: Database) -> None:
    await database.users.create([user(1, "Ann"), user(2, "Bob")])
    sharing = PostgresPlayerStore(database.pool, unique_names=False)
    await sharing.create([user(3, "ANN"), user(4, "Cid"), user(5, "cid"), user(6, "Dan")])
    await sharing.change(2, {"username": "Eve"}, act(2))
    assert [player.user_id for player in await sharing.with_name("ann")] == [1, 3]
    results = await asyncio.gather(*(claim_names(database.pool, 0, 10) for _ in range(2)))
    assert sum(result.claimed for result in results) >= 3
    checked = await claim_names(database.pool, 0, 10)
    winner = (await database.users.with_name("cid"))[0].user_id
    loser = 9 - winner
    assert [player.user_id for player in checked.players] == [1, 2, 3, 4, 5, 6]
    assert (checked.claimed, checked.collisions) == (
        0,
        [NameCollision("ann", 3, 1), NameCollision("cid", loser, winner)],
    )
    assert {name: p.user_id for name, p in (await database.users.by_name(["ann", "bob", "dan", "eve"])).items()} == {
        "ann": 1,
        "dan": 6,
        "eve": 2,
    }
    [refused] = await database.users.create([user(7, "EVE")])
    assert isinstance(refused, UsernameTaken)
    # A rename ends a collision.
    await database.users.change(3, {"username": "Flo"}, act(3))
    await database.users.change(loser, {"username": None}, act(loser))
    checked = await claim_names(database.pool, 0, 10)
    assert (checked.claimed, checked.collisions) == (0, [])
