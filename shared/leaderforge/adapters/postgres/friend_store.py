"""Friends and blocks in PostgreSQL."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from leaderforge.adapters.postgres.errors import FOREIGN_KEY_VIOLATION, Rejected
from leaderforge.adapters.postgres.links import add_links, delete_links, lock_users
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.errors import Overloaded
from leaderforge.domain.friend_errors import MAX_FRIENDS, TooManyFriends
from leaderforge.domain.friends import Blocked, Followed, FriendChange, Link, LinkKind, planned
from leaderforge.domain.players import BEFORE_ALL

T = TypeVar("T")

_ATTEMPTS = 8
"""Maximum attempts of a change. A change is repeated if one of the other players is erased meanwhile."""


class PostgresFriendStore:
    """`FriendStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def replace(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        return await self._change(user_id, friend_ids, at, replaces=True)

    async def add(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        return await self._change(user_id, friend_ids, at, replaces=False)

    async def remove(self, user_id: int, friend_id: int) -> FriendChange:
        async def work(connection: Connection) -> FriendChange:
            await lock_users(connection, user_id)
            followed = await _linked_players(connection, user_id, LinkKind.FOLLOWS)
            if friend_id not in followed:
                return FriendChange(len(followed))
            await delete_links(connection, [Link(user_id, LinkKind.FOLLOWS, friend_id)])
            return FriendChange(len(followed) - 1, removed=1)

        return await self._transact(work)

    async def followed(self, user_id: int, limit: int, after: int | None = None) -> Sequence[Followed]:
        rows = await self._pool.fetch(statement("followed"), user_id, BEFORE_ALL if after is None else after, limit)
        return [Followed(row["other_id"], row["since"], row["is_mutual"]) for row in rows]

    async def followers(self, user_id: int, limit: int) -> Sequence[int]:
        values = user_id, LinkKind.FOLLOWED_BY, BEFORE_ALL, limit
        return [row["other_id"] for row in await self._pool.fetch(statement("links_of"), *values)]

    async def with_followers(self, user_ids: Collection[int]) -> Collection[int]:
        return [row["user_id"] for row in await self._pool.fetch(statement("with_followers"), joined(user_ids))]

    async def count(self, user_id: int) -> int:
        [row] = await self._pool.fetch(statement("count_links"), user_id, LinkKind.FOLLOWS)
        return int(row["links"])

    async def block(self, user_id: int, other_id: int, at: int) -> None:
        async def work(connection: Connection) -> None:
            # Lock the two players, because a concurrent change of one of their lists must see the block.
            await lock_users(connection, user_id, other_id)
            blocked = await _linked_players(connection, user_id, LinkKind.BLOCKS)
            if other_id not in blocked and len(blocked) >= MAX_FRIENDS:
                raise TooManyFriends.of(user_id, "block")
            for follower, other in (user_id, other_id), (other_id, user_id):
                await delete_links(connection, [Link(follower, LinkKind.FOLLOWS, other)])
            await add_links(connection, [Link(user_id, LinkKind.BLOCKS, other_id)], at)

        await self._transact(work)

    async def unblock(self, user_id: int, other_id: int) -> None:
        async def work(connection: Connection) -> None:
            await lock_users(connection, user_id)
            if other_id in await _linked_players(connection, user_id, LinkKind.BLOCKS):
                await delete_links(connection, [Link(user_id, LinkKind.BLOCKS, other_id)])

        await self._transact(work)

    async def blocked(self, user_id: int) -> Sequence[Blocked]:
        values = user_id, LinkKind.BLOCKS, BEFORE_ALL, MAX_FRIENDS
        return [
            Blocked(row["other_id"], row["since"]) for row in await self._pool.fetch(statement("links_of"), *values)
        ]

    async def _change(self, user_id: int, friend_ids: Sequence[int], at: int, *, replaces: bool) -> FriendChange:
        async def work(connection: Connection) -> FriendChange:
            await lock_users(connection, user_id)
            followed = await _linked_players(connection, user_id, LinkKind.FOLLOWS)
            new = joined([other for other in friend_ids if other not in followed])
            users = await connection.fetch(statement("known_users"), new) if new else []
            existing = {row["user_id"] for row in users}
            blocks = await connection.fetch(statement("blocks_between"), user_id, new) if new else []
            blocked = {row["other_id"] for row in blocks}
            plan = planned(user_id, friend_ids, followed, existing, blocked, replaces=replaces)
            await delete_links(connection, _follows(user_id, plan.removed))
            await add_links(connection, _follows(user_id, plan.added), at)
            total = len(followed) + len(plan.added) - len(plan.removed)
            return FriendChange(total, len(plan.added), len(plan.removed), plan.missing, plan.blocked)

        return await self._transact(work)

    async def _transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a change of a player's links. Repeat the change if one of the other players is erased meanwhile."""
        for _ in range(_ATTEMPTS):
            try:
                return await self._pool.transact(work)
            except Rejected as error:
                if error.sqlstate != FOREIGN_KEY_VIOLATION:
                    raise
        raise Overloaded("players of the list were erased again and again meanwhile; retry later")


def _follows(user_id: int, friend_ids: Sequence[int]) -> list[Link]:
    return [Link(user_id, LinkKind.FOLLOWS, friend_id) for friend_id in friend_ids]


async def _linked_players(connection: Connection, user_id: int, kind: LinkKind) -> set[int]:
    """Return the targets of a player's links of this kind, which are at most `MAX_FRIENDS`."""
    rows = await connection.fetch(statement("links_of"), user_id, kind, BEFORE_ALL, MAX_FRIENDS)
    return {row["other_id"] for row in rows}
