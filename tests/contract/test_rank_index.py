"""Contract of rank indexes: one suite over the in-memory adapter and the real one."""

import asyncio
from bisect import bisect_left
from dataclasses import replace
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, RankStyle
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.merge import Counts, Window
from leaderforge.domain.order import FIRST, LAST, place, rank_bound, score_bound, sort_key
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, Standing, removed_standing
from leaderforge.domain.survey import VerificationState
from leaderforge.domain.tiers import Tier, TierLimit
from leaderforge.ports.index import LadderUpdate, NameSwap, RankIndex
from leaderforge.ports.index_maintenance import CatchUps
from tests.contract.index_fixtures import NewIndex, cluster, new_index

__all__ = ["cluster", "new_index"]

LONG = Board(5, "long", "Long", rank_style=RankStyle.SHARED, subscore_order=Order.DESC, score_type=ScoreType.INT64)
LADDERS = [
    Ladder(Board(1, "desc", "Descending")),
    Ladder(Board(2, "asc", "Ascending", order=Order.ASC)),
    Ladder(Board(3, "shared", "Shared ranks", rank_style=RankStyle.SHARED)),
    Ladder(Board(4, "subscore", "Subscore", subscore_order=Order.ASC)),
    Ladder(LONG, period=7),
]
PARTITIONS = [1, 2, 7]
BARRED = [
    Ladder(Board(6, "barred", "Barred", min_submissions=5)),
    Ladder(Board(7, "barred-ties", "Barred", rank_style=RankStyle.SHARED, subscore_order=Order.ASC, min_submissions=5)),
]


def standing(user_id: int, score: int, *, at: int = 0, revision: int = 1, metadata: str | None = None) -> Standing:
    return Standing(
        user_id,
        score,
        at,
        UUID(int=user_id % 2**64),
        metadata,
        score != 0,
        user_id % 9 + 1,
        revision,
        subscore=user_id % 3 - 1,
    )


def crowd(size: int, *, scores: int = 20, times: int = 5, seed: int = 1) -> list[Standing]:
    """Return standings with many ties."""
    random = Random(seed)
    return [
        standing(user_id, random.randint(-scores, scores), at=random.randint(-times, times))
        for user_id in random.sample(range(-5 * size, 5 * size), size)
    ]


def key_of(ladder: Ladder, s: Standing) -> bytes:
    return sort_key(ladder.board, s)


async def complete(index: RankIndex, ladder: Ladder, standings: list[Standing] | None = None) -> RankIndex:
    """Load an index and mark it as complete."""
    everything = range(index.partitions)
    token = await index.begin_rebuild([ladder], everything)
    assert sorted(await index.finish_rebuild(token, everything, 1)) == list(everything)
    await index.load(ladder, standings or [])
    return index


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
@pytest.mark.parametrize("partitions", PARTITIONS)
async def test_every_read_equals_the_sorted_list(new_index: NewIndex, partitions: int, ladder: Ladder) -> None:
    standings = crowd(300)
    index = await complete(new_index(partitions), ladder, standings)
    await index.add_names({s.user_id: f"näme {s.user_id}" for s in standings[::2]})
    by_key = {key_of(ladder, s): s for s in standings}
    keys = sorted(by_key)
    bounds = [FIRST, LAST, keys[0], keys[150], keys[-1], keys[77] + b"\0", score_bound(ladder.board, 3)]

    counts = await index.counts(ladder, bounds)
    assert (counts.total, list(counts.above)) == (300, [bisect_left(keys, bound) for bound in bounds])
    for bound in bounds:
        window = await index.window(ladder, bound, before=7, after=9, counted=bounds)
        above = bisect_left(keys, bound)
        assert (window.total, window.above, window.counted) == (300, above, tuple(counts.above))
        assert [row.key for row in window.before] == keys[max(0, above - 7) : above]
        assert [row.key for row in window.after] == keys[above : above + 9]
        for row in (*window.before, *window.after):
            source = by_key[row.key]
            named = source in standings[::2]
            assert row.submissions == source.submissions
            assert row.label == (f"näme {source.user_id}" if named else None)
    for rank in (1, 2, 150, 299, 300):
        assert await index.key_at(ladder, rank) == keys[rank - 1]
        window = await index.window_at(ladder, rank, 9, counted=bounds)
        assert (window.total, window.above, window.before) == (300, rank - 1, [])
        assert window.counted == tuple(counts.above)
        assert [row.key for row in window.after] == keys[rank - 1 :][:9]
    for beyond in (301, 10**9):
        assert await index.window_at(ladder, beyond, 9) == Window(300, 300, [], [])
        assert await index.window_at(ladder, beyond, 9, counted=[keys[7]]) == Window(300, 300, [], [], (7,))
    assert await index.key_at(ladder, 301) is None
    assert await index.key_at(ladder, 0) is None
    rows = await index.rows(ladder, [s.user_id for s in standings[:50]] + [10**9])
    assert {i: row.key for i, row in rows.items()} == {s.user_id: key_of(ladder, s) for s in standings[:50]}


