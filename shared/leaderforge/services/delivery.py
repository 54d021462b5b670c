"""Delivery of all committed changes to the index: standings, names, erasures. No other module changes the index."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable, StoreUnavailable, Unavailable
from leaderforge.domain.players import Player
from leaderforge.domain.standings import LadderStanding
from leaderforge.ports.index import Applied, LadderUpdate, RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.changes import Changes
from leaderforge.services.declaring import Declaration
from leaderforge.services.mending import load_standings, mend_players, mend_touched
from leaderforge.services.names import NameSync
from leaderforge.services.pending import PendingUpdates

OnChanged = Callable[[Ladder, Iterable[int]], None]


class Delivery:
    """Delivery of committed changes to the index, and invalidation of the caches of its answers.

    A change becomes pending if the index cannot accept it. Each call returns once no process answers from an index that
    lacks the change. The caller may then acknowledge the change.

    A call raises `StoreUnavailable` if the pending change cannot be declared. The caller must then not acknowledge the
    change. Every call is safe to retry.
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
        self.on_changed: OnChanged = lambda ladder, user_ids: None
        """Callback for the changed players of each ladder, before the delivery."""

    @property
    def has_pending(self) -> bool:
        """Return whether the index lacks a change that this process has committed."""
        return bool(self._pending)

    async def apply(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied | None]]:
        """Apply standings to the index. Skip ladders that the index no longer contains.

        Return the result of each standing, None if the update is pending or its ladder is not in the index.
        """
        self._note(updates)
        indexed = [update for update in updates if update.ladder.indexed]
        for update in updates:
            # The store answers reads of these ladders, but their tops are cached too, and must be invalidated.
            if not update.ladder.indexed:
                self._changes.discard_ladder(update.ladder)
        try:
            with self._telemetry.timed("index_apply_seconds"):
                applied = await self._index.apply_all(indexed)
            await self._reinstate(indexed, applied)
        except IndexUnavailable:
            await self._defer(indexed)
            return [[None] * len(update.standings) for update in updates]
        for update, results in zip(indexed, applied, strict=True):
            self._changes.note_applied(update.ladder, results)
        remaining = iter(applied)
        return [next(remaining) if u.ladder.indexed else [None] * len(u.standings) for u in updates]

    async def load(self, updates: Sequence[LadderUpdate]) -> bool:
        """Apply many standings without blocking other callers for long. Return False if the updates are pending."""
        self._note(updates)
        indexed = [update for update in updates if update.ladder.indexed]
        try:
            await asyncio.gather(*(load_standings(self._index, self._store, u.ladder, u.standings) for u in indexed))
        except IndexUnavailable:
            await self._defer(indexed)
            return False
        for update in indexed:
            self._changes.discard_ladder(update.ladder)
        return True

    async def moderated(self, changed: Sequence[LadderStanding]) -> None:
        """Apply standings that changed without an event. Invalidate the tops of their ladders, as totals may differ."""
        await self.apply([LadderUpdate(ladder, [standing]) for ladder, standing in changed])
        for ladder, _ in changed:
            self._changes.discard_ladder(ladder)

    async def repeated(self, user_id: int) -> None:
        """Apply a player's present standings again, for a retried change that was already committed.

        The process of the first attempt may have ended before the index had the change.
        """
        standings = await self._store.standings_of([user_id])
        await self.moderated([(ladder, standing) for ladder, rows in standings for standing in rows])

    async def created(self, users: Collection[Player]) -> None:
        """Add the labels of new players to the index, if the index stores the names of all players."""
        try:
            unresolved = await self._names.add(users)
        except IndexUnavailable:
            unresolved = [user.user_id for user in users]
        if unresolved:
            await self._refresh_names(unresolved)

    async def relabelled(self, user_id: int, released: str | None = None) -> None:
        """Replace a player's label in the index by the store's label. `released` is the released id, if any."""
        if released is not None:
            self._changes.note_players([released])
        await self._refresh_names([user_id])
        self._changes.discard_all()

    async def erased(self, user_id: int, removed: Sequence[LadderStanding], external_id: str | None = None) -> None:
        """Remove an erased player from the index.

        The `removed` standings stay, and make the index ignore late updates.
        """
        self._changes.note_players([user_id] if external_id is None else [user_id, external_id])
        await self.moderated(removed)
        await self._refresh_names([user_id])
        self._changes.discard_all()

    async def erased_before(self, user_id: int) -> None:
        """Remove a player from the index when an erasure is retried, and the store no longer has the player.

        The first attempt may have committed without an answer, and then did not update the index. Raises `Unavailable`.
        """
        for ladder in await mend_touched(self._index, self._store, [user_id]):
            self._changes.discard_ladder(ladder)
        await self._refresh_names([user_id])
        self._changes.discard_all()

    async def deliver_pending(self) -> None:
        """Deliver all pending updates and withdraw the declaration.

        Raises `Unavailable`, also while another call delivers the updates.
        """
        if self._delivering:
            raise IndexUnavailable("the rank index is being brought up to date")
        self._delivering = True
        try:
            await self._deliver_pending()
        finally:
            self._delivering = False

    async def settle(self) -> None:
        """Deliver pending updates if possible, otherwise renew their declaration. Raises `StoreUnavailable`."""
        try:
            await self.deliver_pending()
        except Unavailable:
            if self._pending:
                await self._declaration.declare()

    def _note(self, updates: Sequence[LadderUpdate]) -> None:
        for update in updates:
            self.on_changed(update.ladder, (standing.user_id for standing in update.standings))

    async def _deliver_pending(self) -> None:
        if self._pending:
            ladders, renamed = await self._pending.deliver(self._index, self._store, self._names)
            for ladder in ladders:
                self._changes.discard_ladder(ladder)
            if renamed:
                self._changes.discard_all()
        with suppress(StoreUnavailable):  # harmless: a later call withdraws the declaration, or the declaration expires
            await self._declaration.withdraw(lambda: bool(self._pending))

    async def _reinstate(self, updates: Sequence[LadderUpdate], applied: Sequence[Sequence[Applied]]) -> None:
        """Apply standings that the index refused because of removed standings of an erased player with the same id."""
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
        """Add updates that the index could not accept to the pending updates, and declare them."""
        self._telemetry.count("index_updates_deferred", sum(len(update.standings) for update in updates))
        self._pending.add(updates)
        for update in updates:
            self._changes.discard_ladder(update.ladder)
        await self._declaration.declare()
