"""Updates that the index could not take when they were new."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.standings import Standing
from leaderforge.ports import RankIndex


class Owed:
    """Keeps the updates that an index missed until it can take them: it must not answer reads without them.

    It keeps `most` of them. Should the index miss more, it is to be rebuilt.
    """

    def __init__(self, *, most: int = 100_000) -> None:
        self._most = most
        self._missed: defaultdict[Ladder, dict[int, Standing]] = defaultdict(dict)
        self._too_many = False
        self._paying = False

    def add(self, ladder: Ladder, standings: Sequence[Standing]) -> None:
        """Take note that the index missed these."""
        missed = self._missed[ladder]
        for standing in standings:
            held = missed.get(standing.user_id)
            if held is None or held.revision < standing.revision:
                missed[standing.user_id] = standing
        if sum(map(len, self._missed.values())) > self._most:
            self._missed.clear()
            self._too_many = True

    def drop(self, user_ids: Collection[int]) -> None:
        """Owe nothing of these players any more."""
        for missed in self._missed.values():
            for user_id in user_ids:
                missed.pop(user_id, None)

    async def pay(self, index: RankIndex) -> None:
        """Return once the index is owed nothing. Raises `IndexUnavailable` while it is, or another caller is at it."""
        if not self._missed and not self._too_many:
            return
        if self._paying:
            raise IndexUnavailable("the rank index is being brought up to date")
        self._paying = True
        try:
            await self._pay(index)
        finally:
            self._paying = False

    async def _pay(self, index: RankIndex) -> None:
        while self._missed or self._too_many:
            if self._too_many:
                await self._have_rebuilt(index)
            for ladder, missed in list(self._missed.items()):
                taken = dict(missed)
                await index.load(ladder, list(taken.values()))
                for user_id, standing in taken.items():
                    if missed.get(user_id) is standing:  # and no newer one
                        del missed[user_id]
                if not missed and self._missed.get(ladder) is missed:
                    del self._missed[ladder]

    async def _have_rebuilt(self, index: RankIndex) -> None:
        """Leave every partition incomplete, which the next reconciliation mends."""
        self._too_many = False
        try:
            await index.begin_rebuild([], range(index.partitions))
        except IndexUnavailable:
            self._too_many = True
            raise
