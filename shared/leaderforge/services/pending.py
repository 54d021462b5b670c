"""Committed changes that the index lacks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import LadderUpdate, RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.mending import load_standings
from leaderforge.services.names import NameSync


class PendingUpdates:
    """Pending index updates: updates that the index missed. They are kept until the index accepts them.

    At most `limit` standings are kept. Above the limit, every partition is marked incomplete instead, and
    reconciliation rebuilds the partitions.
    """

    def __init__(self, *, limit: int = 100_000) -> None:
        self._limit = limit
        self._standings: defaultdict[Ladder, dict[int, Standing]] = defaultdict(dict)
        self._names: set[int] = set()
        self._overflowed = False

    def __bool__(self) -> bool:
        """Return whether the index lacks any update."""
        return bool(self._standings or self._names or self._overflowed)

    def add(self, updates: Iterable[LadderUpdate]) -> None:
        """Add standings that the index missed. An older revision does not replace a newer revision."""
        for update in updates:
            missed = self._standings[update.ladder]
            for standing in update.standings:
                previous = missed.get(standing.user_id)
                if previous is None or previous.revision < standing.revision:
                    missed[standing.user_id] = standing
        if sum(map(len, self._standings.values())) > self._limit:
            self._standings.clear()
            self._overflowed = True

    def add_names(self, user_ids: Iterable[int]) -> None:
        """Add players whose names in the index may differ from the store."""
        self._names.update(user_ids)

    async def deliver(self, index: RankIndex, store: ScoreStore, names: NameSync) -> tuple[Collection[Ladder], bool]:
        """Deliver all pending updates. Return their ladders, and whether names were among them.

        Updates that are added meanwhile are delivered too. Raises `Unavailable`; undelivered updates stay pending.
        """
        ladders: set[Ladder] = set()
        renamed = bool(self._names)
        while self:
            if self._overflowed:
                await index.begin_rebuild([], range(index.partitions))
                self._overflowed = False
            for ladder in list(self._standings):
                await self._deliver_standings(index, store, ladder)
                ladders.add(ladder)
            await self._deliver_names(names)
        return ladders, renamed

    async def _deliver_standings(self, index: RankIndex, store: ScoreStore, ladder: Ladder) -> None:
        missed = self._standings[ladder]
        delivered: Sequence[Standing] = list(missed.values())
        await load_standings(index, store, ladder, delivered)
        for standing in delivered:
            if missed.get(standing.user_id) is standing:  # only if no newer revision was added meanwhile
                del missed[standing.user_id]
        if not missed and self._standings.get(ladder) is missed:
            del self._standings[ladder]

    async def _deliver_names(self, names: NameSync) -> None:
        user_ids, self._names = self._names, set()
        try:
            await names.refresh(user_ids)
        except BaseException:
            self._names |= user_ids
            raise
