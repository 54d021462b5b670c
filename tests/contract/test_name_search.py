"""Search inside names, and the indexes for it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.postgres.name_search import disable_name_search, enable_name_search
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import Overloaded
from leaderforge.domain.names import MIN_WITHIN, name_key
from leaderforge.domain.players import Player
from leaderforge.ports.players import PlayerStore
from tests.contract.store_fixtures import Database, numbers
from tests.waiting import until

NAMES = ("FearlessHydra1", "hydra", "Lone Hydrant", "Ødipus", "100%_hit\\run", "Мышь в ночи", "山田太郎")


@pytest.fixture
async def searched_on_postgres(on_postgres: Database) -> PlayerStore:
    await enable_name_search(on_postgres.dsn)
    return on_postgres.users


@pytest.fixture
async def searched_on_citus(on_citus: Database) -> AsyncIterator[PlayerStore]:
    await enable_name_search(on_citus.dsn)
    yield on_citus.users
    await disable_name_search(on_citus.dsn)


@pytest.fixture(params=["memory", "postgres", "citus"])
def users(request: pytest.FixtureRequest) -> PlayerStore:
    """Player store of each kind, which searches inside names."""
    if request.param == "memory":
        return MemoryPlayerStore()
    store: PlayerStore = request.getfixturevalue(f"searched_on_{request.param}")
    return store


async def found(users: PlayerStore, text: str, limit: int = 9) -> list[str | None]:
    players = await users.containing(text, limit)
    assert players is not None
    return [player.username for player in players]


async def test_all_parts_of_names_are_searched(users: PlayerStore) -> None:
    await users.create([Player(i, name, None, 0) for i, name in enumerate(NAMES, 1)])
    assert await found(users, "HYDRA") == ["hydra", "Lone Hydrant", "FearlessHydra1"]
    assert await found(users, "hydra", 2) == ["hydra", "Lone Hydrant"]
    assert await found(users, "shydra1") == ["FearlessHydra1"]
    assert await found(users, "ДИПУС") == []
    assert await found(users, "dipus") == ["Ødipus"]
    assert await found(users, "%_h") == ["100%_hit\\run"]
    assert await found(users, "t\\r") == ["100%_hit\\run"]
    assert await found(users, "h%t") == []
    assert await found(users, "ЫШЬ ") == ["Мышь в ночи"]
    assert await found(users, "田太郎") == ["山田太郎"]
    assert await users.containing("hy", 9) is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text("aAßx%_\\ü", min_size=3, max_size=7), max_size=6),
    text=st.text("aAßx%_\\ü", min_size=1, max_size=4),
)
async def test_the_matches_are_the_names_that_contain_the_text(users: PlayerStore, names: list[str], text: str) -> None:
    outcomes = await users.create([Player(10_000_000 + next(numbers), name, None, 0) for name in names])
    stored = {player.user_id for player in outcomes if isinstance(player, Player)}
    matches = await users.containing(text, 1000)
    if len(name_key(text)) < MIN_WITHIN:
        assert matches is None
        return
    assert matches is not None
    keys = [name_key(player.username or "") for player in matches]
    assert keys == sorted(keys, key=lambda key: (key.index(name_key(text)), key))
    wanted = {player.user_id for player in await users.with_prefix("", 10_000) if player.user_id in stored}
    players = await users.get(wanted)
    expected = {i for i, player in players.items() if name_key(text) in name_key(player.username or "")}
    assert expected <= {player.user_id for player in matches}


async def test_names_that_players_share_are_searched(database: Database) -> None:
    await enable_name_search(database.dsn)
    sharing = PostgresPlayerStore(database.pool, unique_names=False)
    await database.users.create([Player(1, "First Hydra", None, 0)])
    await sharing.create([Player(2, "Old Hydra", None, 0), Player(3, "Old Hydra", None, 0)])
    assert [player.user_id for player in await sharing.containing("hydra", 9) or ()] == [2, 3, 1]
    await disable_name_search(database.dsn)


async def test_without_indexes_names_are_not_searched_inside(database: Database) -> None:
    assert await database.users.containing("hydra", 9) is None
    assert await enable_name_search(database.dsn)
    assert not await enable_name_search(database.dsn)
    assert await PostgresPlayerStore(database.pool).containing("hydra", 9) == []
    assert await disable_name_search(database.dsn)
    assert not await disable_name_search(database.dsn)
    assert await PostgresPlayerStore(database.pool).containing("hydra", 9) is None


async def test_an_interrupted_build_is_repeated_and_players_are_created_meanwhile(on_postgres: Database) -> None:
    connection = await asyncpg.connect(on_postgres.dsn)
    transaction = connection.transaction()
    await transaction.start()  # the build waits for this writer
    await connection.execute("insert into shared_names (username_key, user_id) values ('hydra', 7)")
    building = asyncio.create_task(enable_name_search(on_postgres.dsn))
    await until(lambda: has_invalid_index(on_postgres), "the build to wait")
    with pytest.raises(Overloaded):
        await enable_name_search(on_postgres.dsn)
    await on_postgres.users.create([Player(1, "FearlessHydra1", None, 0)])
    building.cancel()
    await asyncio.gather(building, return_exceptions=True)
    await transaction.rollback()
    await connection.close()
    assert await PostgresPlayerStore(on_postgres.pool).containing("hydra", 9) is None
    await until(lambda: is_free(on_postgres), "the builder to release its lock")
    assert await PostgresPlayerStore(on_postgres.pool).containing("hydra", 9) is not None


async def has_invalid_index(database: Database) -> bool:
    """Return whether the database has an unfinished index, whose build is running or was interrupted."""
    return bool(await database.run("select from pg_index where not indisvalid"))


async def is_free(database: Database) -> bool:
    """Build the indexes. Return False if another builder holds the lock of such builds."""
    try:
        await enable_name_search(database.dsn)
    except Overloaded:
        return False
    [[is_enabled]] = await database.run(statement("name_search_enabled"))
    return bool(is_enabled)
