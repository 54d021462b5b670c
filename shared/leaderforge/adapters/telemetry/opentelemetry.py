"""Metrics and traces for OpenTelemetry. Import this module, which loads the SDK, only if an exporter is configured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import _Gauge as Gauge
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Span as RecordingSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind

from leaderforge import __version__
from leaderforge.adapters.telemetry.metrics import MEANINGS, buckets

_SCOPE = "leaderforge"
_QUERY = "url.query"


class OpenTelemetry:
    """Export of metrics and traces by OTLP over HTTP.

    The SDK reads the environment variables that its specification names, such as OTEL_EXPORTER_OTLP_HEADERS and
    OTEL_TRACES_SAMPLER. It exports in threads of its own, therefore no call waits for the collector.
    """

    def __init__(self, service_name: str) -> None:
        """Start the export, and register its providers, to which FastAPI reports requests, for the whole process."""
        resource = Resource.create({SERVICE_NAME: service_name, SERVICE_VERSION: __version__})
        self._traces = TracerProvider(resource=resource)
        self._traces.add_span_processor(_QueryRemoval())
        self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._metrics = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource)
        trace.set_tracer_provider(self._traces)
        metrics.set_meter_provider(self._metrics)
        self.telemetry = OpenTelemetryMetrics(self._metrics, self._traces)
        self.tracer = OpenTelemetryTracer(self._traces)

    def close(self) -> None:
        """Export all pending data, and end the threads."""
        self._traces.shutdown()
        self._metrics.shutdown()


class _QueryRemoval(SpanProcessor):
    """Removal of queries from spans, because a query may have a secret, such as the code of a sign-in."""

    def on_start(self, span: RecordingSpan, parent_context: Context | None = None) -> None:
        if _QUERY in (span.attributes or {}):
            span.set_attribute(_QUERY, "REDACTED")


class OpenTelemetryMetrics:
    """`Telemetry` with the names of the metrics for Prometheus. Each call of a function is a span."""

    def __init__(self, meters: metrics.MeterProvider, traces: trace.TracerProvider) -> None:
        self._meter = meters.get_meter(_SCOPE, __version__)
        self._tracer = traces.get_tracer(_SCOPE, __version__)
        self._counters: dict[str, metrics.Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, metrics.Histogram] = {}

    @contextmanager
    def transaction(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        span = trace.get_current_span()
        try:
            if span.is_recording():
                # The current span belongs to the HTTP request. Give it the name that the function has in the metrics.
                span.update_name(name)
                yield
            else:
                with self._tracer.start_as_current_span(name):
                    yield
        finally:
            self._histogram("transaction_seconds").record(perf_counter() - begin, {"name": name})

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        try:
            yield
        finally:
            self.observe(name, perf_counter() - begin)

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = self._meter.create_counter(
                f"leaderforge_{name}", description=MEANINGS.get(name, name)
            )
        counter.add(value, dict(labels))

    def observe(self, name: str, value: float) -> None:
        self._histogram(name).record(value)

    def gauge(self, name: str, value: float) -> None:
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = self._gauges[name] = self._meter.create_gauge(
                f"leaderforge_{name}", description=MEANINGS.get(name, name)
            )
        gauge.set(value)

    def _histogram(self, name: str) -> metrics.Histogram:
        histogram = self._histograms.get(name)
        if histogram is None:
            histogram = self._histograms[name] = self._meter.create_histogram(
                f"leaderforge_{name}",
                unit="s" if name.endswith("_seconds") else "1",
                description=MEANINGS.get(name, name),
                explicit_bucket_boundaries_advisory=buckets(name),
            )
        return histogram


class OpenTelemetryTracer:
    """`Tracer` whose spans form one trace from the HTTP request over its batch to the servers.

    A batch belongs to the trace of its first caller, because a span has only one parent. The spans of all callers link
    to the batch.
    """

    def __init__(self, traces: trace.TracerProvider) -> None:
        self._tracer = traces.get_tracer(_SCOPE, __version__)

    def caller(self) -> Span | None:
        span = trace.get_current_span()
        return span if span.is_recording() else None

    @contextmanager
    def batch(self, name: str, callers: Sequence[Span | None]) -> Iterator[None]:
        recorded = [caller for caller in callers if caller is not None]
        if not recorded:
            # Without this context, the batch would belong to the trace of the request whose task happened to start it.
            with trace.use_span(trace.INVALID_SPAN):
                yield
            return
        parent = trace.set_span_in_context(recorded[0])
        attributes = {"leaderforge.batch.size": len(callers)}
        with self._tracer.start_as_current_span(name, parent, attributes=attributes) as span:
            for caller in recorded:
                caller.add_link(span.get_span_context())
            yield

    @contextmanager
    def exchange(self, server: str, address: str, requests: int = 1) -> Iterator[None]:
        if not trace.get_current_span().is_recording():
            yield
            return
        host, _, port = address.partition(":")
        attributes: dict[str, str | int] = {"db.system.name": server, "server.address": host}
        if port.isdecimal():
            attributes["server.port"] = int(port)
        if requests > 1:
            attributes["db.operation.batch.size"] = requests
        with self._tracer.start_as_current_span(server, kind=SpanKind.CLIENT, attributes=attributes):
            yield
