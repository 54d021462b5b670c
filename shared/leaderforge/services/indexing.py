"""Bringing the index, and the caches over it, up to what the store has committed."""

from collections.abc import Sequence

from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports import Applied, LadderUpdate, Placed, RankIndex, Telemetry
from leaderforge.services.changes import Changes


class Indexer:
    """Applies standings at once where it can; what it cannot, the index catches up with later."""

    def __init__(self, index: RankIndex, changes: Changes, telemetry: Telemetry) -> None:
        self._index = index
        self._changes = changes
        self._telemetry = telemetry

    async def apply(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied | None]]:
        """Bring the index up to these, but for ladders that it no longer holds; None where that has to wait."""
        indexed = [one for one in updates if one.ladder.indexed]
        for one in updates:
            if not one.ladder.indexed:
                self._changes.ladder(one.ladder)
        try:
            with self._telemetry.timed("index_apply_seconds"):
                applied = await self._index.apply_all(indexed)
        except IndexUnavailable:
            self._telemetry.count("index_updates_deferred", sum(len(one.standings) for one in indexed))
            for one in indexed:
                self._changes.missed(one.ladder)
            return [[None] * len(one.standings) for one in updates]
        for one, done in zip(indexed, applied, strict=True):
            self._changes.applied(one.ladder, done)
        results = iter(applied)
        return [next(results) if one.ladder.indexed else [None] * len(one.standings) for one in updates]

    async def moderated(self, changed: Sequence[Placed]) -> None:
        """Apply standings that changed otherwise than by an event, and so, perhaps, how many entries are listed."""
        await self.apply([LadderUpdate(ladder, [standing]) for ladder, standing in changed])
        for ladder, _ in changed:
            self._changes.ladder(ladder)
