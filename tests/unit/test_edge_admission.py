"""An overloaded process refuses requests, and answers the others in time."""

from math import inf
from typing import Any

import httpx

from functions.edge.http.admission import (
    ADMITTED,
    INTERVAL_S,
    MIN_BUSY,
    STANDING,
    AdmissionLimiter,
    Limiters,
    OverloadGuard,
    ProcessorLimit,
)
from functions.edge.http.errors import MisdirectedRequest
from functions.edge.http.middleware import EdgeMiddleware, RequestCheck
from leaderforge.adapters.telemetry.fanout import Fanout

FLOOR_S, MIN = 0.05, 4


class Queue:
    """Simulated process that answers up to `per_second` requests a second, in their order. Time passes in steps.

    With `is_busy`, the processor is the bottleneck. Otherwise, another part is the bottleneck, such as a database.
    """

    def __init__(self, per_second: float, *, is_busy: bool = False, floor_s: float = FLOOR_S) -> None:
        self.now, self.per_second, self.is_busy = 0.0, per_second, is_busy
        self.step_s = 0.001 if is_busy else 0.01
        self.processor = ProcessorLimit(lambda: float(self.is_busy and bool(self.begun)))
        self.limiter = AdmissionLimiter(floor_s, self.processor, min_in_flight=MIN, clock=lambda: self.now)
        self.begun: list[float] = []
        self.taken: list[float] = []
        self.refused = 0
        self._budget = 0.0

    def offer(self, per_second: float, seconds: float) -> list[float]:
        """Send `per_second` requests a second for `seconds`. Return the response times in s within this time."""
        self.taken, due = [], 0.0
        for _ in range(round(seconds / self.step_s)):
            self.now += self.step_s
            due += per_second * self.step_s
            while due >= 1:
                due -= 1
                self.ask()
            self._answer()
        return self.taken

    def keep(self, clients: int, seconds: float) -> None:
        """Keep `clients` clients active for `seconds`: each sends its next request as soon as it has a response."""
        for _ in range(round(seconds / self.step_s)):
            self.now += self.step_s
            while len(self.begun) < clients and self.ask():
                pass
            self._answer()

    def ask(self) -> bool:
        """Send a request, and return whether it was admitted."""
        is_admitted = self.limiter.admit()
        if is_admitted:
            self.begun.append(self.now)
        else:
            self.refused += 1
        return is_admitted

    def _answer(self) -> None:
        capacity = self.per_second * self.step_s
        self._budget = min(self._budget + capacity, capacity + len(self.begun))
        while self.begun and self._budget >= 1:
            self._budget -= 1
            self.taken.append(self.now - self.begun.pop(0))
            self.limiter.release()


def test_nothing_is_refused_below_the_capacity() -> None:
    queue = Queue(1000)
    queue.offer(900, 5)
    assert (queue.refused, queue.limiter.limit) == (0, inf)


def test_under_overload_accepted_requests_stay_fast_and_no_capacity_is_lost() -> None:
    queue = Queue(1000)
    queue.offer(800, 2)
    queue.offer(5000, 1)  # requests wait until the limiter judges for the first time
    taken = queue.offer(5000, 10)
    assert len(taken) >= 9900
    assert max(taken) <= 3 * FLOOR_S
    assert queue.refused > 30_000


def test_after_an_overload_nothing_is_refused_at_once() -> None:
    queue = Queue(1000)
    queue.offer(5000, 5)
    queue.offer(500, 2 * INTERVAL_S)
    queue.refused = 0
    taken = queue.offer(500, 5)
    assert (queue.refused, queue.limiter.limit) == (0, inf)
    assert max(taken) <= FLOOR_S


def test_a_burst_is_served() -> None:
    queue = Queue(1000)
    queue.offer(500, 1)
    queue.offer(2000, INTERVAL_S / 2)
    queue.offer(500, 1)
    assert queue.refused == 0


def test_slow_requests_are_no_overload_if_they_are_always_slow() -> None:
    queue = Queue(0)
    limiter = queue.limiter
    for in_flight in (MIN, 100):  # each response takes 100 ms, whatever the number in flight
        while limiter.in_flight < in_flight:
            assert limiter.admit()
        for _ in range(50 * in_flight):
            limiter.release()
            queue.now += 2 * FLOOR_S / in_flight
            assert limiter.admit()
    assert limiter.limit == inf


