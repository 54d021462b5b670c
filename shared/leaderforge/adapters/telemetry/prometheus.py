"""Metrics for Prometheus, in the OpenMetrics format."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, PlatformCollector
from prometheus_client import ProcessCollector as ResourceCollector
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from leaderforge.adapters.telemetry.metrics import MEANINGS, buckets

_ACROSS_WORKERS: Mapping[str, Literal["livesum", "livemin"]] = {
    "change_feed_connected": "livemin",
    "stream_listeners": "livesum",
}
"""Aggregation of a gauge over the workers of a server, by name: the sum or the minimum of the live workers' values.

A gauge without an aggregation here shows the latest value of any worker.
"""


class Prometheus:
    """`Telemetry` for a scraper. A call costs about 1 us.

    With `multiprocess`, the workers of a server share the directory PROMETHEUS_MULTIPROC_DIR.
    """

    def __init__(self, *, multiprocess: bool = False) -> None:
        self._multiprocess = multiprocess
        self._registry = CollectorRegistry()
        if not multiprocess:
            ResourceCollector(registry=self._registry)
            PlatformCollector(registry=self._registry)
            GCCollector(registry=self._registry)
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
        return _Timer(histogram)

    def timed(self, name: str) -> AbstractContextManager[None]:
        return _Timer(self._histograms.get(name) or self._new_histogram(name))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        # `labels` locks and validates on every call. Therefore, cache its results by the values of the labels.
        counter = self._counted.get((name, *labels.values()))
        (counter or self._new_counter(name, labels)).inc(value)

    def observe(self, name: str, value: float) -> None:
        (self._histograms.get(name) or self._new_histogram(name)).observe(value)

    def gauge(self, name: str, value: float) -> None:
        (self._gauges.get(name) or self._new_gauge(name)).set(value)

    def exposition(self) -> tuple[bytes, str]:
        """Return the current values of all metrics, and their content type."""
        registry = self._registry
        if self._multiprocess:
            _forget_ended_workers()
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the package has no types here
        exposition: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the package has no types here
        return exposition, CONTENT_TYPE_LATEST

    def _new_counter(self, name: str, labels: Mapping[str, str]) -> Counter:
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = Counter(
                f"leaderforge_{name}", MEANINGS.get(name, name), list(labels), registry=self._registry
            )
        child = counter.labels(**labels) if labels else counter
        self._counted[name, *labels.values()] = child
        return child

    def _new_gauge(self, name: str) -> Gauge:
        gauge = self._gauges[name] = Gauge(
            f"leaderforge_{name}",
            MEANINGS.get(name, name),
            registry=self._registry,
            multiprocess_mode=_ACROSS_WORKERS.get(name, "mostrecent"),
        )
        return gauge

    def _new_histogram(self, name: str) -> Histogram:
        histogram = self._histograms[name] = self._histogram(name)
        return histogram

    def _histogram(self, name: str, labels: Sequence[str] = ()) -> Histogram:
        return Histogram(
            f"leaderforge_{name}", MEANINGS.get(name, name), labels, buckets=buckets(name), registry=self._registry
        )


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


class _Timer:
    """Context manager that observes its duration, in s."""

    __slots__ = ("_begin", "_histogram")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram

    def __enter__(self) -> None:
        self._begin = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._histogram.observe(perf_counter() - self._begin)
