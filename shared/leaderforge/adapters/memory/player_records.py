"""In-memory records of one player."""

from collections.abc import AsyncGenerator, Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.notices import moderation_notices
from leaderforge.domain.standings import LadderStanding, removed_standing


class MemoryPlayerRecords:
    """`PlayerRecords` over the other in-memory adapters."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore, audit: MemoryAuditLog) -> None:
        self._scores = scores
        self._users = users
        self._audit = audit

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        return [
            (ladder, standing) for ladder, standing in self._scores.standings_of_player(user_id) if not standing.removed
        ]

    async def events(self, user_id: int) -> AsyncGenerator[Sequence[Kept], None]:
        events = self._scores.stored_events(user_id)
        if events:
            yield events

    async def erase(self, user_id: int, act: AuditEntry, creatable_at: int | None = None) -> Erased:
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)
        stored = self._scores.standings_of_player(user_id)
        last = max((standing.revision for _, standing in stored), default=0) + 1
        removed = [(ladder, removed_standing(ladder.board, user_id, last)) for ladder, _ in stored]
        events, standings = self._scores.erase(user_id)
        external_id = self._users.by_id[user_id].external_id
        erased = Erased(events, standings, self._audit.anonymize(user_id), removed, external_id)
        self._users.erase(user_id, last, creatable_at)
        self._audit.write(erased.noted_in(act))
        self._scores.outbox.erase(user_id)
        self._scores.outbox.write(moderation_notices(user_id, act, stored))
        return erased