@pytest.mark.parametrize("partitions", [1, 3])
async def test_a_page_can_be_found_at_any_rank_of_a_large_ladder(new_index: NewIndex, partitions: int) -> None:
    ladder = LADDERS[0]
    standings = crowd(5000, scores=3, times=10**6)
    index = await complete(new_index(partitions), ladder, standings)
    keys = sorted(key_of(ladder, s) for s in standings)
    for rank in (1, 1234, 2500, 5000):
        assert await index.key_at(ladder, rank) == keys[rank - 1]


@pytest.mark.parametrize("partitions", [1, 3, 32])
async def test_the_entry_at_a_rank_is_exact_whatever_moved_since_the_last_search(
    new_index: NewIndex, partitions: int
) -> None:
    """Move many players between searches. The positions that the index remembers from earlier searches become wrong."""
    ladder, random = LADDERS[0], Random(partitions)
    standings = {s.user_id: s for s in crowd(1500, scores=5, times=10**6)}
    index = await complete(new_index(partitions), ladder, list(standings.values()))
    for revision in range(2, 8):
        keys = sorted(key_of(ladder, s) for s in standings.values())
        ranks = [1, len(keys), *(random.randrange(1, len(keys) + 1) for _ in range(12))]
        assert await asyncio.gather(*(index.key_at(ladder, rank) for rank in ranks)) == [keys[r - 1] for r in ranks]
        assert await index.key_at(ladder, len(keys) + 1) is None
        for rank in ranks[:4]:
            window = await index.window_at(ladder, rank, 30)
            assert (window.total, window.above) == (len(keys), rank - 1)
            assert [row.key for row in window.after] == keys[rank - 1 :][:30]
        moved = random.sample(list(standings), 500)
        changed = [standings[i]._replace(score=random.randrange(-3, 9), revision=revision) for i in moved]
        newcomers = [s._replace(user_id=s.user_id + revision * 10**6) for s in crowd(200, seed=revision)]
        standings |= {s.user_id: s for s in [*changed, *newcomers]}
        await index.apply(ladder, [*changed, *newcomers])


@pytest.mark.parametrize("partitions", PARTITIONS)
async def test_a_rank_is_found_after_entries_above_it_have_left(new_index: NewIndex, partitions: int) -> None:
    """The index has to find the rank near a position that it remembers, and that has become wrong."""
    ladder, standings = LADDERS[0], [standing(i, -i) for i in range(400)]
    index = await complete(new_index(partitions), ladder, standings)
    await index.window_at(ladder, 301, 9)
    await index.apply(ladder, [s._replace(revision=2, hidden=HIDDEN_ENTRY) for s in standings[:100]])
    window = await index.window_at(ladder, 290, 5)
    assert [row.key for row in window.after] == [key_of(ladder, s) for s in standings[389:394]]


async def test_rows_of_a_busy_board_never_mix_two_standings(new_index: NewIndex) -> None:
    """Change players during reads. In each standing, and thus in each row, score and submissions must be equal."""
    ladder, players = LADDERS[0], range(1, 41)
    index = await complete(new_index(2), ladder, [standing(i, i)._replace(submissions=i) for i in players])
    finished = asyncio.Event()

    async def change() -> None:
        random = Random(1)
        for revision in range(2, 120):
            scores = {i: random.randrange(1, 500) for i in random.sample(players, 20)}
            changed = [standing(i, n, revision=revision)._replace(submissions=n) for i, n in scores.items()]
            await index.apply(ladder, changed)
        finished.set()

    async def read() -> None:
        while not finished.is_set():
            for window in (await index.window_at(ladder, 5, 30), await index.window(ladder, FIRST, before=0, after=30)):
                assert [row.key for row in window.after] == sorted(row.key for row in window.after)
                assert all(place(ladder.board, row.key).score == row.submissions for row in window.after)

    await asyncio.gather(change(), read(), read())


