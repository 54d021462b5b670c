"""The log of notices, and the deliveries of endpoints."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.derived_notices import MemoryDerivedNotices
from leaderforge.adapters.memory.endpoint_store import MemoryEndpointStore
from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.postgres.derived_notices import PostgresDerivedNotices
from leaderforge.adapters.postgres.endpoint_store import PostgresEndpointStore
from leaderforge.adapters.postgres.notice_store import PostgresNoticeStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.dispatching import LONGEST_PAUSE_MS, DispatchAttempt, DispatchResult, Queued, Sent, Waiting
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.event_errors import EndpointNotFound, TooManyEndpoints
from leaderforge.domain.friends import FriendMode
from leaderforge.domain.notice_bundles import OutboxBundle
from leaderforge.domain.notice_log import Notice, NoticeDraft, body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.ports.derived_notices import DerivedNoticeStore, NoticedPlace, NoticedTier, Overtakings
from leaderforge.ports.notices import EndpointStore, NoticeStore
from leaderforge.services.derived_notices import DerivedNotices
from leaderforge.services.ladders import Ladders
from leaderforge.services.notice_relay import NoticeRelay
from leaderforge.services.overtaking import OvertakingService
from leaderforge.services.query import QueryService
from tests.contract.store_fixtures import Database, Stores, submit

_ACT = AuditEntry(5, "tests", "endpoint.create")
_SECOND = DispatchAttempt(500, "status 500", 3)
_OK = DispatchAttempt(204, None, 2)


@dataclass(frozen=True)
class Scene:
    """Stores of notices over the stores of a test."""

    stores: Stores
    notices: NoticeStore
    endpoints: EndpointStore
    derived: DerivedNoticeStore

    @property
    def relay(self) -> NoticeRelay:
        """Return a relay."""
        # Only notices about ranks need queries of the index, and the boards of these tests ask for no such notices.
        query = cast(QueryService, None)
        ladders = Ladders(self.stores.scores, lambda: 0)
        derived = DerivedNotices(self.derived, query, ladders, lambda: 0, closes_after_ms=0)
        friends, mode = self.stores.friends, FriendMode.ONE_WAY
        overtaking = OvertakingService(self.derived, friends, query, ladders, lambda: 0, mode, closes_after_ms=0)
        return NoticeRelay(self.notices, self.stores.scores, derived, overtaking)

    async def append(self, *players: int, at: int = 0) -> Sequence[Notice]:
        """Append a notice for each player, and return all notices of the log."""
        first = (await self.notices.bounds()).newest
        drafts = [
            NoticeDraft(f"test:{first + i}", user_id, "score.improved", "b", at, "{}")
            for i, user_id in enumerate(players)
        ]
        await self.notices.append({}, drafts)
        return (await self.notices.after(0, 1000)).notices


def on(database: Database) -> Scene:
    """Return the stores of notices on a database."""
    pool = database.pool
    return Scene(database, PostgresNoticeStore(pool), PostgresEndpointStore(pool), PostgresDerivedNotices(pool))


@pytest.fixture
def scene(stores: Stores) -> Scene:
    """Empty log, without endpoints."""
    if isinstance(stores, Database):
        return on(stores)
    assert isinstance(stores.scores, MemoryScoreStore)
    notices = MemoryNoticeStore(stores.scores.outbox)
    assert isinstance(stores.audit, MemoryAuditLog)
    return Scene(stores, notices, MemoryEndpointStore(notices, stores.audit), MemoryDerivedNotices(notices))


def endpoint(name: str = "e") -> Endpoint:
    """Return a new endpoint."""
    return Endpoint(name, "https://example.org", (NoticeType.SCORE_IMPROVED,), ("b",), "whs_1", 5, "tests")


async def test_the_relay_moves_each_notice_once_and_in_order(scene: Scene) -> None:
    await scene.stores.players(1, 2)
    ladder = Ladder(await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,)))
    for score in range(1, 4):
        await scene.stores.scores.record([submit(ladder, 1, score), submit(ladder, 2, score)])
    rows = await scene.notices.outbox(100)
    moved = await asyncio.gather(*(scene.relay.run(5) for _ in range(3)))
    assert max(moved) == 6
    log = (await scene.notices.after(0, 100)).notices
    assert len(log) == sum(len(row.items) if isinstance(row, OutboxBundle) else 1 for row in rows) == 6
    for player in (1, 2):
        scores = [notice.body for notice in log if notice.user_id == player]
        assert [f'"score": {total}' in text for total, text in zip((1, 3, 6), scores, strict=True)] == [True] * 3
    assert {notice.board for notice in log} == {ladder.board.slug}
    assert len({notice.notice_id for notice in log}) == 6
    assert await scene.notices.outbox(100) == []
    assert await scene.notices.append({row.seq: [] for row in rows}) == 0


async def test_the_log_recognises_a_repeated_notice(scene: Scene) -> None:
    draft = NoticeDraft("once", 1, "period.closed", "b", 0, "{}")
    for _ in range(2):
        await scene.notices.append({}, [draft])
    assert len((await scene.notices.after(0, 10)).notices) == 1


async def test_an_erasure_deletes_the_notices_of_the_player(scene: Scene) -> None:
    await scene.stores.players(1, 2)
    ladder = Ladder(await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,)))
    await scene.stores.scores.record([submit(ladder, 1, 5), submit(ladder, 2, 5)])
    await scene.relay.run(5)
    await scene.stores.records.erase(1, AuditEntry(6, "tests", "player.erase", user_id=1))
    assert [notice.user_id for notice in (await scene.notices.after(0, 10)).notices] == [2]


async def test_the_ends_of_the_log_stay_after_an_erasure(scene: Scene) -> None:
    await scene.stores.players(1, 2)
    target = await scene.endpoints.create(endpoint(), 1, _ACT)
    notices = await scene.append(1, 2, 1)
    work = await scene.endpoints.work(target, 10, due=10, fresh=10)
    await scene.stores.records.erase(1, AuditEntry(6, "tests", "player.erase"))
    assert await scene.notices.bounds() == (0, 3)
    assert (await scene.notices.after(0, 10)).notices == [notices[1]]
    # A round that began before the erasure ends after it.
    waiting = [Waiting(Queued(notice), 10) for notice in work.fresh]
    assert await scene.endpoints.commit_round(target, work, DispatchResult([], waiting, []), 10)
    [target] = await scene.endpoints.endpoints()
    assert (await scene.endpoints.work(target, 10, due=10, fresh=10)).due == [Queued(notices[1])]
    assert [notice.position for notice in await scene.append(2)] == [2, 4]
    await scene.stores.records.erase(2, AuditEntry(6, "tests", "player.erase"))
    assert await scene.notices.bounds() == (0, 4)
    assert (await scene.endpoints.work(target, 10, due=10, fresh=10)).due == []
    if isinstance(scene.stores, Database):
        assert await scene.stores.run("select from notice_log where size = 0 or origin not like 'erased:%'") == []


async def test_a_round_during_an_erasure_queues_nothing_erased(scene: Scene) -> None:
    await scene.stores.players(1, 2, 3)
    ladder = Ladder(await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,)))
    target = await scene.endpoints.create(replace(endpoint(), boards=()), 1, _ACT)
    for score in (1, 2):
        await scene.stores.scores.record([submit(ladder, i, score) for i in (1, 2, 3)])
        await scene.relay.run(5)
        work = await scene.endpoints.work(target, 10, due=10, fresh=10)
        notices = [*(queued.notice for queued in work.due), *work.fresh]
        waiting = [Waiting(Queued(notice, 1), 10, 10 if notice.user_id == 3 else None) for notice in notices]
        if score == 2:
            assert [queued.notice.user_id for queued in work.due] == [1, 2]
            for user_id in (1, 3):
                await scene.stores.records.erase(user_id, AuditEntry(6, "tests", "player.erase", user_id=user_id))
        assert await scene.endpoints.commit_round(target, work, DispatchResult([], waiting, []), 10)
        [target] = await scene.endpoints.endpoints()
    work = await scene.endpoints.work(target, 10, due=10, fresh=10)
    assert [queued.notice.user_id for queued in work.due] == [2, 2]
    assert await scene.endpoints.dead("e", 10) == []
    assert {notice.user_id for notice in (await scene.notices.after(0, 10)).notices} == {2}
    if isinstance(scene.stores, Database):
        assert await scene.stores.run("select from notice_log where user_id in (1, 3)") == []


async def test_an_erasure_deletes_the_notices_that_the_player_has_passed_others(scene: Scene) -> None:
    await scene.stores.players(1, 2, 22)
    target = await scene.endpoints.create(replace(endpoint(), types=(), boards=()), 1, _ACT)
    drafts = [
        NoticeDraft(str(number), 1, "player.overtaken", "b", 0, body_of("player.overtaken", 0, data))
        for number, data in enumerate(
            [{"overtaken_by": 2, "rank": 2}, {"rank": 2, "overtaken_by": 2}, {"overtaken_by": 22, "rank": 2}]
        )
    ]
    await scene.notices.append({}, drafts)
    work = await scene.endpoints.work(target, 10, due=10, fresh=10)
    dead = [Waiting(Queued(notice, 1), 10, 10) for notice in work.fresh]
    assert await scene.endpoints.commit_round(target, work, DispatchResult([], dead, []), 10)
    await scene.stores.records.erase(2, AuditEntry(6, "tests", "player.erase", user_id=2))
    assert (await scene.notices.after(0, 10)).notices == work.fresh[2:]
    assert [letter.queued.notice for letter in await scene.endpoints.dead("e", 10)] == work.fresh[2:]


async def test_endpoints_are_created_listed_changed_and_deleted(scene: Scene) -> None:
    await scene.append(1)
    created = await scene.endpoints.create(endpoint(), 1, _ACT)
    assert created == replace(endpoint(), position=1)
    assert await scene.endpoints.endpoints() == [created]
    with pytest.raises(TooManyEndpoints):
        await scene.endpoints.create(endpoint("f"), 1, _ACT)
    changed = await scene.endpoints.change("e", lambda e: replace(e, disabled_at=7, disabled_reason="because"), _ACT)
    assert await scene.endpoints.endpoints() == [changed]
    await scene.endpoints.delete("e", _ACT)
    assert await scene.endpoints.endpoints() == []
    for act in (
        scene.endpoints.delete("e", _ACT),
        scene.endpoints.change("e", lambda e: e, _ACT),
        scene.endpoints.redrive("e", _ACT),
    ):
        with pytest.raises(EndpointNotFound):
            await act


async def test_rounds_move_notices_from_the_log_through_queues_to_dead_letters(scene: Scene) -> None:
    store = scene.endpoints
    target = await store.create(endpoint(), 1, _ACT)
    first, second, third = await scene.append(1, 1, 2)
    work = await store.work(target, 10, due=10, fresh=10)
    assert work.fresh == [first, second, third]
    failed = Sent(Queued(first), _SECOND)
    waiting = [Waiting(Queued(first, 1), 100, None, "status 500"), Waiting(Queued(second), 10)]
    result = DispatchResult([third], waiting, [failed, Sent(Queued(third), _OK)])
    assert await store.commit_round(target, work, result, 10)
    assert not await store.commit_round(target, work, result, 10), "a round is committed once"

    [target] = await store.endpoints()
    [*_, fourth] = await scene.append(1)
    work = await store.work(target, 99, due=10, fresh=10)
    assert (work.due, work.fresh, work.blocked, work.position) == ([], [fourth], {1}, 4)
    earlier = await store.work(target, 99 - LONGEST_PAUSE_MS, due=10, fresh=10)
    assert [queued.notice for queued in earlier.due] == [first, second], "a clock that was set back delays nothing"
    work = await store.work(target, 100, due=10, fresh=10)
    assert [queued.notice for queued in work.due] == [first, second]
    assert work.due[0].attempts == 1

    dead = Waiting(Queued(first, 2), 100, 100, "no response")
    result = DispatchResult([second], [dead, Waiting(Queued(fourth), 100)], [Sent(Queued(first, 1), _SECOND)])
    assert await store.commit_round(target, work, result, 100)
    [letter] = await store.dead("e", 10)
    assert (letter.queued.notice, letter.queued.attempts, letter.dead_at, letter.reason) == (
        first,
        2,
        100,
        "no response",
    )
    [target] = await store.endpoints()
    assert [queued.notice for queued in (await store.work(target, 100, due=10, fresh=10)).due] == [fourth]

    assert await store.redrive("e", replace(_ACT, at=200)) == 1
    assert await store.redrive("e", _ACT) == 0
    work = await store.work(target, 200, due=10, fresh=10)
    assert [(queued.notice, queued.attempts, queued.is_redriven) for queued in work.due] == [
        (first, 0, True),
        (fourth, 0, False),
    ]
    logged = await store.attempts("e", 2)
    assert [(a.notice_id, a.number, a.attempt, a.at) for a in logged] == [
        (first.notice_id, 2, _SECOND, 100),
        (third.notice_id, 1, _OK, 10),
    ]


async def test_new_notices_stay_in_the_log_while_many_are_queued(scene: Scene) -> None:
    target = await scene.endpoints.create(endpoint(), 1, _ACT)
    first, second = await scene.append(1, 2)
    work = await scene.endpoints.work(target, 10, due=2, fresh=10)
    waiting = [Waiting(Queued(first), 10), Waiting(Queued(second), 10, 10)]
    await scene.endpoints.commit_round(target, work, DispatchResult([], waiting, []), 10)
    [*_, third] = await scene.append(3)
    [target] = await scene.endpoints.endpoints()
    work = await scene.endpoints.work(target, 10, due=1, fresh=10)
    assert (work.due, work.fresh, work.position) == ([Queued(first)], [], 2)
    await scene.endpoints.redrive("e", replace(_ACT, at=10))
    work = await scene.endpoints.work(target, 10, due=2, fresh=10)
    assert [queued.is_redriven for queued in work.due] == [False, True]
    assert (work.fresh, work.position) == ([third], 3)


async def test_a_disabled_endpoint_commits_no_round(scene: Scene) -> None:
    target = await scene.endpoints.create(endpoint(), 1, _ACT)
    await scene.append(1)
    work = await scene.endpoints.work(target, 1, due=10, fresh=10)
    await scene.endpoints.change("e", lambda e: replace(e, disabled_at=7, disabled_reason="by hand"), _ACT)
    assert not await scene.endpoints.commit_round(target, work, DispatchResult(work.fresh, [], []), 1)


async def test_other_types_and_boards_are_passed_over(scene: Scene) -> None:
    target = await scene.endpoints.create(replace(endpoint(), boards=("other",)), 1, _ACT)
    await scene.append(1, 2)
    work = await scene.endpoints.work(target, 1, due=10, fresh=10)
    assert (work.fresh, work.position) == ([], 2)


async def test_old_notices_are_purged_and_the_newest_one_stays(scene: Scene) -> None:
    await scene.append(1, 2, at=100)
    await scene.append(3, 4, at=200)
    assert await scene.notices.purge(150, 1000, 1) == 2
    assert (await scene.notices.bounds()).before_oldest == 2
    assert await scene.notices.purge(999, 1000, 1) == 1
    assert await scene.notices.bounds() == (3, 4)


async def test_an_endpoint_that_would_miss_purged_notices_is_disabled(database: Database) -> None:
    scene = on(database)
    await scene.endpoints.create(endpoint(), 1, _ACT)
    await scene.append(1, 2, 3, at=100)
    await scene.notices.purge(150, 1000, 77)
    [target] = await scene.endpoints.endpoints()
    assert target.disabled_at == 77
    assert target.disabled_reason is not None


async def test_an_endpoint_whose_queued_notices_are_purged_is_disabled(database: Database) -> None:
    scene = on(database)
    await scene.append(1, at=100)
    for name in ("accepting", "waiting", "failed"):
        await scene.endpoints.create(endpoint(name), 3, _ACT)
    await scene.append(1, 2, at=100)
    for target in await scene.endpoints.endpoints():
        work = await scene.endpoints.work(target, 10, due=10, fresh=10)
        dead_at = 10 if target.endpoint_id == "failed" else None
        waiting = [] if target.endpoint_id == "accepting" else [Waiting(Queued(work.fresh[0], 1), 10, dead_at)]
        accepted = [notice for notice in work.fresh if notice not in [row.queued.notice for row in waiting]]
        assert await scene.endpoints.commit_round(target, work, DispatchResult(accepted, waiting, []), 10)
    await scene.append(3, at=200)
    assert await scene.notices.purge(0, 3, 77) == 1
    assert [e.disabled_at for e in await scene.endpoints.endpoints()] == [None, None, None]
    assert await scene.notices.purge(150, 1000, 77) == 2
    disabled = {e.endpoint_id: e.disabled_at for e in await scene.endpoints.endpoints()}
    assert disabled == {"accepting": None, "failed": None, "waiting": 77}


async def test_the_backlog_counts_what_waits(database: Database) -> None:
    scene = on(database)
    assert await scene.notices.backlog() == (0, None, 0)
    await scene.endpoints.create(endpoint(), 1, _ACT)
    await scene.append(1, 2, at=70)
    assert await scene.notices.backlog() == (2, 70, 0)
    await database.players(1)
    ladder = Ladder(await database.board(events=(NoticeType.SCORE_IMPROVED,)))
    database.clock.ms = 50
    await database.scores.record([submit(ladder, 1, 5)])
    assert await scene.notices.backlog() == (3, 50, 0)


async def test_states_of_derived_notices_change_with_their_notices(scene: Scene) -> None:
    derived, draft = scene.derived, NoticeDraft("a", 1, "rank.entered_top", "b", 0, "{}")
    assert await derived.top(1, 0) is None
    await derived.append_top(1, 0, [5, 6], [], [draft])
    # The caller names [6, 5] as the state that it has read, but [5, 6] is stored. Therefore nothing may be appended.
    await derived.append_top(1, 0, [7], [6, 5], [draft._replace(origin="late")])
    assert await derived.top(1, 0) == [5, 6]
    await derived.append_top(1, 0, [], [5, 6], [])
    assert await derived.top(1, 0) == []
    await derived.append_closed(1, 50, [draft._replace(origin="b")])
    await derived.append_closed(1, 40, [draft._replace(origin="b")])
    await derived.append_closed(2, 60, [])
    assert await derived.closed_until() == {1: 50, 2: 60}
    await derived.forget_closed([2])
    assert await derived.closed_until() == {2: 60}
    assert len((await scene.notices.after(0, 10)).notices) == 2


async def test_tiers_change_with_the_notices_of_the_outbox(scene: Scene) -> None:
    await scene.stores.players(1)
    ladder = Ladder(await scene.stores.board(events=(NoticeType.SCORE_IMPROVED,)))
    for score in (1, 2):
        await scene.stores.scores.record([submit(ladder, 1, score)])
    first, second = await scene.notices.outbox(10)
    key = 1, ladder.board.id, 0
    tiers = {row.seq: [NoticedTier(*key, name, row.seq)] for row, name in ((first, "silver"), (second, "gold"))}
    await scene.notices.append({first.seq: [], second.seq: []}, tiers=tiers)
    assert await scene.derived.tiers([1, 2], [0]) == {key: "gold"}
    assert await scene.derived.tiers([1, 2], [7]) == {}
    await scene.notices.append({first.seq: []}, tiers={first.seq: [NoticedTier(*key, None, first.seq)]})
    assert await scene.derived.tiers([1], [0, 7]) == {key: "gold"}


async def test_overtakings_move_with_all_rows_or_not_at_all(scene: Scene) -> None:
    await scene.stores.players(1, 2)
    board = await scene.stores.board(events=(NoticeType.PLAYER_OVERTAKEN,))
    for score in (1, 2):
        await scene.stores.scores.record([submit(Ladder(board), 1, score)])
    first, second = await scene.notices.outbox(10)

    def passes(seq: int, *players: int) -> Overtakings:
        drafts = [NoticeDraft(f"overtaken:{seq}:{i}", i, "player.overtaken", "b", 0, "{}") for i in players]
        places = [NoticedPlace(i, board.id, 0, bytes([seq]), seq) for i in players]
        return Overtakings({(seq, 1): drafts}, [*places, NoticedPlace(1, board.id, 0, None, seq)], players)

    await scene.notices.append({first.seq: []}, overtakings=passes(first.seq, 2))
    assert await scene.derived.places(board.id, 0, [1, 2]) == {1: None, 2: bytes([first.seq])}
    if isinstance(scene.stores, Database):
        await scene.notices.append({first.seq: [], second.seq: []}, overtakings=passes(second.seq, 2))
        assert [row.seq for row in await scene.notices.outbox(10)] == [second.seq]
        await scene.stores.records.erase(2, AuditEntry(6, "tests", "player.erase", user_id=2))
        assert await scene.derived.places(board.id, 0, [1, 2]) == {1: None}
        await scene.notices.append({second.seq: []}, overtakings=passes(second.seq, 2))
        assert (await scene.notices.after(0, 10)).notices == []
        assert await scene.derived.places(board.id, 0, [1, 2]) == {1: None}
    assert await scene.derived.forget_places({(board.id, 0)}) == 0
    assert await scene.derived.forget_places({(board.id, 1)}) >= 1
    assert await scene.derived.places(board.id, 0, [1, 2]) == {}
