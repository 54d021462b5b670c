"""Places of changed standings, from the rows of the outbox that report the changes."""

from itertools import product

import pytest

from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.postgres.notice_store import PostgresNoticeStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder, Order, Policy
from leaderforge.domain.changed_standings import changed_key
from leaderforge.domain.notice_bundles import OutboxBundle
from leaderforge.domain.notice_log import OutboxRow
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.order import sort_key
from leaderforge.domain.score_types import MAX_LONG, ScoreType
from leaderforge.domain.standings import is_listed
from leaderforge.domain.submissions import Submission
from leaderforge.ports.notices import NoticeStore
from tests.contract.store_fixtures import Database, Stores, submit

PLAYERS = (1, 2, 3)


def notice_store(stores: Stores) -> NoticeStore:
    """Return the store of notices over the stores of a test."""
    if isinstance(stores, Database):
        return PostgresNoticeStore(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemoryNoticeStore(stores.scores.outbox)


def with_subscore(submission: Submission, subscore: int) -> Submission:
    return submission._replace(event=submission.event._replace(subscore=subscore))


async def changes(stores: Stores, board_id: int) -> list[OutboxRow]:
    """Return the rows about submissions in the outbox, in order."""
    rows = await notice_store(stores).outbox(100)
    by_row = [row.changes({board_id}) if isinstance(row, OutboxBundle) else [row] for row in rows]
    return [change for of_row in by_row for change in of_row if change.type == NoticeType.SCORE_IMPROVED]


FIRST_SCORES = {ScoreType.NUMBER: 0, ScoreType.INT64: MAX_LONG - 20}


@pytest.mark.parametrize(("order", "subscore_order"), list(product(Order, (None, *Order))))
@pytest.mark.parametrize("score_type", ScoreType)
async def test_rows_have_the_places_of_the_stored_standings(
    stores: Stores, order: Order, subscore_order: Order | None, score_type: ScoreType
) -> None:
    settings = {"policy": Policy.SUM, "order": order, "subscore_order": subscore_order, "min_submissions": 2}
    board = await stores.board(events=(NoticeType.TIER_CHANGED,), score_type=score_type, **settings)
    ladder, subscore, first = Ladder(board), 0 if subscore_order is None else 7, FIRST_SCORES[score_type]
    await stores.players(*PLAYERS)
    await stores.scores.record([with_subscore(submit(ladder, i, first + 10 * i, at=i), subscore + i) for i in (1, 2)])
    act = AuditEntry(5, "tests", "entry.hide", board.slug, 2)
    await stores.moderation.set_entry_hidden(board, 2, True, act)
    for user_id in PLAYERS:
        await stores.scores.record([with_subscore(submit(ladder, user_id, -4, at=9), -subscore)])
    last = {row.user_id: changed_key(board, row) for row in await changes(stores, board.id)}
    stored = {standing.user_id: standing for standing in await stores.scores.standings(ladder, PLAYERS)}
    assert last == {i: sort_key(board, s) if is_listed(board, s) else None for i, s in stored.items()}
    assert [last[i] is None for i in PLAYERS] == [False, True, True]
    assert [stored[i].score for i in PLAYERS] == [first + 6, first + 16, -4]
