"""The one way into the index for everything that was committed: standings, names, erasures."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

from leaderforge.domain.errors import IndexUnavailable, StoreUnavailable, Unavailable
from leaderforge.domain.players import Player
from leaderforge.domain.standings import LadderStanding
from leaderforge.ports.index import Applied, LadderUpdate, NameSwap, RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.changes import Changes
from leaderforge.services.declaring import Declaration
from leaderforge.services.mending import load_standings, mend_players
from leaderforge.services.names import NameSync
from leaderforge.services.pending import PendingUpdates


class Delivery:
    """Brings the index, and the caches over it, up to what the store has committed.

    What the index cannot take is kept as pending, and every call returns only once no process believes the index
    without it: callers may acknowledge what they committed. Where that cannot be declared, `StoreUnavailable` is
    raised, and the caller must not acknowledge; all that is delivered here is safe to send again.
    """

    def __init__(
        self,
        index: RankIndex,
        store: ScoreStore,
        names: NameSync,
        declaration: Declaration,
        changes: Changes,
        telemetry: Telemetry,
    ) -> None:
        self._index = index
        self._store = store
        self._names = names
        self._declaration = declaration
        self._changes = changes
        self._telemetry = telemetry
        self._pending = PendingUpdates()
        self._delivering = False

    @property
    def has_pending(self) -> bool:
        """Return whether the index lacks anything that this process committed."""
        return bool(self._pending)

    async def apply(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied | None]]:
        """Bring the index up to these standings, but for ladders that it does not hold any more.

        Return what the index did with each standing, None where the update is pending.
        """
        indexed = [update for update in updates if update.ladder.indexed]
        for update in updates:
            if not update.ladder.indexed:
                self._changes.ladder(update.ladder)
        try:
            with self._telemetry.timed("index_apply_seconds"):
                applied = await self._index.apply_all(indexed)
            await self._reinstate(indexed, applied)
        except IndexUnavailable:
            await self._defer(indexed)
            return [[None] * len(update.standings) for update in updates]
        for update, results in zip(indexed, applied, strict=True):
            self._changes.applied(update.ladder, results)
        remaining = iter(applied)
        return [next(remaining) if u.ladder.indexed else [None] * len(u.standings) for u in updates]

    async def load(self, updates: Sequence[LadderUpdate]) -> bool:
        """Bring the index up to many standings without holding up others. Return False if they are pending."""
        indexed = [update for update in updates if update.ladder.indexed]
        try:
            await asyncio.gather(*(load_standings(self._index, self._store, u.ladder, u.standings) for u in indexed))
        except IndexUnavailable:
            await self._defer(indexed)
            return False
        for update in indexed:
            self._changes.ladder(update.ladder)
        return True

    async def moderated(self, changed: Sequence[LadderStanding]) -> None:
        """Apply standings that changed otherwise than by an event, and so, perhaps, how many entries are listed."""
        await self.apply([LadderUpdate(ladder, [standing]) for ladder, standing in changed])
        for ladder, _ in changed:
            self._changes.ladder(ladder)

    async def created(self, users: Collection[Player]) -> None:
        """Add the names of new players."""
        swaps = {user.user_id: NameSwap(None, user.username) for user in users}
        try:
            named = await self._index.swap_names(swaps)
        except IndexUnavailable:
            named = list(swaps)
        if named:
            await self._refresh_names(named)

    async def renamed(self, user_id: int) -> None:
        """Bring a player's name up to date."""
        await self._refresh_names([user_id])
        self._changes.everything()

    async def erased(self, user_id: int, removed: Sequence[LadderStanding]) -> None:
        """Remove a player, and leave behind the removed standings, which keep late updates away."""
        await self.moderated(removed)
        await self._refresh_names([user_id])
        self._changes.everything()

    async def deliver_pending(self) -> None:
        """Deliver everything that is pending, and withdraw the declaration of it. Raises `Unavailable`."""
        if self._delivering:
            raise IndexUnavailable("the rank index is being brought up to date")
        self._delivering = True
        try:
            await self._deliver_pending()
        finally:
            self._delivering = False

    async def settle(self) -> None:
        """Deliver what is pending if that can be done now; otherwise keep its declaration from expiring."""
        try:
            await self.deliver_pending()
        except Unavailable:
            if self._pending:
                await self._declaration.declare()

    async def _deliver_pending(self) -> None:
        if self._pending:
            ladders, renamed = await self._pending.deliver(self._index, self._store, self._names)
            for ladder in ladders:
                self._changes.ladder(ladder)
            if renamed:
                self._changes.everything()
        with suppress(StoreUnavailable):  # it is withdrawn the next time, or expires
            await self._declaration.withdraw(lambda: bool(self._pending))

    async def _reinstate(self, updates: Sequence[LadderUpdate], applied: Sequence[Sequence[Applied]]) -> None:
        """Bring in standings that were refused for what the erasure of an earlier player of this id left behind."""
        for update, results in zip(updates, applied, strict=True):
            refused = [s.user_id for s, result in zip(update.standings, results, strict=True) if result.refused]
            if refused:
                await mend_players(self._index, self._store, update.ladder, refused)

    async def _refresh_names(self, user_ids: Collection[int]) -> None:
        try:
            await self._names.refresh(user_ids)
        except Unavailable:
            self._pending.add_names(user_ids)
            await self._declaration.declare()

    async def _defer(self, updates: Sequence[LadderUpdate]) -> None:
        """Keep what the index could not take."""
        self._telemetry.count("index_updates_deferred", sum(len(update.standings) for update in updates))
        self._pending.add(updates)
        for update in updates:
            self._changes.ladder(update.ladder)
        await self._declaration.declare()
