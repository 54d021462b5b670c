"""All that there is about a player: told to those who may know, and erased."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.players import Player
from leaderforge.domain.standings import LadderStanding
from leaderforge.ports.access import AuditLog
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerRecords, PlayerStore
from leaderforge.services.delivery import Delivery

_ACTS_A_READ = 1000


@dataclass(frozen=True, slots=True)
class PlayerExport:
    """What there is about a player but for its events: the standings, and the acts in the audit log, newest first."""

    user: Player
    standings: Sequence[LadderStanding]
    acts: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that was done, by the id that the audit log knows it by."""

    id: UUID
    erased: Erased


class RecordService:
    """Reads and erases what there is about players."""

    def __init__(
        self,
        records: PlayerRecords,
        users: PlayerStore,
        audit: AuditLog,
        delivery: Delivery,
        clock: Clock,
    ) -> None:
        self._records = records
        self._users = users
        self._audit = audit
        self._delivery = delivery
        self._clock = clock

    async def read(self, user_id: int) -> PlayerExport:
        """Return what there is about a player, but for its events. Raises `PlayerNotFound`."""
        before = await self._user(user_id)
        standings, acts = await self._records.standings(user_id), await self._acts(user_id)
        user = await self._user(user_id)
        if user.created_at != before.created_at:
            # The id has another owner now, who must not be given what was read about the one who was erased.
            return await self.read(user_id)
        return PlayerExport(user, standings, acts)

    def events(self, user_id: int) -> AsyncIterator[Sequence[Kept]]:
        """Yield all the player's events, in chunks, those of one board together."""
        return self._records.events(user_id)

    async def erase(self, user_id: int, actor: str, reference: str | None = None) -> Erasure:
        """Erase a player and everything about it. The audit log keeps who did it, when, how much, and the reference.

        Raises `PlayerNotFound`.
        """
        erasure_id = uuid4()
        details = {"erasure_id": str(erasure_id)} | ({} if reference is None else {"reference": reference})
        erased = await self._records.erase(user_id, AuditEntry(self._clock(), actor, "player.erase", details=details))
        await self._delivery.erased(user_id, erased.removed)
        return Erasure(erasure_id, erased)

    async def _user(self, user_id: int) -> Player:
        found = await self._users.get([user_id])
        if user_id not in found:
            raise PlayerNotFound.of(user_id)
        return found[user_id]

    async def _acts(self, user_id: int) -> Sequence[AuditEntry]:
        acts: list[Audited] = []
        more = True
        while more:
            before = acts[-1].place if acts else None
            found = await self._audit.entries(AuditFilter(user_id=user_id), _ACTS_A_READ, before)
            acts += found
            more = len(found) == _ACTS_A_READ
        return [one.entry for one in acts]
