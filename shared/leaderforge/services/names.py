"""Bringing the names in the index up to the store's."""

from collections.abc import Collection

from leaderforge.ports.index import NameIndex, NameSwap
from leaderforge.ports.players import PlayerStore

_ROUNDS = 16


class NameSync:
    """Replaces names in the index by those of the store, so that concurrent renames end with the latest name.

    A name is replaced only where the index still has the one that was observed before the store was read. Whoever
    replaced one looks again: the index ends with the name that the store has, whatever the order of the replies.
    """

    def __init__(self, index: NameIndex, users: PlayerStore) -> None:
        self._index = index
        self._users = users

    async def refresh(self, user_ids: Collection[int]) -> None:
        """Bring these players' names up to date; remove those of players who do not exist. Raises `Unavailable`."""
        for _ in range(_ROUNDS):
            if not user_ids:
                return
            observed = await self._index.names(user_ids)
            users = await self._users.get(user_ids)
            names = {user_id: user.username for user_id, user in users.items()}
            swaps = {i: NameSwap(observed.get(i), names.get(i)) for i in user_ids if observed.get(i) != names.get(i)}
            if swaps:
                await self._index.swap_names(swaps)
            user_ids = list(swaps)
