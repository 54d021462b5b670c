"""Contract of history stores, over the in-memory and the real adapters."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy
from leaderforge.domain.history import HistoryPoint, HistoryPosition
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.ports.history import HistoryStore
from tests.contract.store_fixtures import Stores, history_store, submit
from tests.contract.test_score_store import on_boards_of_their_own
from tests.oracle import Oracle
from tests.strategies import orders, tied_events

DAY = 86_400_000
PLAYERS = range(1, 13)


@pytest.fixture
def histories(stores: Stores) -> HistoryStore:
    return history_store(stores)


def position_of(event: Event) -> HistoryPosition:
    return HistoryPosition(event.achieved_at, event.received_us, event.submission_id)


def expected(board: Board, events: Sequence[Event], user_id: int) -> list[HistoryPoint]:
    """Return the player's history as the oracle computes it: for each event, the standing directly after it."""
    known: dict[UUID, Event] = {}
    for event in events:
        if event.user_id == user_id:
            known.setdefault(event.submission_id, event)
    own = sorted(known.values(), key=position_of)
    points = []
    for i, event in enumerate(own, 1):
        [line] = Oracle(board, own[:i]).lines
        points.append(HistoryPoint(position_of(event), event.score, line.score, line.subscore or 0, event.numbers))
    return points


@on_boards_of_their_own
@given(
    events=st.lists(tied_events, max_size=30),
    policy=st.sampled_from(Policy),
    order=orders,
    subscore_order=orders,
    limit=st.integers(1, 5),
)
async def test_points_are_what_the_events_up_to_each_amount_to(
    stores: Stores,
    histories: HistoryStore,
    events: list[Event],
    policy: Policy,
    order: Order,
    subscore_order: Order,
    limit: int,
) -> None:
    await stores.users.create([Player(i, f"Player {i}", None, 0) for i in PLAYERS])
    board = await stores.board(policy=policy, order=order, subscore_order=subscore_order)
    await stores.scores.record([Submission([Ladder(board)], event) for event in events])
    for user_id in {event.user_id for event in events} | {1}:
        found: list[HistoryPoint] = []
        before = None
        while page := await histories.points(board, user_id, limit, before):
            found += page
            before = page[-1].position
            assert len(page) <= limit
        assert found[::-1] == expected(board, events, user_id)


async def test_points_of_a_board_are_of_that_board(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1)
    one, other = await stores.board(), await stores.board()
    await stores.scores.record([submit(Ladder(one), 1, 5), submit(Ladder(other), 1, 7)])
    assert [point.score for point in await histories.points(one, 1, 10)] == [5]
    assert list(await histories.points(await stores.board(), 1, 10)) == []


async def test_sums_of_extremes_are_exact(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1)
    board = await stores.board()
    for at, score in enumerate((MAX_INTEGER, -MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER)):
        await stores.scores.record([submit(Ladder(board), 1, score, at=at)])
    totals = [point.score for point in await histories.points(board, 1, 10)]
    assert totals == [0, -MAX_INTEGER, 0, MAX_INTEGER]


async def test_the_ladders_of_a_player(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1, 2)
    board = await stores.board(calendar=Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME)))
    played: dict[int, list[Ladder]] = defaultdict(list)
    for day, user_id in ((0, 1), (1, 2), (2, 1), (5, 1), (-7, 1)):
        ladders = board.ladders_at(day * DAY)
        await stores.scores.record([Submission(ladders, submit(Ladder(board), user_id, 3, at=day * DAY).event)])
        played[user_id].append(ladders[0])
    for user_id, own in played.items():
        latest_first = sorted(own, key=lambda ladder: -ladder.period)
        found = await histories.played(board, user_id, 10)
        assert [one.ladder for one in found] == [Ladder(board), *latest_first]
        assert not any(one.hidden for one in found)
    assert [one.ladder.period for one in await histories.played(board, 1, 2)] == [0, max(p.period for p in played[1])]
    assert list(await histories.played(board, 3, 10)) == []


