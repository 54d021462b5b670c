"""In-memory outbox and log of notices."""

import json
from collections.abc import Mapping, Sequence
from uuid import uuid4

from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.domain.notice_bundles import BundleDraft
from leaderforge.domain.notice_log import Notice, NoticeDraft, OutboxRow
from leaderforge.domain.notice_types import NoticeType
from leaderforge.ports.derived_notices import NoticedPlace, NoticedTier, Overtakings
from leaderforge.ports.notices import NO_TIERS, LogBounds, LogPage, NoticeBacklog


class MemoryNoticeStore:
    """`NoticeStore` over an outbox."""

    def __init__(self, outbox: MemoryOutbox) -> None:
        self._outbox = outbox
        outbox.on_erase.append(self._erase)
        self._origins: set[str] = set()
        self.log: dict[int, Notice] = {}
        self.newest = 0
        self._purged = 0
        self.tiers: dict[tuple[int, int, int], NoticedTier] = {}
        self.places: dict[tuple[int, int, int], NoticedPlace] = {}

    async def outbox(self, limit: int) -> Sequence[OutboxRow]:
        first = sorted(self._outbox.notices.items())[:limit]
        return [OutboxRow(seq, n.user_id, n.board.id, n.period, n.type, n.at, n.data) for seq, n in first]

    async def append(
        self,
        drafts: Mapping[int, Sequence[NoticeDraft | BundleDraft]],
        without_outbox: Sequence[NoticeDraft] = (),
        tiers: Mapping[int, Sequence[NoticedTier]] = NO_TIERS,
        overtakings: Overtakings | None = None,
    ) -> int:
        taken = [seq for seq in sorted(drafts) if self._outbox.notices.pop(seq, None) is not None]
        self.tiers |= {tier[:3]: tier for seq in taken for tier in tiers.get(seq, ())}
        # Each draft is a single notice, because this outbox has no bundles. The filter only narrows the type.
        taken_drafts = [draft for seq in taken for draft in drafts[seq] if isinstance(draft, NoticeDraft)]
        appended = taken_drafts + list(without_outbox)
        if overtakings is not None:
            self.places |= {place[:3]: place for place in overtakings.places}
            appended += [draft for key in sorted(overtakings.drafts) for draft in overtakings.drafts[key]]
        for draft in appended:
            if draft.origin not in self._origins:
                self._origins.add(draft.origin)
                self.newest += 1
                self.log[self.newest] = Notice(self.newest, str(uuid4()), *draft[1:])
        return len(appended)

    async def after(self, position: int, limit: int) -> LogPage:
        notices = [notice for place, notice in self.log.items() if place > position][:limit]
        return LogPage(notices, notices[-1].position if notices else position)

    async def bounds(self) -> LogBounds:
        return LogBounds(self._purged, self.newest)

    async def backlog(self) -> NoticeBacklog:
        times = [notice.at for notice in self._outbox.notices.values()]
        return NoticeBacklog(len(times), min(times, default=None), 0)

    async def purge(self, before: int, most: int, now: int) -> int:
        # The newest notice stays, because it shows the end of the log.
        purged = [p for p, n in self.log.items() if p < self.newest and (n.at < before or p <= self.newest - most)]
        for position in purged:
            del self.log[position]
        self._purged = max(purged, default=self._purged)
        return len(purged)

    def _erase(self, user_id: int) -> None:
        """Delete the notices that name a player, and the player's noticed tiers and places."""
        self.log = {position: notice for position, notice in self.log.items() if not _names(notice, user_id)}
        self.tiers = {key: tier for key, tier in self.tiers.items() if tier.user_id != user_id}
        self.places = {key: place for key, place in self.places.items() if place.user_id != user_id}


def _names(notice: Notice, user_id: int) -> bool:
    """Return whether a notice is about a player, or reports that the player has passed another player."""
    if notice.user_id == user_id:
        return True
    is_overtaking = notice.type == NoticeType.PLAYER_OVERTAKEN
    return is_overtaking and json.loads(notice.body).get("data", {}).get("overtaken_by") == user_id
