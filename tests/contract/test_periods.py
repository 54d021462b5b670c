"""Contract of period stores, over the in-memory and the real adapters."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from leaderforge.adapters.memory.period_store import MemoryPeriodStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from tests.contract.store_fixtures import Database, Stores, submit

DAY = 86_400_000
END = 2**62


@pytest.fixture
def periods(stores: Stores) -> PeriodStore:
    if isinstance(stores, Database):
        return PostgresPeriodStore(stores.pool, Periods(stores.pool))
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemoryPeriodStore(stores.scores)


async def played(stores: Stores, days: Collection[int], players: int = 1) -> tuple[Board, list[Ladder]]:
    """Return a board on which the players scored on each of the days, and its ladders, latest first."""
    board = await stores.board(calendar=Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME)))
    await stores.players(*range(1, players + 1))
    for day in days:
        for user_id in range(1, players + 1):
            await count(stores, board, user_id, day)
    return board, [board.ladders_at(day * DAY)[0] for day in sorted(days, reverse=True)]


async def count(stores: Stores, board: Board, user_id: int, day: int, id: int | None = None) -> Recorded:  # noqa: A002
    ladders = board.ladders_at(day * DAY)
    event = submit(ladders[0], user_id, 1, at=day * DAY, id=id).event
    [recorded] = await stores.scores.record([Submission(ladders, event)])
    assert isinstance(recorded, Recorded)
    return recorded


async def test_periods_come_latest_first_and_in_pages(stores: Stores, periods: PeriodStore) -> None:
    board, ladders = await played(stores, [3, -2, 0, 9])
    await played_elsewhere(stores)
    assert list(await periods.periods(board, 10)) == ladders
    assert list(await periods.periods(board, 2)) == ladders[:2]
    assert list(await periods.periods(board, 2, ladders[1].period)) == ladders[2:]
    assert list(await periods.periods(board, 2, ladders[-1].period)) == []


async def test_standings_of_players_come_by_ladder_but_for_retired_periods(
    stores: Stores, periods: PeriodStore
) -> None:
    board, [later, earlier] = await played(stores, [3, 4], players=3)
    await stores.scores.refold(Ladder(board), [2])
    await periods.retire(earlier, 1000)
    found = dict(await stores.scores.standings_of([1, 2, 99]))
    own = {ladder: {one.user_id for one in found[ladder]} for ladder in found if ladder.board.id == board.id}
    assert own == {later: {1, 2}, Ladder(board): {1, 2}}
    for ladder in own:
        assert sorted(found[ladder], key=str) == sorted(await stores.scores.standings(ladder, [1, 2]), key=str)
    assert list(await stores.scores.standings_of([])) == []


async def test_the_caches_of_periods_stay_small(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderforge.adapters.postgres.periods._MAX_CACHED", 2)
    _, ladders = await played(database, range(5))
    periods = Periods(database.pool)
    for ladder in [*ladders, *ladders]:
        await periods.open([ladder])
        await periods.mark_retired([Recorded([ladder], [], duplicate=False, improved=False)])
        assert len(periods._open) <= 2 >= len(periods._states)


async def test_a_purged_period_is_stored_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has counted in a period learns of its removal, which another process does, within a minute."""
    now = 1000.0
    monkeypatch.setattr("leaderforge.adapters.postgres.periods.monotonic", lambda: now)
    board, [ladder] = await played(database, [3])
    others = PostgresPeriodStore(database.pool, Periods(database.pool))
    while await others.remove(ladder, 100):
        pass
    now += 60
    await count(database, board, 1, 3)
    assert list(await others.periods(board, 10)) == [ladder]


async def played_elsewhere(stores: Stores) -> None:
    board = await stores.board(calendar=Calendar((PeriodKind.DAILY,)))
    await count(stores, board, 1, 3)


