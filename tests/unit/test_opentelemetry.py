"""Metrics and traces for OpenTelemetry, read from the SDK's exporters in memory."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision, Sampler, StaticSampler
from opentelemetry.trace import Tracer as SpanTracer

from leaderforge.adapters.telemetry.opentelemetry import OpenTelemetryMetrics, OpenTelemetryTracer
from leaderforge.coalescing import BatchTrace, Coalescer


class World:
    """Receivers under test, and the spans and metrics that they exported."""

    def __init__(self, sampler: Sampler) -> None:
        self._exporter = InMemorySpanExporter()
        traces = TracerProvider(sampler)
        traces.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.metrics = OpenTelemetryMetrics(MeterProvider([self._reader]), traces)
        self.tracer = OpenTelemetryTracer(traces)
        self.requests: SpanTracer = traces.get_tracer("server")

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """Return the ended spans."""
        return self._exporter.get_finished_spans()

    def spans_of(self, name: str) -> Sequence[ReadableSpan]:
        """Return the ended spans with this name."""
        return [span for span in self.spans if span.name == name]

    def points(self) -> Mapping[str, Sequence[object]]:
        """Return the data points of all metrics by name."""
        data = self._reader.get_metrics_data()
        assert data is not None
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}


@pytest.fixture
def world() -> World:
    return World(StaticSampler(Decision.RECORD_AND_SAMPLE))


def doubling(world: World) -> Coalescer[int, int]:
    """Return a function that doubles numbers in batches. Each batch is traced as a call of a server."""

    async def run(items: Sequence[int]) -> Sequence[int]:
        with world.tracer.exchange("valkey", "127.0.0.1:7000", len(items)):
            return [2 * item for item in items]

    return Coalescer(run, trace=BatchTrace(world.tracer, "doubling"))


def test_metrics_have_the_names_and_labels_of_those_for_prometheus(world: World) -> None:
    world.metrics.count("top_cache", 2, result="hit")
    world.metrics.gauge("index_lag_seconds", 1.5)
    world.metrics.observe("rank_batch_size", 3)
    with world.metrics.timed("top_merge_seconds"), world.metrics.transaction("top"):
        pass
    points = world.points()
    assert set(points) == {
        f"leaderforge_{name}"
        for name in ("top_cache", "index_lag_seconds", "rank_batch_size", "top_merge_seconds", "transaction_seconds")
    }
    [hits] = points["leaderforge_top_cache"]
    assert (hits.value, hits.attributes) == (2, {"result": "hit"})
    [lag] = points["leaderforge_index_lag_seconds"]
    assert lag.value == 1.5
    [batch] = points["leaderforge_rank_batch_size"]
    assert (batch.sum, batch.explicit_bounds[:3]) == (3, (1, 2, 4))
    [transactions] = points["leaderforge_transaction_seconds"]
    assert (transactions.count, transactions.attributes) == (1, {"name": "top"})


def test_durations_are_recorded_of_calls_that_fail(world: World) -> None:
    with pytest.raises(RuntimeError), world.metrics.transaction("top"):
        raise RuntimeError
    assert [point.count for point in world.points()["leaderforge_transaction_seconds"]] == [1]
    assert [span.status.is_ok for span in world.spans_of("top")] == [False]


def test_a_transaction_names_the_span_of_the_request(world: World) -> None:
    with world.requests.start_as_current_span("POST"), world.metrics.transaction("submit_score"):
        pass
    assert [span.name for span in world.spans] == ["submit_score"]


async def test_a_batch_is_in_the_trace_of_its_first_caller_and_all_callers_link_to_it(world: World) -> None:
    double = doubling(world)

    async def request(item: int) -> int:
        with world.requests.start_as_current_span(f"request {item}"):
            return await double(item)

    assert await asyncio.gather(*map(request, range(3))) == [0, 2, 4]
    [batch] = world.spans_of("doubling")
    [exchange] = world.spans_of("valkey")
    requests = [world.spans_of(f"request {item}")[0] for item in range(3)]
    assert batch.parent == requests[0].context
    assert [[link.context for link in request.links] for request in requests] == [[batch.context]] * 3
    assert exchange.parent == batch.context
    assert batch.attributes == {"leaderforge.batch.size": 3}
    assert exchange.attributes == {
        "db.system.name": "valkey",
        "server.address": "127.0.0.1",
        "server.port": 7000,
        "db.operation.batch.size": 3,
    }


async def test_a_batch_of_requests_without_traces_is_not_recorded(world: World) -> None:
    assert await doubling(world)(1) == 2
    assert not world.spans


async def test_a_later_batch_does_not_belong_to_the_request_that_started_it(world: World) -> None:
    entered, end = asyncio.Event(), asyncio.Event()

    async def run(items: Sequence[int]) -> Sequence[int]:
        entered.set()
        await end.wait()
        with world.tracer.exchange("postgresql", ""):
            return items

    same = Coalescer(run, max_in_flight=1, trace=BatchTrace(world.tracer, "batch"))

    async def request() -> None:
        with world.requests.start_as_current_span("request"):
            await same(1)

    first = asyncio.create_task(request())
    await entered.wait()
    untraced = asyncio.create_task(same(2))
    await asyncio.sleep(0)
    end.set()
    await asyncio.gather(first, untraced)
    assert sorted(span.name for span in world.spans) == ["batch", "postgresql", "request"]


async def test_requests_that_are_not_sampled_record_nothing() -> None:
    world = World(ALWAYS_OFF)
    with world.requests.start_as_current_span("request"):
        assert await doubling(world)(1) == 2
    assert not world.spans