def test_a_process_that_answers_nothing_admits_the_minimum() -> None:
    queue = Queue(0)
    queue.offer(1000, 1)
    assert queue.limiter.limit == MIN
    in_flight = queue.limiter.in_flight
    queue.offer(1000, 1)
    assert queue.limiter.in_flight == in_flight
    queue.limiter.in_flight = 0
    assert [queue.limiter.admit() for _ in range(MIN + 1)] == [True] * MIN + [False]


def test_a_load_that_grows_slowly_does_not_become_normal() -> None:
    queue = Queue(1000)
    queue.offer(500, 5)
    for per_second in range(900, 1500, 10):
        taken = queue.offer(per_second, 1)
    assert max(taken) <= 3 * FLOOR_S


def test_a_saturated_processor_answers_a_few_requests_at_a_time() -> None:
    queue = Queue(1000, is_busy=True, floor_s=1.0)
    queue.offer(500, 2)
    taken = queue.offer(2500, 60)
    assert len(taken) >= 59_400
    assert sorted(taken)[int(0.99 * len(taken))] <= (2 * MIN_BUSY + 1) / 1000  # the first few requests may be slower
    queue.offer(500, 2 * INTERVAL_S)
    queue.refused = 0
    queue.offer(500, 5)
    assert (queue.refused, queue.processor.limit) == (0, inf)


def test_a_closed_loop_of_a_benchmark_is_no_overload() -> None:
    queue = Queue(1000, is_busy=True, floor_s=1.0)
    queue.keep(STANDING, 5)
    assert queue.refused == 0
    queue.keep(2 * STANDING, 1)
    assert queue.refused > 0


def test_the_limit_rises_until_the_processor_is_busy() -> None:
    queue = Queue(1000, is_busy=True, floor_s=1.0)
    queue.offer(5000, 5)
    assert queue.processor.limit == MIN_BUSY
    queue.is_busy = False  # when requests do not wait for the processor, more may be in flight
    queue.offer(5000, 1)
    assert queue.processor.limit > 2 * MIN_BUSY


def test_a_standing_queue_for_a_database_is_no_matter_of_the_processor() -> None:
    queue = Queue(1000, is_busy=True, floor_s=1.0)
    queue.is_busy = False
    queue.keep(2 * STANDING, 2)
    assert (queue.refused, queue.processor.limit) == (0, inf)


async def ok(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def client(app: Any, limiters: Limiters, *checks: RequestCheck) -> httpx.AsyncClient:
    guarded = EdgeMiddleware(OverloadGuard(app, limiters), Fanout([]), access_log=False, checks=checks)
    transport = httpx.ASGITransport(guarded, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_refusal_says_when_to_retry_and_reads_do_not_wait_for_writes() -> None:
    refusals: list[int] = []
    limiters = Limiters.of(FLOOR_S, lambda: refusals.append(1))
    limiters.writes.limit = 0
    async with client(ok, limiters) as http:
        refused = await http.post("/api/scores")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["error"]["code"] == "overloaded"
        assert refusals == [1]
        assert (await http.get("/api/boards/default/top")).status_code == 200
        limiters.reads.limit = 0
        assert (await http.get("/api/boards/default/top")).status_code == 503
        assert (await http.get("/api/health")).status_code == 200
        assert (await http.get("/metrics")).status_code == 200
        assert (await http.post("/api/scores/stream")).status_code == 200
        assert limiters.writes.in_flight == 0


async def test_a_request_counts_until_its_response_begins() -> None:
    limiters = Limiters.of(FLOOR_S, lambda: None)
    counts = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        counts.append(limiters.reads.in_flight)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        counts.append(limiters.reads.in_flight)
        await send({"type": "http.response.body", "body": b""})

    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError

    async with client(app, limiters) as http:
        await http.get("/")
    assert (counts, limiters.reads.in_flight) == ([1, 0], 0)
    async with client(failing, limiters) as http:
        assert (await http.get("/")).status_code == 500
    assert limiters.reads.in_flight == 0


async def test_a_request_that_the_protocol_admitted_and_a_check_refuses_does_not_count() -> None:
    limiters = Limiters.of(FLOOR_S, lambda: None)

    def refuse(scope: Any) -> MisdirectedRequest:
        assert limiters.reads.admit()
        scope[ADMITTED] = limiters.reads  # as `GuardedHttp` does
        return MisdirectedRequest("wrong host")

    async with client(ok, limiters, refuse) as http:
        assert (await http.get("/")).status_code == 421
    assert limiters.reads.in_flight == 0