@pytest.mark.parametrize("partitions", [1, 3, 32])
async def test_concurrent_reads_of_several_ladders_get_their_own_results(new_index: NewIndex, partitions: int) -> None:
    index = new_index(partitions)
    crowds = {ladder: crowd(150, seed=i) for i, ladder in enumerate(LADDERS)}
    for ladder, standings in crowds.items():
        await complete(index, ladder, standings)

    async def check(ladder: Ladder, seed: int) -> None:
        random = Random(seed)
        keys = sorted(key_of(ladder, s) for s in crowds[ladder])
        rank = random.randrange(1, len(keys) + 1)
        key = await index.key_at(ladder, rank)
        assert key == keys[rank - 1]
        before, after = random.randrange(40), random.randrange(1, 40)
        window = await index.window(ladder, key, before=before, after=after)
        assert [row.key for row in window.before] == keys[max(0, rank - 1 - before) : rank - 1]
        assert [row.key for row in window.after] == keys[rank - 1 : rank - 1 + after]
        players = random.sample([s.user_id for s in crowds[ladder]], random.randrange(1, 9))
        rows = await index.rows(ladder, [*players, 10**9])
        assert {i: row.key for i, row in rows.items()} == {
            s.user_id: key_of(ladder, s) for s in crowds[ladder] if s.user_id in players
        }
        listed, absent = random.sample(keys, 5), key[:-1] + bytes([key[-1] ^ 1])
        bounds = [*listed, *(rank_bound(ladder.board, listed_key) for listed_key in listed), FIRST, LAST]
        assert await index.counts(ladder, bounds, listed) == Counts(150, [bisect_left(keys, b) for b in bounds])
        if absent not in keys:
            assert not (await index.counts(ladder, bounds, [*listed, absent])).all_present

    await asyncio.gather(*(check(ladder, seed) for seed in range(20) for ladder in crowds))


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
@pytest.mark.parametrize("partitions", PARTITIONS)
async def test_applying_counts_ranks_after_the_whole_batch(
    new_index: NewIndex, partitions: int, ladder: Ladder
) -> None:
    before = crowd(200, seed=1)
    index = await complete(new_index(partitions), ladder, before)
    newcomers = [s._replace(user_id=s.user_id + 10**6) for s in crowd(20, seed=2)]
    changed = [s._replace(score=s.score + 5, revision=2) for s in before[:40]] + newcomers
    applied = await index.apply(ladder, changed, count=True)
    now = {s.user_id: s for s in [*before, *changed]}
    for update, result in zip(changed, applied, strict=True):
        bound = rank_bound(ladder.board, key_of(ladder, update))
        old = next((s for s in before if s.user_id == update.user_id), None)
        assert result.key == key_of(ladder, update)
        assert result.previous == (old and key_of(ladder, old))
        assert result.above == sum(key_of(ladder, s) < bound for s in now.values())


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
@pytest.mark.parametrize("partitions", PARTITIONS)
async def test_earlier_standings_are_ranked_among_the_other_players(
    new_index: NewIndex, partitions: int, ladder: Ladder
) -> None:
    """Update players who rise, fall, are new, become hidden, or have a newer standing in the index already."""
    before = crowd(120, seed=1)
    index = await complete(new_index(partitions), ladder, before)
    newer = [s._replace(score=s.score + 9, revision=5) for s in before[:10]]
    await index.apply(ladder, newer)
    changed = [s._replace(score=s.score + i - 20, revision=2) for i, s in enumerate(before[:40])]
    changed += [s._replace(hidden=HIDDEN_ENTRY, revision=2) for s in before[40:50]]
    changed += [standing(10**6 + i, i) for i in range(5)]
    random = Random(2)
    earlier = {
        s.user_id: [key_of(ladder, s._replace(score=random.randint(-25, 25))) for _ in range(i % 3)]
        for i, s in enumerate(changed)
    }
    update = LadderUpdate(ladder, changed, count=True, earlier={i: keys for i, keys in earlier.items() if keys})
    [applied] = await index.apply_all([update])
    assert [(a.key, a.above, not a.above_earlier) for a in applied] == [
        (a.key, a.above, not earlier[s.user_id])
        for s, a in zip(changed, await index.apply(ladder, changed, count=True), strict=True)
    ]
    now = {s.user_id: s for s in [*before, *changed, *newer]}
    for result, update_of in zip(applied, changed, strict=True):
        others = [key_of(ladder, s) for i, s in now.items() if i != update_of.user_id and not s.hidden]
        bounds = [rank_bound(ladder.board, key) for key in earlier[update_of.user_id]]
        assert list(result.above_earlier) == [sum(key < bound for key in others) for bound in bounds]


async def test_earlier_standings_have_no_rank_while_a_partition_is_incomplete(new_index: NewIndex) -> None:
    index, ladder = new_index(2), LADDERS[0]
    earlier = {1: [key_of(ladder, standing(1, 3))]}
    [[applied]] = await index.apply_all([LadderUpdate(ladder, [standing(1, 5)], count=True, earlier=earlier)])
    assert (applied.above, list(applied.above_earlier)) == (None, [])


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_entries_are_counted_only_where_tiers_depend_on_their_number(new_index: NewIndex, ladder: Ladder) -> None:
    before = crowd(40, seed=1)
    index = await complete(new_index(3), ladder, before)
    changed = [before[0]._replace(hidden=HIDDEN_ENTRY, revision=2), before[1]._replace(score=7, revision=2)]
    for limits, total in (((), None), (("score",), None), (("rank",), None), (("score", "percent"), 39)):
        tiers = tuple(Tier(limit, TierLimit(limit), Decimal(5)) for limit in limits)
        tiered = ladder._replace(board=replace(ladder.board, tiers=tiers))
        [applied] = await index.apply_all([LadderUpdate(tiered, changed, count=True)])
        assert [result.total for result in applied] == [total, total]
        [uncounted] = await index.apply_all([LadderUpdate(tiered, changed)])
        assert [result.total for result in uncounted] == [None, None]


