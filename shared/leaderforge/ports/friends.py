"""Friends and blocks of players."""

from collections.abc import Collection, Sequence
from typing import Protocol

from leaderforge.domain.friends import Blocked, Followed, FriendChange


class FriendStore(Protocol):
    """Players whom each player follows or has blocked.

    Changes are idempotent. Each change is one transaction, and changes the links of both players. While there is a
    block between two players, neither follows the other. The erasure of a player deletes all relations with the player,
    in both directions.
    """

    async def replace(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        """Let a player follow exactly these players, from `at` (ms). Raises `PlayerNotFound` or `TooManyFriends`."""
        ...

    async def add(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        """Let a player follow these further players, from `at` (ms). Raises `PlayerNotFound` or `TooManyFriends`."""
        ...

    async def remove(self, user_id: int, friend_id: int) -> FriendChange:
        """Let a player no longer follow another. Raises `PlayerNotFound` if the player `user_id` does not exist."""
        ...

    async def followed(self, user_id: int, limit: int, after: int | None = None) -> Sequence[Followed]:
        """Return up to `limit` players whom a player follows, with ids above `after`, in order of id."""
        ...

    async def followers(self, user_id: int, limit: int) -> Sequence[int]:
        """Return up to `limit` players who follow a player, in order of id."""
        ...

    async def with_followers(self, user_ids: Collection[int]) -> Collection[int]:
        """Return the players in `user_ids` whom at least one player follows."""
        ...

    async def count(self, user_id: int) -> int:
        """Return the number of players whom a player follows."""
        ...

    async def block(self, user_id: int, other_id: int, at: int) -> None:
        """Let a player block another from `at` (ms). Afterwards, neither follows the other.

        Raises `PlayerNotFound` or `TooManyFriends`.
        """
        ...

    async def unblock(self, user_id: int, other_id: int) -> None:
        """Let a player no longer block another. Raises `PlayerNotFound` if the player `user_id` does not exist."""
        ...

    async def blocked(self, user_id: int) -> Sequence[Blocked]:
        """Return the players whom a player has blocked, in order of id."""
        ...