async def test_a_retired_period_is_read_from_the_store(stores: Stores, periods: PeriodStore) -> None:
    board, [later, earlier] = await played(stores, [3, 4])
    await periods.retire(earlier, 1000)
    await periods.retire(earlier, 2000)
    assert [(one.period, one.indexed) for one in await stores.scores.ladders_of(board)] == [
        (later.period, True),
        (earlier.period, False),
    ]
    of_index = [ladder for ladder in await stores.scores.ladders() if ladder.board.id == board.id]
    assert of_index == [Ladder(board), later]
    kept = {one.ladder: one.retired_at for one in await periods.undropped([board])}
    assert kept == {earlier: 1000, later: None}
    assert set(await stores.scores.rows(earlier, [1])) == {1}


async def test_ladders_are_found_among_others(stores: Stores, periods: PeriodStore) -> None:
    board, [later, earlier] = await played(stores, [3, 4])
    other = await stores.board(calendar=board.calendar)
    await count(stores, other, 1, 4)
    own = other.ladders_at(4 * DAY)[0]
    empty = [one.ladders_at(9 * DAY)[0] for one in (board, other)]
    await periods.retire(earlier, 1000)
    assert set(await stores.scores.find_ladders([later, earlier, own, *empty])) == {
        later,
        earlier._replace(indexed=False),
        own,
    }
    await periods.expire(earlier, 2000)
    assert set(await stores.scores.find_ladders([later, earlier])) == {later}
    assert set(await stores.scores.find_ladders([])) == set()


async def test_what_is_counted_later_is_told_not_to_be_indexed(stores: Stores, periods: PeriodStore) -> None:
    board, [earlier] = await played(stores, [3])
    await periods.retire(earlier, 1000)
    fresh = replace(stores, scores=reopened(stores))
    for id, duplicate in ((7, False), (7, True)):  # noqa: A001
        recorded = await count(fresh, board, 1, 3, id=10**9 + id)
        assert (recorded.duplicate, recorded.standing.submissions) == (duplicate, 2)
        assert [ladder.indexed for ladder in recorded.ladders] == [False, True]


def reopened(stores: Stores) -> ScoreStore:
    """Return the score store of another process, with an empty cache."""
    return PostgresScoreStore(stores.pool) if isinstance(stores, Database) else stores.scores


async def test_what_is_dropped_is_of_no_concern_to_the_index(stores: Stores, periods: PeriodStore) -> None:
    board, [later, earlier] = await played(stores, [3, 4])
    await periods.retire(earlier, 1000)
    assert list(await periods.old(board, END, 10)) == []
    await periods.note_dropped(earlier)
    assert [one.ladder for one in await periods.undropped([board])] == [later]
    assert [(one.ladder, one.retired_at) for one in await periods.old(board, END, 10)] == [(earlier, 1000)]
    assert list(await periods.old(board, earlier.period, 10)) == []


async def test_an_expired_period_is_out_of_reach_and_removed_in_pieces(stores: Stores, periods: PeriodStore) -> None:
    board, [later, earlier] = await played(stores, [3, 4], players=5)
    await periods.retire(earlier, 1000)
    await periods.note_dropped(earlier)
    await periods.expire(earlier, 5000)
    await periods.expire(earlier, 6000)
    assert list(await periods.periods(board, 10)) == [later]
    assert [one.period for one in await stores.scores.ladders_of(board)] == [later.period]
    assert [(one.ladder, one.expired_at) for one in await periods.old(board, END, 10)] == [(earlier, 5000)]
    assert [await periods.remove(earlier, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(await periods.old(board, END, 10)) == []
    assert (await stores.scores.counts(earlier, [])).total == 0
    for ladder in (later, Ladder(board)):
        assert (await stores.scores.counts(ladder, [])).total == 5


async def test_boards_that_are_not_asked_for_are_left_out(stores: Stores, periods: PeriodStore) -> None:
    await played(stores, [3])
    assert list(await periods.undropped([])) == []


async def test_hidden_standings_are_removed_too(database: Database) -> None:
    periods = PostgresPeriodStore(database.pool, Periods(database.pool))
    _, [ladder] = await played(database, [3], players=3)
    await database.run("update standings set hidden = 2 where user_id = 2")
    assert [await periods.remove(ladder, 10) for _ in range(2)] == [3, 0]
    left = await database.run(f"select * from standings where period_id = {ladder.period}")  # noqa: S608
    assert list(left) == []
