"""Metrics for Prometheus, in the OpenMetrics format."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, PlatformCollector
from prometheus_client import ProcessCollector as ResourceCollector
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from leaderforge.adapters.telemetry.metrics import buckets, described
from leaderforge.adapters.telemetry.tally import Tally, Timer

_ACROSS_WORKERS: Mapping[str, Literal["livesum", "livemin"]] = {
    "change_feed_connected": "livemin",
    "stream_listeners": "livesum",
}
"""Aggregation of a gauge over the workers of a server, by name: the sum or the minimum of the live workers' values.

A gauge without an aggregation here shows the latest value of any worker.
"""


class Prometheus:
    """`Telemetry` of one process for a scraper. A call costs about 0.5 us. All calls must come from one thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ResourceCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._tally = Tally()
        self._registry.register(self._tally)

    def transaction(self, name: str) -> AbstractContextManager[None]:
        return Timer(self._tally.histogram("transaction_seconds", name))

    def timed(self, name: str) -> AbstractContextManager[None]:
        return Timer(self._tally.histogram(name))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        self._tally.count(name, value, labels)

    def observe(self, name: str, value: float) -> None:
        self._tally.histogram(name).observe(value)

    def gauge(self, name: str, value: float) -> None:
        self._tally.gauge(name, value)

    def exposition(self) -> tuple[bytes, str]:
        """Return the current values of all metrics, and their content type."""
        return _shown(self._registry)


class PrometheusOfWorkers:
    """`Telemetry` of the workers of a server, for a scraper of any of them. A call costs about 1 us.

    The workers share the directory PROMETHEUS_MULTIPROC_DIR. A scrape shows the sums of all workers.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._counted: dict[tuple[str, ...], Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._transactions = self._histogram("transaction_seconds", ["name"])
        self._timed: dict[str, Histogram] = {}

    def transaction(self, name: str) -> AbstractContextManager[None]:
        histogram = self._timed.get(name)
        if histogram is None:
            histogram = self._timed[name] = self._transactions.labels(name)
        return Timer(histogram)

    def timed(self, name: str) -> AbstractContextManager[None]:
        return Timer(self._histograms.get(name) or self._new_histogram(name))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        # `labels` locks and validates on every call. Therefore, cache its results by the values of the labels.
        counter = self._counted.get((name, *labels.values()))
        (counter or self._new_counter(name, labels)).inc(value)

    def observe(self, name: str, value: float) -> None:
        (self._histograms.get(name) or self._new_histogram(name)).observe(value)

    def gauge(self, name: str, value: float) -> None:
        (self._gauges.get(name) or self._new_gauge(name)).set(value)

    def exposition(self) -> tuple[bytes, str]:
        """Return the current values of the metrics of all workers, and their content type."""
        _forget_ended_workers()
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the package has no types here
        return _shown(registry)

    def _new_counter(self, name: str, labels: Mapping[str, str]) -> Counter:
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = Counter(*described(name), list(labels), registry=self._registry)
        child = counter.labels(**labels) if labels else counter
        self._counted[name, *labels.values()] = child
        return child

    def _new_gauge(self, name: str) -> Gauge:
        gauge = self._gauges[name] = Gauge(
            *described(name),
            registry=self._registry,
            multiprocess_mode=_ACROSS_WORKERS.get(name, "mostrecent"),
        )
        return gauge

    def _new_histogram(self, name: str) -> Histogram:
        histogram = self._histograms[name] = self._histogram(name)
        return histogram

    def _histogram(self, name: str, labels: Sequence[str] = ()) -> Histogram:
        return Histogram(*described(name), labels, buckets=buckets(name), registry=self._registry)


def _shown(registry: CollectorRegistry) -> tuple[bytes, str]:
    exposition: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the package has no types here
    return exposition, CONTENT_TYPE_LATEST


def _forget_ended_workers() -> None:
    """Delete the gauges of workers that have ended. The counters of these workers stay."""
    for path in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("gauge_live*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not _runs(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the package has no types here


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # a process of another user
    return True
