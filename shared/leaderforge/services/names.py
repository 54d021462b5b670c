"""Synchronisation of the names in the index with the store."""

from collections.abc import Collection

from leaderforge.domain.players import Player
from leaderforge.ports.index import NameIndex, NameSwap
from leaderforge.ports.players import PlayerStore

_ROUNDS = 16
"""Maximum checks of the same names. Each check replaces the names that differ. Replaced names are checked again."""


class NameSync:
    """Replacement of names in the index by the store's names.

    The index is read first, then the store. A name is replaced only if the index still has the name that was read. The
    check is repeated after each replacement. The index therefore has the latest name, even after concurrent renames.

    With `stores_all`, the index has the names of all players. Otherwise it has only the names that reads have added,
    and the names of players who were renamed.
    """

    def __init__(self, index: NameIndex, users: PlayerStore, *, stores_all: bool = True) -> None:
        self._index = index
        self._users = users
        self.stores_all = stores_all

    async def add(self, users: Collection[Player]) -> Collection[int]:
        """Add labels of new players, if the index stores all names. Return the players with another name in the index.

        Such a name belongs to an erased player with the same id. Raises `IndexUnavailable`.
        """
        return await self._index.swap_names(
            {user.user_id: NameSwap(None, user.label if self.stores_all else None) for user in users}
        )

    async def repair(self, user_ids: Collection[int]) -> None:
        """Refresh names that may differ from the store. Add missing names only if the index stores all names.

        Raises `Unavailable`.
        """
        await self.refresh(user_ids if self.stores_all else await self._index.names(user_ids))

    async def refresh(self, user_ids: Collection[int]) -> int:
        """Replace the names of players by the store's, and remove names without a player.

        Return the number of replacements. Raises `Unavailable`.
        """
        replaced = 0
        for _ in range(_ROUNDS):
            if not user_ids:
                break
            observed = await self._index.names(user_ids)
            users = await self._users.get(user_ids)
            names = {user_id: user.label for user_id, user in users.items()}
            swaps = {i: NameSwap(observed.get(i), names.get(i)) for i in user_ids if observed.get(i) != names.get(i)}
            if swaps:
                replaced += len(swaps) - len(await self._index.swap_names(swaps))
            user_ids = list(swaps)
        return replaced
