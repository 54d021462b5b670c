"""Names that look the same exclude each other in every store, even if an older version stored one of them."""

# ruff: noqa: RUF001 - look-alikes are the subject of this module

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.postgres.name_claims import claim_names, release_stale_claims
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, UsernameTaken
from leaderforge.domain.names import claims_of, folded
from leaderforge.domain.players import NameCollision, Player, StaleClaims
from tests.contract.store_fixtures import Database, Stores

CYRILLIC = "оkapi"
_fresh_ids = count(10**6)


def user(user_id: int, name: str | None) -> Player:
    return Player(user_id, name, None, 0)


def act(user_id: int) -> AuditEntry:
    return AuditEntry(0, "tests", "player.change", None, user_id)


def kinds(outcomes: Sequence[Player | LeaderForgeError]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


async def test_a_look_alike_is_taken_whichever_comes_first(stores: Stores) -> None:
    outcomes = await stores.users.create([user(1, "okapi"), user(2, CYRILLIC), user(3, "САВА"), user(4, "Caba")])
    assert kinds(outcomes) == [Player, UsernameTaken, Player, UsernameTaken]
    later = ["օkapi", "oka\u00adpi", "o\u200dkapi", "ΟΚΑΡΙ", "cABA", "сава", "OKAPI\u202e"]
    assert kinds(await stores.users.create([user(10 + i, name) for i, name in enumerate(later)])) == [
        UsernameTaken
    ] * len(later)
    assert await stores.users.claimants([*later, "free"]) == {
        name: 3 if name.casefold() in {"caba", "сава"} else 1 for name in later
    }


async def test_only_the_name_itself_is_found(stores: Stores) -> None:
    await stores.users.create([user(1, "САВА"), user(2, "ОКАРІ"), user(3, "Cab"), user(4, "оказия")])
    assert await stores.users.by_name(["Caba", "сава", "okapi"]) == {"сава": user(1, "САВА")}
    assert await stores.users.ids_by_name(["Caba", "сава", "САВА", "okapi"]) == {"сава": 1, "САВА": 1}
    assert list(await stores.users.with_name("caba")) == []
    assert [player.user_id for player in await stores.users.with_name("сАВА")] == [1]
    assert [player.user_id for player in await stores.users.with_prefix("cab", 9)] == [3]
    assert [player.user_id for player in await stores.users.with_prefix("ока", 9)] == [4, 2]
    assert [player.user_id for player in await stores.users.with_prefix("ока", 1)] == [4]


async def test_a_rename_frees_the_look_alikes(stores: Stores) -> None:
    await stores.users.create([user(1, "САВА"), user(2, "bob")])
    with pytest.raises(UsernameTaken):
        await stores.users.change(2, {"username": "caba"}, act(2))
    await stores.users.change(1, {"username": "сава"}, act(1))
    assert (await stores.users.change(2, {"username": "CABA"}, act(2))).player.username == "CABA"
    with pytest.raises(UsernameTaken):
        await stores.users.change(1, {"username": "САВА"}, act(1))
    await stores.users.change(2, {"username": None}, act(2))
    assert (await stores.users.change(1, {"username": "САВА"}, act(1))).player.username == "САВА"


async def test_a_player_may_take_a_look_alike_of_the_own_name(stores: Stores) -> None:
    await stores.users.create([user(1, "caba")])
    for name in ("САВА", "Caba", "саbа", "CABA"):
        assert (await stores.users.change(1, {"username": name}, act(1))).player.username == name
        assert kinds(await stores.users.create([user(2, "caba")])) == [UsernameTaken]
    assert [player.user_id for player in await stores.users.with_prefix("cab", 9)] == [1]


async def test_an_erased_player_leaves_the_name_and_its_looks(stores: Stores) -> None:
    await stores.users.create([user(1, "САВА")])
    await stores.records.erase(1, AuditEntry(0, "tests", "player.erase"))
    assert kinds(await stores.users.create([user(2, "caba"), user(3, "сава")])) == [Player, Player]


async def test_shared_names_may_look_alike(database: Database) -> None:
    for users in (MemoryPlayerStore(unique_names=False), PostgresPlayerStore(database.pool, unique_names=False)):
        players = [user(1, "okapi"), user(2, CYRILLIC), user(3, "САВА"), user(4, "caba"), user(5, "okapi")]
        assert list(await users.create(players)) == players
        assert [player.user_id for player in await users.with_name("okapi")] == [1, 5]
        await users.change(1, {"username": "сава"}, act(1))
        assert [player.user_id for player in await users.with_name("сава")] == [1, 3]
        assert [player.user_id for player in await users.with_name("OKAPI")] == [5]


NAMES = st.sampled_from(["САВА", "сава", "caba", "САВa", "Cаba", "ca\u200bba", "ca ba", "ca\u2800ba", "ba"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(st.tuples(st.integers(0, 3), NAMES | st.none()), max_size=12))
async def test_claims_follow_the_names(stores: Stores, steps: list[tuple[int, str | None]]) -> None:
    """After creations and renames in any order, a name is free exactly if no other player claims a key of the name."""
    base = next(_fresh_ids) * 10
    names: dict[int, str | None] = {}
    try:
        for number, name in steps:
            user_id = base + number
            claimed = {key for i, text in names.items() if i != user_id and text is not None for key in claims_of(text)}
            free = name is None or claimed.isdisjoint(claims_of(name))
            if user_id not in names:
                [outcome] = await stores.users.create([user(user_id, name)])
            else:
                try:
                    outcome = (await stores.users.change(user_id, {"username": name}, act(user_id))).player
                except UsernameTaken as error:
                    outcome = error
            assert isinstance(outcome, Player if free else UsernameTaken)
            if free:
                names[user_id] = name
        if isinstance(stores, Database):
            rows = await stores.run("select username_key, user_id, is_look_alike is true from username_claims")
            wanted = {(key, i, look) for i, name in names.items() if name for key, look in claims_of(name).items()}
            assert {tuple(row) for row in rows} == wanted
    finally:
        for user_id in names:
            await stores.records.erase(user_id, AuditEntry(0, "tests", "player.erase"))


async def stored_before(database: Database, names: Sequence[str]) -> None:
    """Store players as version 0.2.0 did: each with one claim only, on the name key of that version."""
    async with database.pool.transaction() as connection:
        for user_id, name in enumerate(names, 1):
            await connection.execute(
                "insert into users (user_id, username, created_at) values ($1, $2, 0)", user_id, name
            )
            await connection.execute(
                "insert into username_claims (username_key, user_id) values ($1, $2)", folded(name), user_id
            )


class TestStoredBefore:
    """Names that version 0.2.0 stored."""

    async def test_they_stay_as_they_are(self, database: Database) -> None:
        names = ["okapi", "okapi\u200b", CYRILLIC, "САВА", "\u3164"]
        await stored_before(database, names)
        checked = await claim_names(database.pool, 0, 10)
        assert [player.username for player in checked.players] == names
        assert (checked.claimed, checked.collisions) == (
            2,
            [NameCollision("okapi", 2, 1), NameCollision("okapi", 3, 1)],
        )
        stored = await database.users.get([1, 2, 3, 4, 5])
        assert [stored[user_id].username for user_id in (1, 2, 3, 4, 5)] == names
        again = await claim_names(database.pool, 0, 10)
        assert (again.claimed, again.collisions) == (0, checked.collisions)

    async def test_new_look_alikes_are_taken_at_once_or_after_the_command(self, database: Database) -> None:
        await stored_before(database, ["okapi", "САВА", "o\u2800k"])
        assert kinds(await database.users.create([user(10, CYRILLIC), user(11, "сава")])) == [UsernameTaken] * 2
        await claim_names(database.pool, 0, 10)
        assert kinds(await database.users.create([user(12, "caba"), user(13, "o k")])) == [UsernameTaken] * 2

    async def test_they_are_found_by_their_spelling(self, database: Database) -> None:
        await stored_before(database, ["oka\u00adpi"])
        assert [player.user_id for player in await database.users.with_name("oka\u00adpi")] == [1]
        assert await database.users.ids_by_name(["oka\u00adpi", "okapi"]) == {"oka\u00adpi": 1}
        await claim_names(database.pool, 0, 10)
        assert [player.user_id for player in await database.users.with_name("OKAPI")] == [1]

    @pytest.mark.parametrize("claimed", [True, False])
    async def test_a_rename_or_an_erasure_leaves_no_claim(self, database: Database, claimed: bool) -> None:
        await stored_before(database, ["oka\u00adpi", "САВА", "o  k"])
        if claimed:
            await claim_names(database.pool, 0, 10)
        await database.users.change(1, {"username": "okapi"}, act(1))
        await database.users.change(2, {"username": "caba"}, act(2))
        await database.records.erase(3, AuditEntry(0, "tests", "player.erase"))
        rows = await database.run("select username_key, user_id, is_look_alike is true from username_claims order by 2")
        assert [tuple(row) for row in rows] == [("okapi", 1, False), ("caba", 2, False)]

    async def test_the_review_goes_on_after_any_player(self, database: Database) -> None:
        await stored_before(database, ["САВА", "ОКО", "АСЕ"])
        claimed = [await claim_names(database.pool, after, 1) for after in range(4)]
        assert [[player.user_id for player in names.players] for names in claimed] == [[1], [2], [3], []]
        assert [names.claimed for names in claimed] == [1, 1, 1, 0]
        assert await database.users.claimants(["caba", "oko", "ace"]) == {"caba": 1, "oko": 2, "ace": 3}

    async def test_stale_claims_are_released(self, database: Database) -> None:
        """Release claims on looks that version 0.2.0 left behind when it renamed or erased players."""
        await database.users.create([user(1, "САВА"), user(2, "ОКО"), user(3, "АСЕ")])
        for change in ("update users set username = 'Ann' where user_id = 1", "delete from users where user_id = 2"):
            await database.run(change)
        released = [await release_stale_claims(database.pool, after, 2) for after in ("", "caba", "zz")]
        assert released == [StaleClaims("caba", 1), StaleClaims("oko", 1), StaleClaims(None, 0)]
        assert await database.users.claimants(["caba", "oko", "ace"]) == {"ace": 3}
        renamed_back = await release_stale_claims(database.pool, "", 9)
        assert renamed_back == StaleClaims("ace", 0)

    async def test_a_player_without_a_name_has_nothing_to_claim(self, database: Database) -> None:
        await database.users.create([user(1, None)])
        checked = await claim_names(database.pool, 0, 10)
        assert (list(checked.players), checked.claimed, checked.collisions) == ([user(1, None)], 0, [])
