"""Planning of deliveries: order for each player, retries and dead letters, under failures, kills and lost leases."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.endpoint_store import MemoryEndpointStore
from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.adapters.webhooks.signer import DerivedWebhookSigner
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.dispatching import (
    LONGEST_PAUSE_MS,
    MAX_LANE,
    MAX_LANES,
    DispatchAttempt,
    DispatchWork,
    Queued,
    RetryRules,
    pause_ms,
    plan,
)
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.notice_log import Notice, NoticeDraft
from leaderforge.services import dispatching
from leaderforge.services.dispatching import EndpointDispatch

_ACT = AuditEntry(0, "tests", "endpoint.create")
_PLAYERS = 4
_FIRST_MS = 2_000


class Killed(BaseException):
    """End of a process."""


class Receiver:
    """Combined sender and receiver of notices. At random, the receiver fails, or the sending process is killed.

    `time_s` is the sum of the durations of all requests, which take `request_s` each.
    """

    def __init__(self, random: Random, *, failures: float, kills: float) -> None:
        self._random = random
        self.failures = failures
        self.kills = kills
        self.received: list[str] = []
        self.time_s = 0.0
        self.request_s = 0.0
        self._sends_left: float = float("inf")

    def plan_kill(self) -> None:
        """Decide whether, and after how many requests, the sending process is killed."""
        is_killed = self._random.random() < self.kills
        self._sends_left = self._random.randrange(1, 12) if is_killed else float("inf")

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        await asyncio.sleep(0)
        self.time_s += self.request_s
        self._sends_left -= 1
        if self._sends_left <= 0:
            raise Killed
        if self._random.random() < self.failures:
            # The receiver may have accepted the notice, although the sender sees a failure.
            if self._random.random() < 0.5:
                self.received.append(headers["webhook-id"])
            return DispatchAttempt(500, "status 500", 1)
        self.received.append(headers["webhook-id"])
        return DispatchAttempt(204, None, 1)

    async def close(self) -> None:
        pass


class Time:
    """Clock of a test, in ms."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


class Scene:
    """Endpoint with a log of notices, and processes that dispatch them."""

    def __init__(self, seed: int, *, failures: float, kills: float, max_attempts: int) -> None:
        self.notices = MemoryNoticeStore(MemoryOutbox())
        self.endpoints = MemoryEndpointStore(self.notices, MemoryAuditLog())
        self.random = Random(seed)
        self.receiver = Receiver(self.random, failures=failures, kills=kills)
        self.clock = Time()
        self.players = _PLAYERS
        self._max_attempts = max_attempts

    def process(self) -> EndpointDispatch:
        """Return the dispatcher of a new process."""
        return EndpointDispatch(
            self.endpoints,
            self.receiver,
            DerivedWebhookSigner(b"a secret"),
            self.clock,
            Prometheus(),
            rules=RetryRules(self._max_attempts, _FIRST_MS),
            jitter=self.random.random,
        )

    async def append(self, count: int) -> None:
        """Append notices of random players."""
        first = self.notices.newest
        for number in range(count):
            player = self.random.randrange(self.players)
            draft = NoticeDraft(f"test:{first + number}", player, "score.improved", "b", 0, "{}")
            await self.notices.append({}, [draft])

    async def run_all(self) -> None:
        """Run one or two processes at a time until no notice is left to send. Replace killed processes."""
        for _ in range(500):
            self.receiver.plan_kill()
            runs = (self.process().run(monotonic() + 60) for _ in range(self.random.choice((1, 2))))
            results = await asyncio.gather(*runs, return_exceptions=True)
            assert all(isinstance(result, int | Killed) for result in results), results
            self.clock.now += LONGEST_PAUSE_MS
            [endpoint] = await self.endpoints.endpoints()
            work = await self.endpoints.work(endpoint, self.clock.now, due=10, fresh=10)
            if not work.due and not work.fresh:
                return
        raise AssertionError("the dispatch did not end")


def first_receipts(received: list[str], log: Mapping[int, Notice]) -> Mapping[int, list[int]]:
    """Return, by player, the positions of the player's notices, in the order of their first arrival."""
    by_id = {notice.notice_id: notice for notice in log.values()}
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for notice_id in dict.fromkeys(received):
        positions[by_id[notice_id].user_id].append(by_id[notice_id].position)
    return positions


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 25),
    failures=st.sampled_from((0.0, 0.3, 0.6)),
    kills=st.sampled_from((0.0, 0.6)),
)
@settings(max_examples=25, deadline=None)
async def test_each_notice_arrives_in_order_despite_failures_kills_and_lost_leases(
    seed: int, count: int, failures: float, kills: float
) -> None:
    scene = Scene(seed, failures=failures, kills=kills, max_attempts=10_000)
    await scene.endpoints.create(Endpoint("e", "https://x", (), (), "s", 0, "t"), 1, _ACT)
    await scene.append(count)
    await scene.run_all()
    arrived = first_receipts(scene.receiver.received, scene.notices.log)
    assert sorted(position for positions in arrived.values() for position in positions) == list(range(1, count + 1))
    assert all(positions == sorted(positions) for positions in arrived.values())


