"""Notices that are derived from the clock and from the index: closed periods, entered tops, changed tiers."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.changed_standings import changed_key, reports_submission
from leaderforge.domain.chunks import chunks
from leaderforge.domain.notice_log import NoticeDraft, OutboxRow, body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NO_PLAYER
from leaderforge.domain.order import rank_bound
from leaderforge.domain.periods import Period, PeriodKind
from leaderforge.domain.tiers import RankCuts
from leaderforge.domain.times import time_text
from leaderforge.ports.clock import Clock
from leaderforge.ports.derived_notices import DerivedNoticeStore, NoticedTier
from leaderforge.services.ladders import Ladders
from leaderforge.services.query import QueryService

TOP = 10
"""Number of entries in the top of a ladder. A player who enters the top causes the notice `rank.entered_top`."""
_LOOKED_UP = 1_000
"""Maximum players of one look-up in the index."""
_MAX_CLOSED = 1_000
"""Maximum closed periods of a board that one call of `look` reports."""


class DerivedNotices:
    """Notices about closed periods, entered tops and changed tiers, for boards that ask for these notices.

    One transaction appends a notice and stores the new state. The next notice is derived from this state.
    `closes_after_ms` is the time from the end of a period to its close, when no submission can count in the period any
    more.
    """

    def __init__(
        self, store: DerivedNoticeStore, query: QueryService, ladders: Ladders, clock: Clock, *, closes_after_ms: int
    ) -> None:
        self._store = store
        self._query = query
        self._ladders = ladders
        self._clock = clock
        self._closes_after_ms = closes_after_ms

    async def look(self, boards: Sequence[Board]) -> None:
        """Append the notices of closed periods and of entered tops. Raises `Unavailable`."""
        await self._look_for_closed([board for board in boards if NoticeType.PERIOD_CLOSED in board.events])
        for board in boards:
            if NoticeType.RANK_ENTERED_TOP in board.events:
                await self._look_at_top(board.ladders_at(self._clock())[0])

    async def tiers(
        self, rows: Sequence[OutboxRow], boards: Mapping[int, Board]
    ) -> tuple[Mapping[int, Sequence[NoticeDraft]], Mapping[int, Sequence[NoticedTier]]]:
        """Return the notices about tiers that changed with rows of the outbox, and the changed tiers.

        Both mappings have the row's sequence number as key. Tiers are read from the index after the commit. If several
        rows are about a player, only the last of these rows may have a notice. Raises `Unavailable`.
        """
        changed = _last_rows(rows, {board_id for board_id, board in boards.items() if _has_changing_tiers(board)})
        players = {user_id for rows_of in changed.values() for user_id in rows_of}
        last = await self._store.tiers(players, {period for _, period in changed}) if players else {}
        # A moderator may have changed standings in retired periods, which the index does not have.
        ladders = await self._ladders.as_stored([Ladder(boards[board_id], period) for board_id, period in changed])
        drafts: defaultdict[int, list[NoticeDraft]] = defaultdict(list)
        noticed: defaultdict[int, list[NoticedTier]] = defaultdict(list)
        for ((board_id, period), rows_of), ladder in zip(changed.items(), ladders, strict=True):
            for user_id, tier in (await self._tiers_after(ladder, rows_of)).items():
                before = last.get((user_id, board_id, period))
                if tier != before:
                    row = rows_of[user_id]
                    noticed[row.seq].append(NoticedTier(user_id, board_id, period, tier, row.seq))
                    drafts[row.seq].append(_tier_draft(ladder, row, before, tier))
        return drafts, noticed

    async def _tiers_after(self, ladder: Ladder, rows_of: Mapping[int, OutboxRow]) -> Mapping[int, str | None]:
        """Return the tiers of players after the changes of these rows, None for a player without an entry."""
        # A row of a submission has the standing. For such a row, read only the limits of the tiers from the index, not
        # the ranks.
        submitted = [row for row in rows_of.values() if reports_submission(row)]
        moderated = [user_id for user_id, row in rows_of.items() if not reports_submission(row)]
        reached = await self._tiers_on(ladder, moderated)
        if not submitted:
            return reached
        return {**reached, **_tiers_of(ladder.board, await self._query.rank_cuts(ladder), submitted)}

    async def _tiers_on(self, ladder: Ladder, user_ids: Sequence[int]) -> Mapping[int, str | None]:
        """Return the present tiers of players on a ladder, None for a player without an entry."""
        reached: dict[int, str | None] = dict.fromkeys(user_ids)
        for chunk in chunks(user_ids, _LOOKED_UP):
            by_id, total = await self._query.placed(ladder, chunk)
            tiers = ladder.board.tiers_among(total)
            reached |= {user_id: tiers.name(placed.score, placed.rank) for user_id, placed in by_id.items()}
        return reached

    async def _look_for_closed(self, boards: Sequence[Board]) -> None:
        last, now = await self._store.closed_until(), self._clock()
        if last.keys() - {board.id for board in boards}:
            await self._store.forget_closed([board.id for board in boards])
        for board in boards:
            since = last.get(board.id, now)  # the first look reports nothing
            closed = list(closed_periods(board, since - self._closes_after_ms, now - self._closes_after_ms))
            if closed or board.id not in last:
                await self._store.append_closed(board.id, now, [_closed_draft(board, period) for period in closed])

    async def _look_at_top(self, ladder: Ladder) -> None:
        page = await self._query.top(ladder, TOP)
        last = await self._store.top(ladder.board.id, ladder.period)
        present = [entry.user_id for entry in page.entries]
        if present == last:
            return
        entered = [] if last is None else [entry for entry in page.entries if entry.user_id not in last]
        drafts = [_top_draft(ladder, entry.user_id, entry.rank, entry.score, self._clock()) for entry in entered]
        await self._store.append_top(ladder.board.id, ladder.period, present, last or [], drafts)


def closed_periods(board: Board, since: int, until: int) -> Iterator[Period]:
    """Yield the periods of the board that ended after `since` and up to `until` (ms), kind by kind."""
    for kind in board.calendar.kinds:
        if kind is PeriodKind.ALL_TIME:
            continue
        calendar = replace(board.calendar, kinds=(kind,))
        [period] = calendar.at(since)
        for _ in range(_MAX_CLOSED):
            if period.ends_at is None or period.ends_at > until:
                break
            if period.ends_at > since:
                yield period
            [period] = calendar.at(period.ends_at)


def _closed_draft(board: Board, period: Period) -> NoticeDraft:
    ends_at = period.ends_at or 0
    data = {"board": board.slug, "period": period.name, "ended_at": time_text(ends_at)}
    body = body_of(NoticeType.PERIOD_CLOSED, ends_at, data)
    origin = f"closed:{board.id}:{period.number}"
    return NoticeDraft(origin, NO_PLAYER, NoticeType.PERIOD_CLOSED, board.slug, ends_at, body)


def _top_draft(ladder: Ladder, user_id: int, rank: int, score: int, at: int) -> NoticeDraft:
    slug = ladder.board.slug
    value = ladder.board.score_type.json_value(score)
    data = {"board": slug, "user_id": user_id, "period": ladder.period_name, "rank": rank, "score": value, "top": TOP}
    body = body_of(NoticeType.RANK_ENTERED_TOP, at, data)
    return NoticeDraft(f"top:{uuid4()}", user_id, NoticeType.RANK_ENTERED_TOP, slug, at, body)


def _has_changing_tiers(board: Board) -> bool:
    return NoticeType.TIER_CHANGED in board.events


def _last_rows(
    rows: Sequence[OutboxRow], board_ids: Container[int]
) -> Mapping[tuple[int, int], Mapping[int, OutboxRow]]:
    """Return the last row about each player, by board and period, for rows about these boards.

    Leave out erasures, because the index may still have an erased player.
    """
    ladders: defaultdict[tuple[int, int], dict[int, OutboxRow]] = defaultdict(dict)
    for row in rows:
        if row.board_id in board_ids and row.type != NoticeType.MODERATION_ERASED:
            for period in row.data.get("periods", (row.period,)):
                ladders[row.board_id, period][row.user_id] = row
    return ladders


def _tiers_of(board: Board, cuts: RankCuts, rows: Iterable[OutboxRow]) -> Mapping[int, str | None]:
    """Return the tiers of the players in rows about submissions, None for a player who is not ranked."""
    tiers = board.tiers_among(cuts.total)
    reached: dict[int, str | None] = {}
    for row in rows:
        key = changed_key(board, row)
        rank = None if key is None else cuts.rank(rank_bound(board, key))
        reached[row.user_id] = None if rank is None else tiers.name(row.data["score"], rank)
    return reached


def _tier_draft(ladder: Ladder, row: OutboxRow, before: str | None, tier: str | None) -> NoticeDraft:
    slug = ladder.board.slug
    data = {"board": slug, "user_id": row.user_id, "period": ladder.period_name, "tier": tier, "previous": before}
    body = body_of(NoticeType.TIER_CHANGED, row.at, data)
    origin = f"tier:{row.seq}:{ladder.board.id}:{ladder.period}:{row.user_id}"
    return NoticeDraft(origin, row.user_id, NoticeType.TIER_CHANGED, slug, row.at, body)