async def test_many_ladders_are_applied_together(new_index: NewIndex) -> None:
    """Update 150 ladders in one call, which takes several round trips. Every third update requests counts."""
    index = await complete(new_index(3), LADDERS[0])
    ladders = [Ladder(Board(i, f"board-{i}", "Board", order=list(Order)[i % 2])) for i in range(1000, 1150)]
    crowds = {ladder: crowd(5, seed=ladder.board.id) for ladder in ladders}
    updates = [LadderUpdate(ladder, some, count=ladder.board.id % 3 == 0) for ladder, some in crowds.items()]
    applied = await index.apply_all(updates)
    assert await index.apply_all([]) == []
    for update, results in zip(updates, applied, strict=True):
        keys = sorted(key_of(update.ladder, s) for s in update.standings)
        assert [one.key for one in results] == [key_of(update.ladder, s) for s in update.standings]
        above = [bisect_left(keys, one.key) if update.count else None for one in results]
        assert [one.above for one in results] == above
        assert (await index.counts(update.ladder, [])).total == 5


@pytest.mark.parametrize("players", [1000, 1001, 2001])
async def test_any_number_is_applied_at_once(new_index: NewIndex, players: int) -> None:
    index, ladder = await complete(new_index(1), LADDERS[0]), LADDERS[0]
    await index.apply(ladder, crowd(players))
    newer = [one._replace(score=one.score + 100, revision=2) for one in crowd(players)]
    applied = await index.apply(ladder, newer, count=True)
    expected = sorted(key_of(ladder, one) for one in newer)
    assert [one.above for one in applied] == [bisect_left(expected, key_of(ladder, one)) for one in newer]
    assert [one.previous for one in applied] == [key_of(ladder, one) for one in crowd(players)]
    assert await index.differences(ladder, newer) == []
    assert (await index.counts(ladder, [])).total == players


async def test_nothing_is_counted_unless_asked(new_index: NewIndex) -> None:
    index = await complete(new_index(3), LADDERS[0])
    assert [a.above for a in await index.apply(LADDERS[0], crowd(10))] == [None] * 10


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_older_revisions_change_nothing_whatever_the_order(new_index: NewIndex, ladder: Ladder) -> None:
    index = await complete(new_index(3), ladder, [standing(user_id, 0) for user_id in range(20)])
    history = [standing(3, (7 * r) % 11 - 5, at=r, revision=r) for r in range(2, 12)]
    Random(4).shuffle(history)
    for update in history:
        await index.apply(ladder, [update])
    rows = await index.rows(ladder, [3])
    assert rows[3].key == key_of(ladder, max(history, key=lambda s: s.revision))
    assert (await index.counts(ladder, [])).total == 20


async def test_a_late_update_is_not_ranked_below_its_own_successor(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(2), ladder, [standing(1, 50, revision=9), standing(2, 40), standing(3, 10)])
    [late] = await index.apply(ladder, [standing(1, 20, revision=4)], count=True)
    assert late.above == 1
    assert late.previous == key_of(ladder, standing(1, 50))


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_counts_tell_whether_entries_are_still_there(new_index: NewIndex, ladder: Ladder) -> None:
    standings = crowd(30)
    index = await complete(new_index(3), ladder, standings)
    keys = [key_of(ladder, s) for s in standings]
    assert (await index.counts(ladder, keys, keys)).all_present
    assert (await index.counts(ladder, [])).all_present
    moved = standings[7]._replace(score=standings[7].score + 1, revision=2)
    await index.apply(ladder, [moved])
    assert not (await index.counts(ladder, keys[:1], keys)).all_present
    assert (await index.counts(ladder, keys[:1], [*keys[:7], key_of(ladder, moved)])).all_present


async def test_ladders_are_apart(new_index: NewIndex) -> None:
    index = await complete(new_index(2), LADDERS[0], crowd(10))
    await index.load(LADDERS[0]._replace(period=7), crowd(3))
    assert (await index.counts(LADDERS[0], [])).total == 10
    assert (await index.counts(LADDERS[0]._replace(period=7), [])).total == 3
    assert (await index.counts(LADDERS[1], [])).total == 0


