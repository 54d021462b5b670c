"""In-memory state of derived notices."""

from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.domain.notice_log import NoticeDraft


class MemoryDerivedNotices:
    """`DerivedNoticeStore` over the log of notices."""

    def __init__(self, notices: MemoryNoticeStore) -> None:
        self._notices = notices
        self._closed: dict[int, int] = {}
        self._tops: dict[tuple[int, int], Sequence[int]] = {}

    async def closed_until(self) -> Mapping[int, int]:
        return dict(self._closed)

    async def append_closed(self, board_id: int, until: int, drafts: Sequence[NoticeDraft]) -> None:
        self._closed[board_id] = max(until, self._closed.get(board_id, until))
        await self._notices.append({}, drafts)

    async def forget_closed(self, board_ids: Collection[int]) -> None:
        self._closed = {board_id: until for board_id, until in self._closed.items() if board_id in board_ids}

    async def top(self, board_id: int, period: int) -> Sequence[int] | None:
        return self._tops.get((board_id, period))

    async def append_top(
        self, board_id: int, period: int, user_ids: Sequence[int], before: Sequence[int], drafts: Sequence[NoticeDraft]
    ) -> None:
        if self._tops.get((board_id, period), before) == before:
            self._tops[board_id, period] = user_ids
            await self._notices.append({}, drafts)

    async def tiers(
        self, user_ids: Collection[int], periods: Collection[int]
    ) -> Mapping[tuple[int, int, int], str | None]:
        tiers = [t for t in self._notices.tiers.values() if t.user_id in user_ids and t.period in periods]
        return {(t.user_id, t.board_id, t.period): t.tier for t in tiers}

    async def places(self, board_id: int, period: int, user_ids: Collection[int]) -> Mapping[int, bytes | None]:
        places = self._notices.places.values()
        return {p.user_id: p.place for p in places if (p.board_id, p.period) == (board_id, period)}

    async def forget_places(self, ladders: Collection[tuple[int, int]]) -> int:
        forgotten = [key for key in self._notices.places if key[1:] not in ladders]
        for key in forgotten:
            del self._notices.places[key]
        return len(forgotten)
