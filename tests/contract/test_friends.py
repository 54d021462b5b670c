"""Friends in the stores: lists, blocks and erasures, also concurrently."""

import asyncio
from random import Random
from typing import Any

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.friend_errors import MAX_FRIENDS, TooManyFriends
from leaderforge.domain.friends import Blocked, Followed, FriendChange
from leaderforge.domain.players import Player
from tests.contract.store_fixtures import Database, Stores

ALL = 10_000


async def ids(stores: Stores, user_id: int) -> list[int]:
    """Return the players whom a player follows."""
    return [friend.user_id for friend in await stores.friends.followed(user_id, ALL)]


async def erase(stores: Stores, user_id: int) -> None:
    await stores.records.erase(user_id, AuditEntry(9, "tests", "player.erase"))


async def test_a_list_is_replaced_extended_and_shortened(stores: Stores) -> None:
    await stores.players(1, 2, 3, 4)
    assert await stores.friends.replace(1, [3, 2, 99], 5) == FriendChange(2, added=2, missing=(99,))
    assert await stores.friends.add(1, [2, 4], 6) == FriendChange(3, added=1)
    assert await stores.friends.add(1, [2, 4], 7) == FriendChange(3)
    assert await stores.friends.followed(1, ALL) == [
        Followed(2, 5, False),
        Followed(3, 5, False),
        Followed(4, 6, False),
    ]
    assert await stores.friends.remove(1, 3) == FriendChange(2, removed=1)
    assert await stores.friends.remove(1, 3) == FriendChange(2)
    assert await stores.friends.replace(1, [4, 3], 8) == FriendChange(2, added=1, removed=1)
    assert await stores.friends.followed(1, ALL) == [Followed(3, 8, False), Followed(4, 6, False)]
    assert await stores.friends.replace(1, [], 9) == FriendChange(0, removed=2)
    assert await stores.friends.count(1) == 0


async def test_lists_are_read_in_pages_with_who_follows_back(stores: Stores) -> None:
    await stores.players(1, 2, 3, -4)
    await stores.friends.replace(1, [2, 3, -4], 5)
    await stores.friends.replace(3, [1], 6)
    first = await stores.friends.followed(1, 2)
    assert first == [Followed(-4, 5, False), Followed(2, 5, False)]
    assert await stores.friends.followed(1, 2, 2) == [Followed(3, 5, True)]
    assert await stores.friends.followers(1, ALL) == [3]
    assert await stores.friends.followers(3, ALL) == [1]
    assert sorted(await stores.friends.with_followers([3, 1, 999, -5])) == [1, 3]
    assert await stores.friends.followers(2, 0) == []
    assert await stores.friends.count(1) == 3


async def test_a_block_ends_following_and_prevents_it_in_both_directions(stores: Stores) -> None:
    await stores.players(1, 2, 3)
    await stores.friends.replace(1, [2, 3], 5)
    await stores.friends.replace(2, [1], 5)
    await stores.friends.block(2, 1, 6)
    await stores.friends.block(2, 1, 7)
    assert (await ids(stores, 1), await ids(stores, 2)) == ([3], [])
    assert await stores.friends.followers(2, ALL) == []
    assert await stores.friends.blocked(2) == [Blocked(1, 6)]
    assert await stores.friends.blocked(1) == []
    assert await stores.friends.add(1, [2], 8) == FriendChange(1, blocked=(2,))
    assert await stores.friends.replace(2, [1, 3], 8) == FriendChange(1, added=1, blocked=(1,))
    await stores.friends.unblock(2, 1)
    await stores.friends.unblock(2, 1)
    assert await stores.friends.add(1, [2], 9) == FriendChange(2, added=1)


async def test_unknown_players_have_no_list(stores: Stores) -> None:
    await stores.players(1)
    for change in (
        stores.friends.replace(99, [1], 5),
        stores.friends.add(99, [1], 5),
        stores.friends.remove(99, 1),
        stores.friends.block(99, 1, 5),
        stores.friends.block(1, 99, 5),
        stores.friends.unblock(99, 1),
    ):
        with pytest.raises(PlayerNotFound):
            await change
    assert await stores.friends.followed(99, ALL) == []


async def test_a_list_has_at_most_5000_players(database: Database) -> None:
    stores = database
    await stores.users.create([Player(i, None, None, 0) for i in range(MAX_FRIENDS + 2)])
    everybody = list(range(1, MAX_FRIENDS + 1))
    assert await stores.friends.replace(0, everybody, 5) == FriendChange(MAX_FRIENDS, added=MAX_FRIENDS)
    with pytest.raises(TooManyFriends, match="at most 5000"):
        await stores.friends.add(0, [MAX_FRIENDS + 1], 6)
    assert await stores.friends.replace(0, [MAX_FRIENDS + 1, 7], 7) == FriendChange(2, 1, MAX_FRIENDS - 1)
    assert await ids(stores, 0) == [7, MAX_FRIENDS + 1]
    assert await stores.friends.followers(8, ALL) == []
    assert await stores.friends.followers(7, ALL) == [0]


async def test_an_erasure_deletes_both_directions(stores: Stores) -> None:
    await stores.players(1, 2, 3)
    await stores.friends.replace(1, [2, 3], 5)
    await stores.friends.replace(2, [1], 5)
    await stores.friends.block(3, 2, 6)
    await erase(stores, 2)
    assert await ids(stores, 1) == [3]
    assert await stores.friends.blocked(3) == []
    assert await stores.friends.followers(1, ALL) == []
    # A new player with the same id starts without relations.
    await stores.players(2)
    assert (await ids(stores, 2), await stores.friends.followers(2, ALL)) == ([], [])
    assert await stores.friends.add(2, [3], 7) == FriendChange(1, added=1)


async def links(database: Database) -> set[tuple[int, str, int]]:
    rows = await database.run("select user_id, kind, other_id from player_links")
    return {(row["user_id"], row["kind"], row["other_id"]) for row in rows}


OPPOSITES = {"follows": "followed_by", "followed_by": "follows", "blocks": "blocked_by", "blocked_by": "blocks"}


async def test_concurrent_changes_and_erasures_leave_both_sides_equal(database: Database) -> None:
    players, random = range(1, 13), Random(7)
    await database.players(*players)
    erased = (3, 8)

    def change() -> Any:
        user_id, other = random.sample(players, 2)
        several = random.sample(players, 6)
        return random.choice(
            [
                lambda: database.friends.replace(user_id, several, 5),
                lambda: database.friends.add(user_id, several, 5),
                lambda: database.friends.remove(user_id, other),
                lambda: database.friends.block(user_id, other, 5),
                lambda: database.friends.unblock(user_id, other),
            ]
        )()

    work = [change() for _ in range(60)] + [erase(database, user_id) for user_id in erased]
    random.shuffle(work)
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    failures = [o for o in outcomes if isinstance(o, BaseException) and not isinstance(o, PlayerNotFound)]
    assert not [o for o in failures if not isinstance(o, LeaderForgeError)], failures
    assert len(failures) <= len(work) // 10, failures  # few calls fail, because the store retries
    stored = await links(database)
    assert stored
    assert {(other, OPPOSITES[kind], user_id) for user_id, kind, other in stored} == stored
    assert not [link for link in stored if link[0] in erased or link[2] in erased]
    assert not [link for link in stored if link[1] == "follows" and (link[0], "blocks", link[2]) in stored]
    assert not [link for link in stored if link[1] == "follows" and (link[0], "blocked_by", link[2]) in stored]
