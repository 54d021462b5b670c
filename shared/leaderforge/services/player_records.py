"""Export and erasure of everything stored about a player."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.friend_errors import MAX_FRIENDS
from leaderforge.domain.friends import Blocked, Followed
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.players import Player
from leaderforge.domain.presence import required
from leaderforge.domain.sessions import SignInRecord
from leaderforge.domain.standings import LadderStanding
from leaderforge.ports.access import AuditLog
from leaderforge.ports.clock import Clock
from leaderforge.ports.friends import FriendStore
from leaderforge.ports.players import PlayerRecords, PlayerStore
from leaderforge.ports.sessions import SessionStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.participation import Participation, ParticipationReader

_ACTS_A_READ = 1000
"""Maximum audit entries per read."""


@dataclass(frozen=True, slots=True)
class PlayerExport:
    """Everything stored about a player except the events and the audit entries.

    `followed` and `blocked` are the players whom the player follows or has blocked. `participation` has the data that
    leagues, tournaments, challenges and rewards have stored.
    """

    user: Player
    standings: Sequence[LadderStanding]
    sign_ins: SignInRecord
    followed: Sequence[Followed]
    blocked: Sequence[Blocked]
    participation: Participation


@dataclass(frozen=True, slots=True)
class Erasure:
    """Completed erasure. `id` identifies the erasure in the audit log."""

    id: UUID
    erased: Erased


class RecordService:
    """Export and erasure of players.

    For `erased_ms` after an erasure, first sight does not create the player again. `erased_ms` is None if first sight
    creates no players at all.
    """

    def __init__(
        self,
        records: PlayerRecords,
        users: PlayerStore,
        audit: AuditLog,
        sessions: SessionStore,
        friends: FriendStore,
        participation: ParticipationReader,
        delivery: Delivery,
        clock: Clock,
        erased_ms: int | None = None,
    ) -> None:
        self._records = records
        self._erased_ms = erased_ms
        self._users = users
        self._audit = audit
        self._sessions = sessions
        self._friends = friends
        self._participation = participation
        self._delivery = delivery
        self._clock = clock

    async def read(self, user_id: int) -> PlayerExport:
        """Return everything stored about a player except the events and the audit entries. Raises `PlayerNotFound`."""
        before = await self._user(user_id)
        standings = await self._records.standings(user_id)
        sign_ins = await self._sessions.record(user_id)
        followed = await self._friends.followed(user_id, MAX_FRIENDS)
        blocked = await self._friends.blocked(user_id)
        participation = await self._participation.of_player(user_id)
        user = await self._user(user_id)
        if user.created_at != before.created_at:
            # Discard the data read so far, because the player was erased meanwhile, and the id belongs to a new player.
            return await self.read(user_id)
        return PlayerExport(user, standings, sign_ins, followed, blocked, participation)

    def events(self, user_id: int) -> AsyncGenerator[Sequence[Kept], None]:
        """Yield all the player's events in chunks, grouped by board."""
        return self._records.events(user_id)

    async def acts(self, user_id: int) -> AsyncGenerator[Sequence[AuditEntry], None]:
        """Yield the audit entries about the player in chunks, newest first."""
        before = None
        while page := await self._audit.entries(AuditFilter(user_id=user_id), _ACTS_A_READ, before):
            yield [audited.entry for audited in page]
            before = page[-1].place

    async def erase(self, user_id: int, actor: str, reference: str | None = None) -> Erasure:
        """Erase a player and all data of the player.

        If the player does not exist, still remove the player from the index, then raise `PlayerNotFound`. The audit log
        keeps the actor, the time, the numbers of erased items, and the reference.
        """
        erasure_id = uuid4()
        details = {"erasure_id": str(erasure_id)} | ({} if reference is None else {"reference": reference})
        # Store no player id in the entry, because the audit log must not identify the erased player.
        now = self._clock()
        creatable_at = None if self._erased_ms is None else now + self._erased_ms
        act = AuditEntry(now, actor, "player.erase", details=details)
        try:
            erased = await self._records.erase(user_id, act, creatable_at)
        except PlayerNotFound:
            await self._delivery.erased_before(user_id)
            raise
        await self._delivery.erased(user_id, erased.removed, erased.external_id)
        return Erasure(erasure_id, erased)

    async def _user(self, user_id: int) -> Player:
        players = await self._users.get([user_id])
        return required(players.get(user_id), PlayerNotFound.of(user_id))
