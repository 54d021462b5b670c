"""Counts say whether rows that were read before have changed: in the index and in the store."""

from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.merge import SegmentBound
from leaderforge.domain.order import rank_bound
from leaderforge.domain.players import Player
from leaderforge.domain.standings import HIDDEN_ENTRY, VISIBLE, Standing
from leaderforge.ports.ranking import Ranking
from tests.contract.index_fixtures import NewIndex, cluster, new_index
from tests.contract.store_fixtures import Stores, submit

__all__ = ["cluster", "new_index"]

SEGMENTS = ("country", "platform")
ACT = AuditEntry(0, "tests", "player.change", None, 1)


async def all_present(ranking: Ranking, ladder: Ladder, *player_ids: int) -> dict[int, bool]:
    """Return for each player whether a count says that a row which was read just before is unchanged."""
    rows = await ranking.rows(ladder, player_ids)
    return {i: (await ranking.counts(ladder, [], rows=[row])).all_present for i, row in rows.items()}


@pytest.mark.parametrize("style", RankStyle)
@pytest.mark.parametrize("partitions", [1, 3])
async def test_a_count_of_the_index_notices_each_change_of_a_row(
    new_index: NewIndex, partitions: int, style: RankStyle
) -> None:
    index = new_index(partitions)
    ladder = Ladder(Board(1, "divided", "Segments", rank_style=style, segments=SEGMENTS))
    token = await index.begin_rebuild([ladder], range(partitions))
    await index.finish_rebuild(token, range(partitions), 1)
    visible = Standing(1, 50, 0, UUID(int=1), "{}", True, 2, 1, segments=("FI", None))
    hidden = Standing(2, 40, 0, UUID(int=2), None, True, 2, 1, hidden=HIDDEN_ENTRY, segments=(None, "pc"))
    other = Standing(3, 60, 0, UUID(int=3), None, True, 2, 1, segments=("FI", "pc"))
    await index.apply(ladder, [visible, hidden, other])
    assert await all_present(index, ladder, 1, 2, 3) == {1: True, 2: True, 3: True}
    rows = await index.rows(ladder, [1, 2, 3])
    within = [SegmentBound(0, rows[1].segments[0], rank_bound(ladder.board, rows[1].key))]
    revision = 1
    for standing in (visible, hidden):
        changes = (
            standing._replace(segments=("SE", standing.segments[1] if standing.segments else None)),
            standing._replace(segments=("FI", "pc")),
            standing._replace(segments=(None, None)),
            standing._replace(hidden=VISIBLE if standing.hidden else HIDDEN_ENTRY),
            standing._replace(score=standing.score + 1),
        )
        for changed in changes:
            revision += 1
            await index.apply(ladder, [changed._replace(revision=revision)])
            counts = await index.counts(ladder, [], [rows[3].key], within, list(rows.values()))
            assert not counts.all_present, changed
            assert (await index.counts(ladder, [], [rows[3].key], within, [rows[3]])).all_present
            revision += 1
            await index.apply(ladder, [standing._replace(revision=revision)])
            assert (await index.counts(ladder, [], [rows[3].key], within, list(rows.values()))).all_present, changed


async def test_a_count_of_the_store_notices_each_change_of_a_row(stores: Stores) -> None:
    board = await stores.board(segments=SEGMENTS)
    ladder = Ladder(board)
    await stores.users.create([Player(i, f"Player {i}", None, 0, attributes='{"country": "FI"}') for i in (1, 2)])
    await stores.scores.record([submit(ladder, 1, 50), submit(ladder, 2, 60)])
    assert await all_present(stores.scores, ladder, 1, 2) == {1: True, 2: True}

    rows = list((await stores.scores.rows(ladder, [1])).values())
    await stores.users.change(1, {"attributes": '{"country": "SE"}'}, ACT)
    assert not (await stores.scores.counts(ladder, [], [rows[0].key], rows=rows)).all_present
    assert (await stores.scores.counts(ladder, [], [rows[0].key])).all_present

    rows = list((await stores.scores.rows(ladder, [1])).values())
    await stores.users.change(1, {"attributes": '{"country": "SE", "platform": "pc"}'}, ACT)
    assert not (await stores.scores.counts(ladder, [], rows=rows)).all_present

    rows = list((await stores.scores.rows(ladder, [1])).values())
    await stores.moderation.set_entry_hidden(board, 1, True, ACT)
    assert not (await stores.scores.counts(ladder, [], rows=rows)).all_present
    assert await all_present(stores.scores, ladder, 1, 2) == {1: True, 2: True}

    rows = list((await stores.scores.rows(ladder, [1])).values())
    await stores.scores.record([submit(ladder, 1, 5)])
    assert not (await stores.scores.counts(ladder, [], rows=rows)).all_present