async def test_extremes_are_exact(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    extremes = [
        standing(user_id, score, at=at)
        for user_id, score, at in [
            (MAX_INTEGER, MAX_INTEGER, 0),
            (-MAX_INTEGER, MAX_INTEGER - 1, 1),
            (0, -MAX_INTEGER, -(2**47 - 1)),
            (1, -MAX_INTEGER + 1, 2**47 - 1),
        ]
    ]
    index = await complete(new_index(2), ladder, extremes)
    window = await index.window(ladder, FIRST, before=0, after=9)
    assert [row.key for row in window.after] == sorted(key_of(ladder, s) for s in extremes)


async def test_metadata_is_flagged(new_index: NewIndex) -> None:
    index = await complete(new_index(2), LADDERS[0], [standing(1, 5), standing(2, 4, metadata="{}")])
    window = await index.window(LADDERS[0], FIRST, before=0, after=9)
    assert [row.has_metadata for row in window.after] == [False, True]


async def test_differences_names_what_is_missing_or_other(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    standings = crowd(1200)
    index = await complete(new_index(3), ladder, standings[:-1])
    changed = standings[5]._replace(score=standings[5].score + 1, revision=2)
    expected = [*standings[:5], changed, *standings[6:]]
    assert set(await index.differences(ladder, expected)) == {changed.user_id, standings[-1].user_id}
    found = {key async for chunk in index.keys(ladder) for key in chunk}
    assert found == {key_of(ladder, s) for s in standings[:-1]}


async def test_an_index_that_is_not_complete_takes_updates_but_answers_no_reads(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = new_index(3)
    [applied] = await index.apply(ladder, [standing(1, 5)], count=True)
    assert applied.above is None
    assert list(await index.watermarks()) == [None] * 3
    assert list(await index.health()) == [False] * 3
    with pytest.raises(IndexUnavailable):
        await index.counts(ladder, [])
    with pytest.raises(IndexUnavailable):
        await index.window(ladder, FIRST, before=0, after=1)
    with pytest.raises(IndexUnavailable):
        await index.key_at(ladder, 1)
    with pytest.raises(IndexUnavailable):
        await index.rows(ladder, [1])


async def test_one_incomplete_partition_is_enough_to_answer_no_ranks(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(4), ladder, crowd(50))
    await index.begin_rebuild([ladder], [2])
    assert [mark is None for mark in await index.watermarks()] == [False, False, True, False]
    with pytest.raises(IndexUnavailable):
        await index.counts(ladder, [])
    [applied] = await index.apply(ladder, [standing(1, 5)], count=True)
    assert applied.above is None


async def test_a_rebuild_empties_its_partitions_and_only_those(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    standings = crowd(200)
    index = await complete(new_index(4), ladder, standings)
    token = await index.begin_rebuild([ladder], [1])
    assert list(await index.finish_rebuild(token, [1], 5)) == [1]
    kept = {key_of(ladder, s) for s in standings if partition_of(s.user_id, 4) != 1}
    assert {key async for chunk in index.keys(ladder) for key in chunk} == kept
    assert list(await index.watermarks()) == [1, 5, 1, 1]


async def test_a_rebuild_that_was_overtaken_does_not_finish(new_index: NewIndex) -> None:
    index = new_index(2)
    first = await index.begin_rebuild([], [0, 1])
    second = await index.begin_rebuild([], [1])
    assert list(await index.finish_rebuild(first, [0, 1], 5)) == [0]
    assert list(await index.finish_rebuild(second, [1], 6)) == [1]
    assert list(await index.finish_rebuild(second, [1], 7)) == []


async def test_watermarks_only_rise_and_only_where_complete(new_index: NewIndex) -> None:
    index = await complete(new_index(2), LADDERS[0])
    await index.advance(50)
    await index.advance(40)
    await index.begin_rebuild([], [1])
    await index.advance(60)
    assert list(await index.watermarks()) == [60, None]


async def test_nothing_is_vouched_for_after_a_disruption(new_index: NewIndex) -> None:
    index = new_index(2)
    await index.finish_rebuild(await index.begin_rebuild([], [0, 1]), [0, 1], 5, disruptions=index.disruptions)
    rebuild, catch_up = await index.begin_rebuild([], [0]), await index.begin_catch_up()
    number = index.disruptions
    for vouch in (
        lambda: index.advance(6, disruptions=number - 1),
        lambda: index.finish_rebuild(rebuild, [0], 6, disruptions=number - 1),
        lambda: index.finish_catch_up(catch_up, disruptions=number - 1),
    ):
        with pytest.raises(IndexUnavailable):
            await vouch()
    assert await index.watermarks() == [None, 5]
    assert (await index.catch_ups()).finished is None
    assert index.disruptions == number


async def test_a_lease_has_one_holder(new_index: NewIndex) -> None:
    index = new_index(2)
    assert await index.lease("job", "me", 60)
    assert not await index.lease("job", "you", 60)
    assert await index.lease("other", "you", 60)
    assert await index.lease("job", "me", 60)
    assert await index.lease("job", "me", 0)
    assert await index.lease("job", "you", 60)


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
@pytest.mark.parametrize("hidden", [HIDDEN_ENTRY, HIDDEN_PLAYER, HIDDEN_ENTRY | HIDDEN_PLAYER])
async def test_a_hidden_standing_is_found_by_its_player_alone(new_index: NewIndex, ladder: Ladder, hidden: int) -> None:
    standings = crowd(60)
    index = await complete(new_index(3), ladder, standings)
    veiled = standings[7]._replace(hidden=hidden, revision=2)
    listed = sorted(key_of(ladder, s) for s in standings if s is not standings[7])
    [applied] = await index.apply(ladder, [veiled], count=True)
    bound = rank_bound(ladder.board, applied.key)
    assert (applied.previous, applied.above) == (applied.key, bisect_left(listed, bound))
    window = await index.window(ladder, FIRST, before=0, after=100)
    assert [row.key for row in window.after] == listed
    assert not any(row.hidden for row in window.after)
    assert (await index.counts(ladder, [bound])).above == [applied.above]
    assert (await index.rows(ladder, [veiled.user_id]))[veiled.user_id].hidden
    assert await index.differences(ladder, [veiled, *standings[8:]]) == []
    assert await index.differences(ladder, [standings[7]]) == [veiled.user_id]
    [shown] = await index.apply(ladder, [veiled._replace(hidden=0, revision=3)])
    assert shown.previous is None
    assert (await index.counts(ladder, [])).total == 60


@pytest.mark.parametrize("ladder", BARRED, ids=lambda ladder: ladder.board.slug)
async def test_a_standing_with_too_few_submissions_has_no_entry(new_index: NewIndex, ladder: Ladder) -> None:
    standings = crowd(90)
    index = await complete(new_index(3), ladder, standings)
    listed = [s for s in standings if s.submissions >= 5]
    keys = sorted(key_of(ladder, s) for s in listed)
    assert 0 < len(listed) < len(standings)
    window = await index.window(ladder, FIRST, before=0, after=100)
    assert ([row.key for row in window.after], window.total) == (keys, len(listed))
    assert await index.key_at(ladder, len(keys) + 1) is None
    rows = await index.rows(ladder, [s.user_id for s in standings])
    assert {i: row.submissions for i, row in rows.items()} == {s.user_id: s.submissions for s in standings}
    assert not any(row.hidden for row in rows.values())
    assert await index.differences(ladder, standings) == []

    moved = next(s for s in standings if s.submissions == 4)
    [entered] = await index.apply(ladder, [moved._replace(submissions=5, revision=2)], count=True)
    above = bisect_left(keys, rank_bound(ladder.board, entered.key))
    assert (entered.previous, entered.above) == (None, above)
    assert (await index.counts(ladder, [], [entered.key])).all_present
    [left] = await index.apply(ladder, [moved._replace(revision=3)])
    assert left.previous == entered.key
    observed = (await index.observe([ladder], [moved.user_id]))[ladder]
    await index.mend(ladder, [moved.user_id], [moved._replace(submissions=6, revision=3)], observed)
    assert (await index.counts(ladder, [entered.key])).total == len(listed) + 1
    entries = {key async for chunk in index.keys(ladder) for key in chunk}
    assert entries == {*keys, entered.key}


async def test_a_removed_standing_is_gone_and_keeps_late_updates_away(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(2), ladder, [standing(1, 5), standing(2, 9)])
    await index.apply(ladder, [removed_standing(ladder.board, 1, revision=7)])
    [late] = await index.apply(ladder, [standing(1, 6, revision=3)])
    assert late.refused
    assert list(await index.load(ladder, [standing(1, 6, revision=3), standing(2, 9)])) == [1]
    assert await index.rows(ladder, [1]) == {}
    assert (await index.counts(ladder, [])).total == 1
    assert await index.differences(ladder, [removed_standing(ladder.board, 1, revision=7)]) == []
    await index.apply(ladder, [standing(1, 1, revision=8)])
    assert (await index.counts(ladder, [])).total == 2


async def test_players_are_observed_on_all_ladders(new_index: NewIndex) -> None:
    index = await complete(new_index(3), LADDERS[0], crowd(20))
    await index.load(LADDERS[3], crowd(20)[:12])
    ids = [s.user_id for s in crowd(20)]
    await index.apply(LADDERS[3], [removed_standing(LADDERS[3].board, ids[0], revision=7)])
    observed = await index.observe(LADDERS, [*ids, 10**9])
    on_fourth = {s.user_id for s in crowd(20)[:12]}
    assert {ladder: set(values) for ladder, values in observed.items()} == {
        LADDERS[0]: set(ids),
        LADDERS[3]: on_fourth | {ids[0]},
    }
    seen = observed[LADDERS[3]]
    assert {i: (seen[i].revision, seen[i].removed) for i in ids[:2]} == {ids[0]: (7, True), ids[1]: (1, False)}
    assert not await index.observe(LADDERS, [10**9])


async def test_more_players_than_go_into_one_call_are_observed(new_index: NewIndex) -> None:
    index = await complete(new_index(2), LADDERS[0], crowd(300))
    observed = await index.observe([LADDERS[0]], [s.user_id for s in crowd(300)])
    assert set(observed[LADDERS[0]]) == {s.user_id for s in crowd(300)}


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_what_is_as_observed_is_mended_in_one_step(new_index: NewIndex, ladder: Ladder) -> None:
    """A repair writes standings whatever their revisions. It skips players whose standings changed since `observe`."""
    wrong = [standing(i, i, revision=5) for i in range(1, 5)]
    index = await complete(new_index(3), ladder, wrong)
    observed = (await index.observe([ladder], [1, 2, 3, 4, 5]))[ladder]
    moved = standing(2, 50, revision=6)
    await index.apply(ladder, [moved])
    right = [
        standing(1, 9, revision=5),
        standing(2, 8, revision=5),
        standing(3, 7, revision=2)._replace(hidden=HIDDEN_ENTRY),
        standing(5, 6, revision=1),
    ]
    assert list(await index.mend(ladder, [1, 2, 3, 4, 5], right, observed)) == [2]
    expected = {s.user_id: s for s in right} | {2: moved}
    assert list(await index.differences(ladder, list(expected.values()))) == []
    rows = await index.rows(ladder, [1, 2, 3, 4, 5])
    assert set(rows) == {1, 2, 3, 5}
    keys = {key async for chunk in index.keys(ladder) for key in chunk}
    assert keys == {key_of(ladder, s) for s in expected.values() if not s.hidden}


async def test_a_removed_standing_is_mended_away(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(2), ladder, [removed_standing(ladder.board, 1, revision=7)])
    observed = (await index.observe([ladder], [1]))[ladder]
    assert list(await index.mend(ladder, [1], [], observed)) == []
    await index.apply(ladder, [standing(1, 5, revision=1)])
    assert set(await index.rows(ladder, [1])) == {1}


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_an_erasure_keeps_late_updates_of_all_ladders_away(new_index: NewIndex, ladder: Ladder) -> None:
    index = await complete(new_index(2), ladder, [standing(1, 5, revision=3), standing(2, 9)])
    await index.add_erasures({1: 7, 3: 7, 4: 7})
    await index.add_erasures({3: 6, 4: 8})
    assert {i: (e.revision, e.removed) for i, e in (await index.erasures([1, 2, 3, 4])).items()} == {
        1: (7, True),
        3: (7, True),
        4: (8, True),
    }
    late = [standing(3, 6, revision=7), standing(4, 6, revision=8), standing(5, 6, revision=1)]
    assert [result.refused for result in await index.apply(ladder, late, count=True)] == [True, True, False]
    assert sorted(await index.load(ladder, late)) == [3, 4]
    assert set(await index.rows(ladder, range(1, 6))) == {1, 2, 5}
    assert await index.differences(ladder, [standing(1, 5, revision=3)]) == []
    await index.apply(ladder, [standing(1, 6, revision=4), standing(3, 6, revision=8)])
    assert set(await index.rows(ladder, range(1, 6))) == {1, 2, 3, 5}


async def test_any_number_of_updates_is_held_against_erasures(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(2), ladder, [standing(i, i) for i in range(1, 2500, 3)])
    await index.add_erasures(dict.fromkeys(range(1, 2500, 2), 5))
    updates = [standing(i, i, revision=2) for i in range(1, 2500)]
    results = await index.apply(ladder, updates)
    refused = {s.user_id for s, result in zip(updates, results, strict=True) if result.refused}
    assert refused == {i for i in range(1, 2500, 2) if i % 3 != 1}


async def test_an_erasure_is_mended_over_only_if_it_was_observed(new_index: NewIndex) -> None:
    ladder = LADDERS[0]
    index = await complete(new_index(2), ladder, [])
    await index.add_erasures({1: 7, 2: 7})
    erasures = await index.erasures([1, 2])
    await index.add_erasures({2: 8})
    recreated = [standing(1, 5, revision=2), standing(2, 5, revision=2), standing(3, 5)]
    assert list(await index.mend(ladder, [1, 2, 3], recreated, {})) == [1, 2]
    assert list(await index.mend(ladder, [1, 2], recreated[:2], erasures)) == [2]
    assert set(await index.rows(ladder, [1, 2, 3])) == {1, 3}


async def test_erasures_go_when_they_are_forgotten_and_with_their_partition(new_index: NewIndex) -> None:
    index = await complete(new_index(2), LADDERS[0], [])
    await index.add_erasures(dict.fromkeys(range(1, 50), 7))
    await index.forget_erasures({1: 6, 2: 7, 3: 8})
    assert (await index.erasures(range(1, 50))).keys() == {1, *range(4, 50)}
    await index.begin_rebuild([], [1])
    assert {partition_of(i, 2) for i in await index.erasures(range(1, 50))} == {0}


async def test_names_are_swapped_where_they_are_as_observed(new_index: NewIndex) -> None:
    index = await complete(new_index(3), LADDERS[0], [standing(i, i) for i in range(1, 6)])
    await index.add_names({1: "Ada", 2: "Bo", 3: "Cai"})
    assert list(await index.add_names({1: "late", 2: "Bo", 4: "Di"})) == [1]
    swaps = {
        1: NameSwap("Ada", "Äda"),
        2: NameSwap("Bob", "Robert"),
        3: NameSwap("Cai", None),
        4: NameSwap(None, "Dee"),
        5: NameSwap(None, "Eve"),
    }
    assert sorted(await index.swap_names(swaps)) == [2, 4]
    names = {1: "Äda", 2: "Bo", 4: "Di", 5: "Eve"}
    assert await index.names(range(1, 10)) == names
    assert {i: row.label for i, row in (await index.rows(LADDERS[0], range(1, 6))).items()} == {**names, 3: None}


async def test_names_may_have_any_text(new_index: NewIndex) -> None:
    index = await complete(new_index(3), LADDERS[0], [])
    texts = ("", " ", "%z", "[^%z]*", "\x01\x7f", "日本", "é" * 64, '"', "a\nb")
    names = {i: texts[i % len(texts)] for i in range(1, 3000)}
    assert await index.add_names(names) == []
    assert await index.names(names) == names
    assert list(await index.add_names({**names, 7: "other"})) == [7]
    asked = {**names, 7: "other", 5000: "new"}
    assert sorted(await index.differing_names(asked, missing=True)) == [7, 5000]
    assert list(await index.differing_names(asked, missing=False)) == [7]
    assert await index.add_names({}) == []


async def test_a_catch_up_finishes_unless_another_began_since(new_index: NewIndex) -> None:
    index = new_index(3)
    assert await index.catch_ups() == CatchUps(None, None)
    first = await index.begin_catch_up()
    assert await index.catch_ups() == CatchUps(first, None)
    second = await index.begin_catch_up()
    assert not await index.finish_catch_up(first)
    assert await index.finish_catch_up(second)
    assert await index.catch_ups() == CatchUps(second, second)


async def test_a_ladder_is_dropped_alone(new_index: NewIndex) -> None:
    index = await complete(new_index(3), LADDERS[0], crowd(20))
    await index.load(LADDERS[1], crowd(20))
    await index.drop(LADDERS[0])
    assert (await index.counts(LADDERS[0], [])).total == 0
    assert await index.rows(LADDERS[0], [s.user_id for s in crowd(20)]) == {}
    assert (await index.counts(LADDERS[1], [])).total == 20


async def test_ladders_with_keys_are_found_and_dropped_by_their_ids(new_index: NewIndex) -> None:
    crowds = {ladder: crowd(40) for ladder in (LADDERS[0], LADDERS[1], Ladder(LADDERS[1].board, -7))}
    index = await complete(new_index(3), LADDERS[0], crowds.pop(LADDERS[0]))
    await index.add_names({1: "Ada"})
    await index.add_erasures({10**6: 7})
    for ladder, standings in crowds.items():
        await index.load(ladder, standings)
    first, second = LADDERS[0].board.id, LADDERS[1].board.id
    assert set(await index.present_ladders()) == {(first, 0), (second, 0), (second, -7)}
    await index.drop_ladders([(second, 0), (second, 5)])
    assert set(await index.present_ladders()) == {(first, 0), (second, -7)}
    assert (await index.counts(LADDERS[0], [])).total == 40
    assert (await index.counts(LADDERS[1], [])).total == 0
    assert await index.names([1]) == {1: "Ada"}


async def test_an_inspection_is_kept_until_the_next_one(new_index: NewIndex) -> None:
    index = new_index(3)
    assert await index.verification() is None
    assert (await index.survey([])).verification is None
    for noted in (VerificationState(5, 10, 1, -7), VerificationState(6, 12, 1, None)):
        await index.note_verification(noted)
        assert await index.verification() == noted
        assert (await index.survey([])).verification == noted


async def test_a_survey_tells_how_each_partition_is(new_index: NewIndex) -> None:
    index = new_index(3)
    before = await index.survey(LADDERS)
    assert [(shard.partition, shard.watermark) for shard in before.shards] == [(0, None), (1, None), (2, None)]
    standings = crowd(100)
    for ladder in LADDERS:
        await complete(index, ladder)
    for ladder in LADDERS[:2]:
        await index.load(ladder, standings)
    await index.advance(7)
    await index.add_names({s.user_id: "name" for s in standings[:10]})
    survey = await index.survey(LADDERS)
    nodes = {node.name: node for node in survey.nodes}
    assert all(nodes[shard.node].up for shard in survey.shards)
    for shard in survey.shards:
        own = [s.user_id for s in standings if partition_of(s.user_id, 3) == shard.partition]
        named = [s.user_id for s in standings[:10] if s.user_id in own]
        assert (shard.watermark, shard.entries, shard.players) == (7, 2 * len(own), len(named))