@given(seed=st.integers(0, 2**32), count=st.integers(1, 30))
@settings(max_examples=15, deadline=None)
async def test_notices_that_are_given_up_become_dead_letters_and_can_be_redriven(seed: int, count: int) -> None:
    scene = Scene(seed, failures=0.6, kills=0, max_attempts=2)
    await scene.endpoints.create(Endpoint("e", "https://x", (), (), "s", 0, "t"), 1, _ACT)
    await scene.append(count)
    await scene.run_all()
    dead = {letter.queued.notice.notice_id for letter in await scene.endpoints.dead("e", 1000)}
    every = {notice.notice_id for notice in scene.notices.log.values()}
    assert every == {*scene.receiver.received} | dead
    scene.receiver.failures = 0
    assert await scene.endpoints.redrive("e", _ACT) == len(dead)
    await scene.run_all()
    assert every == {*scene.receiver.received}
    assert await scene.endpoints.dead("e", 1000) == []


async def test_a_clock_that_is_set_back_delays_no_notice() -> None:
    scene = Scene(1, failures=1, kills=0, max_attempts=10)
    await scene.endpoints.create(Endpoint("e", "https://x", (), (), "s", 0, "t"), 1, _ACT)
    await scene.append(3)
    scene.clock.now = 2 * LONGEST_PAUSE_MS
    assert await scene.process().run(monotonic() + 60) == 0
    scene.clock.now = scene.receiver.failures = 0
    assert await scene.process().run(monotonic() + 60) == 3


@pytest.mark.parametrize("players", [1, 4, 1_000])
async def test_a_slow_endpoint_gets_no_request_after_the_deadline(
    players: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, count = Scene(1, failures=0, kills=0, max_attempts=10), 300
    receiver, scene.players = scene.receiver, players
    monkeypatch.setattr(dispatching, "monotonic", lambda: receiver.time_s)
    await scene.endpoints.create(Endpoint("e", "https://x", (), (), "s", 0, "t"), 1, _ACT)
    await scene.append(count)
    receiver.request_s = 9
    while len(receiver.received) < count:
        sent = len(receiver.received)
        # Requests that have begun before the deadline end after it.
        assert 1 <= await scene.process().run(receiver.time_s + 10) <= MAX_LANES + 1
        assert len(receiver.received) - sent <= MAX_LANES + 1
        [endpoint] = await scene.endpoints.endpoints()
        work = await scene.endpoints.work(endpoint, 0, due=1_000, fresh=1_000)
        assert len(work.due) < 2 * 200, "the other notices stay in the log"
    arrived = first_receipts(receiver.received, scene.notices.log)
    assert len(receiver.received) == len({*receiver.received})
    assert all(positions == sorted(positions) for positions in arrived.values())


async def test_a_failing_endpoint_passes_notices_of_other_boards_in_full_pages() -> None:
    scene = Scene(1, failures=1, kills=0, max_attempts=10)
    await scene.endpoints.create(Endpoint("e", "https://x", (), ("b",), "s", 0, "t"), 1, _ACT)
    await scene.append(1)
    assert await scene.process().run(monotonic() + 60) == 0
    drafts = [NoticeDraft(f"other:{number}", 1, "score.improved", "other", 0, "{}") for number in range(150)]
    await scene.notices.append({}, drafts)
    await scene.append(20)
    [failing] = await scene.endpoints.endpoints()
    scene.clock.now += LONGEST_PAUSE_MS
    assert await scene.process().run(monotonic() + 60) == 0
    [later] = await scene.endpoints.endpoints()
    # One round covers the notices of other boards and the first new ones of this board.
    assert (later.round - failing.round, later.position) == (1, 1 + 150 + MAX_LANES)


def notice(position: int, user_id: int) -> Notice:
    """Return a notice."""
    return Notice(position, f"id-{position}", user_id, "score.improved", "b", 0, "{}")


def test_new_notices_wait_behind_queued_ones_of_their_player() -> None:
    work = DispatchWork([Queued(notice(1, 7), 3)], [notice(5, 7), notice(6, 8)], {7}, 6)
    planned = plan(work, is_suspect=False)
    assert [[q.notice.position for q in lane] for lane in planned.lanes] == [[1], [6]]
    assert [n.position for n in planned.postponed] == [5]


def test_a_round_sends_a_limited_number_of_notices_of_a_player() -> None:
    new = [notice(i, 7) for i in range(1, MAX_LANE + 3)]
    [lane], postponed = plan(DispatchWork([], new, set(), 99), is_suspect=False)
    assert [queued.notice for queued in lane] == new[:MAX_LANE]
    assert postponed == new[MAX_LANE:]


def test_a_redriven_notice_does_not_delay_its_player() -> None:
    due = [Queued(notice(1, 7), 0, is_redriven=True), Queued(notice(4, 7), 1)]
    planned = plan(DispatchWork(due, [], {7}, 4), is_suspect=False)
    assert [[q.notice.position for q in lane] for lane in planned.lanes] == [[1], [4]]


def test_a_failing_endpoint_gets_few_requests() -> None:
    due = [Queued(notice(i, i)) for i in range(1, 100)]
    assert len(plan(DispatchWork(due, [], set(), 100), is_suspect=True).lanes) == MAX_LANES
    assert len(plan(DispatchWork(due, [], set(), 100), is_suspect=False).lanes) == 99


@given(failures=st.integers(1, 1000), jitter=st.floats(0, 1))
def test_pauses_grow_to_a_limit_and_vary_by_up_to_a_half(failures: int, jitter: float) -> None:
    longest = pause_ms(failures, 0, _FIRST_MS)
    assert longest / 2 <= pause_ms(failures, jitter, _FIRST_MS) <= longest <= LONGEST_PAUSE_MS
    assert pause_ms(failures + 1, 0, _FIRST_MS) in {2 * longest, LONGEST_PAUSE_MS}
    assert pause_ms(1, 0, _FIRST_MS) == _FIRST_MS
