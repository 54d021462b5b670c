"""Names of players in the in-memory index."""

from collections.abc import Collection, Mapping

from leaderforge.ports.index import NameSwap


class MemoryNames:
    """`NameIndex` in a dict. Base class of `MemoryIndex`."""

    _names: dict[int, str]

    async def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        return {user_id: self._names[user_id] for user_id in user_ids if user_id in self._names}

    async def swap_names(self, swaps: Mapping[int, NameSwap]) -> Collection[int]:
        changed = []
        for user_id, swap in swaps.items():
            if self._names.get(user_id) != swap.observed:
                changed.append(user_id)
            elif swap.name is None:
                self._names.pop(user_id, None)
            else:
                self._names[user_id] = swap.name
        return changed

    async def add_names(self, names: Mapping[int, str]) -> Collection[int]:
        self._names = {**names, **self._names}
        return [user_id for user_id, name in names.items() if self._names[user_id] != name]

    async def differing_names(self, names: Mapping[int, str], *, missing: bool) -> Collection[int]:
        return [i for i, name in names.items() if self._names.get(i, None if missing else name) != name]
