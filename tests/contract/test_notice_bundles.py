"""Bundles of notices: reads in parts, waiting for endpoints, erasures, purges, and notices outside of bundles."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.postgres.strategies import BatchWrite, SingleStatementWrite
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.dispatching import DispatchResult, Queued, Waiting
from leaderforge.domain.notice_bundles import OutboxBundle, bundle_draft
from leaderforge.domain.notice_log import Notice, NoticeDraft
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.submissions import Recorded
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.ports.derived_notices import NoticedPlace, NoticedTier, Overtakings
from leaderforge.services import notice_feed
from tests.contract.store_fixtures import Database, submit
from tests.contract.test_notice_store import Scene, endpoint, on

_ACT = AuditEntry(5, "tests", "endpoint.create")
_PLAYERS = range(1, 8)


@pytest.fixture
async def scene(on_postgres: Database) -> Scene:
    """Empty log on PostgreSQL only: there, each batch is one bundle. On Citus, a batch has a bundle for each worker."""
    await on_postgres.players(*_PLAYERS)
    return on(on_postgres)


@pytest.fixture
async def anywhere(database: Database) -> Scene:
    """Empty log on PostgreSQL or Citus."""
    await database.players(*_PLAYERS)
    return on(database)


async def sent(scene: Scene, **settings: Any) -> Board:
    """Return a new board with notices, on which each player has improved once in each of two batches."""
    board = await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,), **settings)
    for score in (1, 2):
        outcomes = await scene.stores.scores.record([submit(Ladder(board), i, score) for i in _PLAYERS])
        assert all(isinstance(outcome, Recorded) for outcome in outcomes)
    return board


async def following(scene: Scene, at_once: int) -> Sequence[Notice]:
    """Return all notices of the log, read a few at a time."""
    notices: list[Notice] = []
    position = -1
    page = await scene.notices.after(0, at_once)
    while page.position != position:
        notices += page.notices
        assert len(page.notices) <= at_once
        position = page.position
        page = await scene.notices.after(position, at_once)
    return notices


def alone(notice: Notice) -> Notice:
    """Return the notice as it would be if its row of the log had no other notices."""
    return notice._replace(is_bundled=False)


def players(notices: Sequence[Notice]) -> list[int]:
    """Return the players of notices."""
    return [notice.user_id for notice in notices]


async def test_a_batch_is_one_row_and_its_notices_have_positions_of_their_own(scene: Scene) -> None:
    board = await sent(scene)
    assert [type(row) for row in await scene.notices.outbox(10)] == [OutboxBundle] * 2
    assert (await scene.notices.backlog()).pending == 14
    assert await scene.relay.run(5) == 14
    for at_once in (1, 3, 7, 100):
        log = await following(scene, at_once)
        assert players(log) == [*_PLAYERS, *_PLAYERS]
        assert [notice.position for notice in log] == [*range(1, 8), *range(9, 16)]
        assert len({UUID(notice.notice_id) for notice in log}) == 14
        assert {(notice.type, notice.board) for notice in log} == {("score.improved", board.slug)}
    assert await scene.notices.bounds() == (0, 16)


async def test_a_follower_pauses_only_at_the_end_of_the_log(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # A bundle has one position without a notice, so that pages of such bundles have fewer notices than positions.
    board = await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,))
    for user_id in _PLAYERS:
        await scene.stores.scores.record([submit(Ladder(board), user_id, 1)])
    await scene.relay.run(5)
    monkeypatch.setattr(notice_feed, "_AT_ONCE", 4)
    monkeypatch.setattr(notice_feed, "_LOOK_S", 3600)
    feed, received = notice_feed.NoticeFeed(scene.notices), list[Notice]()
    async with asyncio.timeout(20), aclosing(feed.follow(0, lambda _: True)) as pages:
        while len(received) < len(_PLAYERS):
            received += (await anext(pages)).notices
    assert players(received) == [*_PLAYERS]


DEATHS = (Tiebreaker("deaths", Order.DESC, -1, 7),)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"subscore_order": Order.DESC},
        {"policy": Policy.LATEST},
        {"policy": Policy.BEST, "subscore_order": Order.ASC, "tiebreakers": DEATHS},
    ],
)
async def test_a_notice_is_the_same_however_it_is_written(scene: Scene, settings: dict[str, Any]) -> None:
    """Compare the bundle that one statement writes with the bundle that several statements write, as on Citus."""
    assert isinstance(scene.stores, Database)
    pool, limit_s = scene.stores.pool, scene.stores.pool.timeout_s
    board = await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,), **settings)
    for user_id, strategy in enumerate(
        (
            SingleStatementWrite(pool, scene.stores.clock, limit_s),
            BatchWrite(pool, scene.stores.clock, limit_s),
        ),
        1,
    ):
        submission = submit(Ladder(board), user_id, 7, at=5, id=user_id)
        event = submission.event._replace(subscore=3 if "subscore_order" in settings else 0)
        await strategy.write([submission._replace(event=event)])
    assert [type(row) for row in await scene.notices.outbox(10)] == [OutboxBundle] * 2
    await scene.relay.run(5)
    bodies = [{**json.loads(notice.body), "timestamp": ""} for notice in await following(scene, 9)]
    assert [list(body["data"]) for body in bodies] == [list(bodies[0]["data"])] * 2
    for user_id, body in enumerate(bodies, 1):
        assert (body["data"].pop("user_id"), UUID(body["data"].pop("submission_id")).int) == (user_id, user_id)
        del body["data"]["revision"]
    assert bodies == [bodies[0]] * 2
    expected = {"deaths": 4} if "tiebreakers" in settings else None
    assert bodies[0]["data"].get("tiebreakers") == expected


@pytest.mark.parametrize("previous", [False, True])
async def test_notices_of_boards_with_rules_are_one_row_for_a_batch(scene: Scene, previous: bool) -> None:
    limits = (await scene.stores.board()).limits.__class__(min_interval_ms=1)
    board = await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,), limits=limits)
    await scene.stores.scores.record([submit(Ladder(board), i, 1) for i in _PLAYERS], previous=previous)
    [bundle] = await scene.notices.outbox(10)
    assert isinstance(bundle, OutboxBundle)
    assert [item.user_id for item in bundle.items if item is not None] == [*_PLAYERS]


async def test_notices_keep_the_order_of_the_outbox_among_bundles(scene: Scene) -> None:
    board = await scene.stores.board(events=(NoticeType.SCORE_IMPROVED, NoticeType.MODERATION_HIDDEN))
    assert isinstance(scene.stores, Database)
    act = AuditEntry(5, "tests", "entry.hide", board.slug, 1, "a test")
    for score in (1, 2, 3):
        await scene.stores.scores.record([submit(Ladder(board), i, score) for i in (1, 2)])
        await scene.stores.moderation.set_entry_hidden(board, 1, bool(score % 2), act)
    await scene.relay.run(5)
    log = await following(scene, 2)
    assert [notice.type.partition(".")[0] for notice in log if notice.user_id == 1] == ["score", "moderation"] * 3
    assert [notice.position for notice in log] == sorted({notice.position for notice in log})


async def test_notices_of_a_bundle_wait_for_an_endpoint_one_by_one(scene: Scene) -> None:
    target = await scene.endpoints.create(replace(endpoint(), boards=()), 1, _ACT)
    await sent(scene)
    await scene.relay.run(5)
    work = await scene.endpoints.work(target, 10, due=10, fresh=4)
    assert (players(work.fresh), work.position) == ([1, 2, 3, 4], 4)
    waiting = [Waiting(Queued(work.fresh[1], 1), 50, reason="status 500"), Waiting(Queued(work.fresh[2], 2), 10, 10)]
    assert await scene.endpoints.commit_round(target, work, DispatchResult(work.fresh[:1], waiting, []), 10)
    [letter] = await scene.endpoints.dead("e", 10)
    assert letter.queued.notice == alone(work.fresh[2])
    [target] = await scene.endpoints.endpoints()
    later = await scene.endpoints.work(target, 60, due=10, fresh=100)
    assert [queued.notice for queued in later.due] == [alone(work.fresh[1])]
    assert players(later.fresh) == [5, 6, 7, *_PLAYERS]
    assert (later.blocked, later.position) == ({2}, 16)
    assert len(await following(scene, 100)) == 14


async def test_an_erasure_takes_a_player_out_of_bundles(scene: Scene) -> None:
    assert isinstance(scene.stores, Database)
    target = await scene.endpoints.create(replace(endpoint(), boards=()), 1, _ACT)
    board = await sent(scene)
    await scene.relay.run(5)
    work = await scene.endpoints.work(target, 10, due=10, fresh=100)
    waiting = [Waiting(Queued(notice), 10) for notice in work.fresh[:2]]
    await scene.endpoints.commit_round(target, work, DispatchResult([], waiting, []), 10)
    await scene.stores.scores.record([submit(Ladder(board), i, 9) for i in (1, 2)])
    for user_id in (1, 7):
        await scene.stores.records.erase(user_id, AuditEntry(6, "tests", "player.erase", user_id=user_id))
    await scene.relay.run(5)
    log = await following(scene, 3)
    assert players(log) == [2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 2]
    assert log[-1].position == 18
    [target] = await scene.endpoints.endpoints()
    assert [queued.notice.user_id for queued in (await scene.endpoints.work(target, 99, due=9, fresh=1)).due] == [2]
    assert not await scene.stores.run("select from notice_log where body like '%[1,%'")


async def test_a_relay_that_has_read_before_an_erasure_appends_nothing_erased(scene: Scene) -> None:
    assert isinstance(scene.stores, Database)
    board = await sent(scene)
    rows = [row for row in await scene.notices.outbox(10) if isinstance(row, OutboxBundle)]
    await scene.stores.records.erase(3, AuditEntry(6, "tests", "player.erase", user_id=3))
    drafts = {row.seq: [draft] for row in rows if (draft := bundle_draft(row, {board.id: board}))}
    await scene.notices.append(drafts)
    assert players(await following(scene, 5)) == [i for i in _PLAYERS if i != 3] * 2


async def test_erasures_and_relays_do_not_block_each_other(scene: Scene) -> None:
    assert isinstance(scene.stores, Database)
    await sent(scene)
    records = scene.stores.records
    erasures = [records.erase(i, AuditEntry(6, "tests", "player.erase", user_id=i)) for i in _PLAYERS[:5]]
    await asyncio.gather(*erasures, *(scene.relay.run(5) for _ in range(5)))
    await scene.relay.run(5)
    assert players(await following(scene, 5)) == [6, 7, 6, 7]


async def test_a_board_that_asks_for_nothing_any_more_is_left_out(scene: Scene) -> None:
    board = await sent(scene)
    [first, _] = [row for row in await scene.notices.outbox(10) if isinstance(row, OutboxBundle)]
    assert bundle_draft(first, {}) is None
    assert bundle_draft(first, {board.id: replace(board, events=())}) is None


async def test_bundles_are_purged_whole(scene: Scene) -> None:
    target = await scene.endpoints.create(replace(endpoint(), boards=()), 1, _ACT)
    await sent(scene)
    await scene.relay.run(5)
    work = await scene.endpoints.work(target, 10, due=10, fresh=9)
    waiting = [Waiting(Queued(notice), 10) for notice in work.fresh]
    await scene.endpoints.commit_round(target, work, DispatchResult([], waiting, []), 10)
    assert await scene.notices.purge(0, 9, 1) == 0  # the first bundle stays: one of its notices is among the newest 9
    [target] = await scene.endpoints.endpoints()
    assert target.disabled_at is None
    assert await scene.notices.purge(0, 8, 1) == 7
    assert await scene.notices.bounds() == (8, 16)
    assert players(await following(scene, 5)) == [*_PLAYERS]
    [target] = await scene.endpoints.endpoints()
    assert target.disabled_at == 1
    due = (await scene.endpoints.work(target, 10, due=10, fresh=1)).due
    assert [queued.notice.position for queued in due] == [9, 10]


@pytest.mark.parametrize("limits", [{}, {"min_interval_ms": 0}])
async def test_bundles_have_the_notices_of_their_players_in_order_on_any_database(
    anywhere: Scene, limits: dict[str, Any]
) -> None:
    rules = replace((await anywhere.stores.board()).limits, **limits)
    await sent(anywhere, limits=rules)
    rows = await anywhere.notices.outbox(100)
    assert {type(row) for row in rows} == {OutboxBundle}
    assert len(rows) < 14
    assert await anywhere.relay.run(5) == 14
    log = await following(anywhere, 3)
    assert sorted(players(log)) == sorted([*_PLAYERS, *_PLAYERS])
    for user_id in _PLAYERS:
        assert [json.loads(n.body)["data"]["submissions"] for n in log if n.user_id == user_id] == [1, 2]


@pytest.mark.parametrize("is_moved", [False, True])
async def test_an_erasure_spares_the_other_players_of_bundles_on_any_database(anywhere: Scene, is_moved: bool) -> None:
    """Erase players, and find the notices of the other players.

    On Citus, a bundle's row has the id of one of its players. The erasure of this player must not delete the row.
    """
    assert isinstance(anywhere.stores, Database)
    await sent(anywhere)
    if is_moved:
        await anywhere.relay.run(5)
    for user_id in _PLAYERS[:-2]:
        await anywhere.stores.records.erase(user_id, AuditEntry(6, "tests", "player.erase", user_id=user_id))
    await anywhere.relay.run(5)
    assert sorted(players(await following(anywhere, 3))) == sorted([*_PLAYERS[-2:]] * 2)


async def test_a_bundle_with_every_change_yields_notices_of_improvements_only(anywhere: Scene) -> None:
    board = await anywhere.stores.board(events=(NoticeType.SCORE_IMPROVED, NoticeType.TIER_CHANGED))
    ladders = [Ladder(board), Ladder(board, board.calendar.numbered(0).number + 17)]
    for score in (3, -1):
        event = submit(ladders[0], 1, score)
        await anywhere.stores.scores.record([event._replace(ladders=ladders)])
    bundles = [row for row in await anywhere.notices.outbox(10) if isinstance(row, OutboxBundle)]
    changes = [change for bundle in bundles for change in bundle.changes({board.id})]
    assert [(change.period, change.data["main"], change.data["improved"]) for change in changes] == [
        (ladder.period, ladder is ladders[0], score == 3) for score in (3, -1) for ladder in ladders
    ]
    assert list(bundles[0].changes(())) == []
    drafts = {row.seq: [draft] if (draft := bundle_draft(row, {board.id: board})) else [] for row in bundles}
    await anywhere.notices.append(drafts)
    assert [json.loads(notice.body)["data"]["score"] for notice in await following(anywhere, 1)] == [3]
    assert isinstance(anywhere.stores, Database)
    logged = await anywhere.stores.run("select body from notice_log where type = 'bundle' order by position")
    assert [[item and item[3] for item in json.loads(row["body"])] for row in logged] == [[3, None]]


async def test_tiers_of_a_bundle_leave_out_players_who_were_erased_since(anywhere: Scene) -> None:
    assert isinstance(anywhere.stores, Database)
    board = await anywhere.stores.board(events=(NoticeType.TIER_CHANGED,))
    await anywhere.stores.scores.record([submit(Ladder(board), i, 5) for i in (1, 2)])
    rows = [row for row in await anywhere.notices.outbox(10) if isinstance(row, OutboxBundle)]
    drafts: dict[int, list[NoticeDraft]] = {}
    tiers: dict[int, list[NoticedTier]] = {}
    for change in [change for row in rows for change in row.changes({board.id})]:
        draft = NoticeDraft(f"tier:{change.user_id}", change.user_id, "tier.changed", board.slug, 0, "{}")
        drafts.setdefault(change.seq, []).append(draft)
        tiers.setdefault(change.seq, []).append(NoticedTier(change.user_id, board.id, 0, "gold", change.seq))
    await anywhere.stores.records.erase(1, AuditEntry(6, "tests", "player.erase", user_id=1))
    await anywhere.notices.append(drafts, tiers=tiers)
    assert players(await following(anywhere, 5)) == [2]
    assert await anywhere.derived.tiers([1, 2], [0]) == {(2, board.id, 0): "gold"}


async def test_passes_by_players_of_a_bundle_who_were_erased_since_are_left_out(anywhere: Scene) -> None:
    assert isinstance(anywhere.stores, Database)
    board = await anywhere.stores.board(events=(NoticeType.PLAYER_OVERTAKEN,))
    await anywhere.stores.scores.record([submit(Ladder(board), i, 5) for i in (1, 2)])
    rows = [row for row in await anywhere.notices.outbox(10) if isinstance(row, OutboxBundle)]
    seqs = {change.user_id: change.seq for row in rows for change in row.changes({board.id})}
    passes = {
        (seq, i): [NoticeDraft(f"overtaken:{i}", 3, "player.overtaken", board.slug, i, "{}")] for i, seq in seqs.items()
    }
    places = [NoticedPlace(i, board.id, 0, bytes([i]), seq) for i, seq in seqs.items()]
    await anywhere.stores.records.erase(1, AuditEntry(6, "tests", "player.erase", user_id=1))
    await anywhere.notices.append({row.seq: [] for row in rows}, overtakings=Overtakings(passes, places, [3]))
    assert [(notice.user_id, notice.at) for notice in await following(anywhere, 5)] == [(3, 2)]
    assert await anywhere.derived.places(board.id, 0, [1, 2, 3]) == {2: bytes([2])}