async def test_the_ladders_of_a_player_have_the_external_id(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1, 2)
    await stores.users.change(1, {"external_id": "ada"}, AuditEntry(0, "cli", "user.update"))
    board = await stores.board()
    for user_id in (1, 2):
        await stores.scores.record([submit(Ladder(board), user_id, 3)])
        assert [ladder.external_id for ladder in await histories.played(board, user_id, 10)] == [
            "ada" if user_id == 1 else None
        ]


async def test_the_boards_of_a_player(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1, 2, 3)
    boards = [await stores.board(private=i % 2 == 1) for i in range(6)]
    daily = await stores.board(calendar=Calendar((PeriodKind.DAILY,)))
    for board in boards:
        await stores.scores.record([submit(Ladder(board), 1, 3)])
    await stores.scores.record(
        [Submission(daily.ladders_at(day * DAY), submit(Ladder(daily), 2, 1, at=day * DAY).event) for day in (0, 1)]
    )
    slugs = sorted(board.slug for board in boards)

    async def listed(
        user_id: int, limit: int = 10, after: str = "", *, private: bool = True, hidden: bool = False
    ) -> list[str]:
        return [b.slug for b in await histories.boards_of(user_id, limit, after=after, private=private, hidden=hidden)]

    assert await listed(1) == slugs
    assert await listed(1, 2) == slugs[:2]
    assert await listed(1, 2, slugs[1]) == slugs[2:4]
    assert await listed(1, private=False) == sorted(board.slug for board in boards if not board.private)
    assert await listed(2) == [daily.slug]
    assert await listed(3) == []
    assert list(await histories.boards_of(2, 10, private=False, hidden=False)) == [daily]
    await stores.moderation.set_entry_hidden(daily, 2, True, AuditEntry(2 * DAY, "cli", "entry.hide"))
    assert (await listed(2), await listed(2, hidden=True)) == ([], [daily.slug])
    await stores.moderation.remove(boards[0], 1, AuditEntry(3 * DAY, "cli", "entry.remove"))
    await stores.scores.delete_board(boards[1].slug, AuditEntry(3 * DAY, "cli", "board.delete"))
    assert await listed(1) == sorted(board.slug for board in boards[2:])
    for board in (daily, boards[0]):
        act = AuditEntry(3 * DAY, "cli", "board.change")
        await stores.scores.change_board(board.slug, partial(replace, frozen_at=2 * DAY), act)
    # A frozen board may show a moment before the player was hidden or removed.
    assert await listed(2) == [daily.slug]
    assert await listed(1) == sorted(board.slug for board in [boards[0], *boards[2:]])


async def test_what_a_moderator_does_shows(stores: Stores, histories: HistoryStore) -> None:
    await stores.players(1)
    board = await stores.board(calendar=Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME)))
    for day in (0, 1):
        event = submit(Ladder(board), 1, 5, at=day * DAY).event
        await stores.scores.record([Submission(board.ladders_at(day * DAY), event)])
    await stores.moderation.set_entry_hidden(board, 1, True, AuditEntry(2 * DAY, "cli", "entry.hide"))
    assert {one.hidden for one in await histories.played(board, 1, 10)} == {True}
    await stores.moderation.set_entry_hidden(board, 1, False, AuditEntry(2 * DAY, "cli", "entry.unhide"))
    assert {one.hidden for one in await histories.played(board, 1, 10)} == {False}
    await stores.moderation.remove(board, 1, AuditEntry(3 * DAY, "cli", "entry.remove"))
    assert list(await histories.points(board, 1, 10)) == []
    # Both days are over. Therefore their standings stay after the removal.
    days = [board.ladders_at(day * DAY)[0] for day in (1, 0)]
    assert [one.ladder for one in await histories.played(board, 1, 10)] == days
