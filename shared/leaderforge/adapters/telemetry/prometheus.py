"""Measurements for Prometheus, in the OpenMetrics format."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from time import perf_counter
from types import TracebackType
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, PlatformCollector
from prometheus_client import ProcessCollector as ResourceCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds for times: from a cached read to the longest deadline."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Upper bounds for numbers of items."""

MEANINGS: Mapping[str, str] = {
    "announcements_failed": "Announcements of changes that the feed could not take; they are made again.",
    "change_feed_connected": "1 while what other processes announce is heard, else 0.",
    "change_feed_failures": "How often hearing what other processes announce broke off or could not begin.",
    "changes_announced": "Changes of ladders announced to the other processes.",
    "http_requests": "Requests answered, by method, path template and status.",
    "index_apply_seconds": "Time to bring the index up to a batch of standings.",
    "index_lag_seconds": "Age of the oldest watermark: how far back the index is known to be complete.",
    "index_rebuilds": "Partitions of the index that were rebuilt.",
    "index_updates_deferred": "Standings that the index could not take, and that are pending until it can.",
    "index_doubts": "Reasons to have the index caught up before it is believed: a start, a broken connection.",
    "ingest_messages": "Messages taken from the queue of submissions, by what became of them.",
    "metadata_omitted": "Entries shown without their metadata, since the store was out of reach.",
    "periods_retired": "Past periods that the index was relieved of.",
    "rank_batch_size": "Players whose ranks were counted together.",
    "rate_limited": "Requests refused as too many, by what was limited: a key, a player or an address.",
    "rate_limits_skipped": "Requests that passed uncounted, since the limits were out of reach.",
    "reads_degraded": "Reads answered by the store, since the index could not.",
    "boards_purged": "Deleted boards whose scores were removed.",
    "reconcile_failures": "Rounds of reconciliation that failed.",
    "standings_backfilled": "Standings completed from earlier scores, in periods that boards were given.",
    "verification_failures": "Rounds of verification that failed.",
    "upkeep_failures": "Rounds of the upkeep of boards that failed.",
    "standings_differing": "Standings that the verification under way found other in the index than in the store.",
    "standings_mended": "Standings that verification found other in the index than in the store, and loaded anew.",
    "standings_verified": "Standings that verification compared with the index.",
    "standings_expired": "Standings of periods that were not to be kept any longer.",
    "stream_listeners": "Listeners of live boards.",
    "stream_updates": "Changes shown to the listeners of a live board, each counted once for all of them.",
    "store_record_seconds": "Time to commit a batch of submissions.",
    "submit_batch_size": "Submissions that were committed together.",
    "top_cache": "Reads of the top entries, by whether the cache had them.",
    "top_merge_seconds": "Time to merge the top entries of all partitions.",
    "transaction_seconds": "Time that each function's call took.",
}
"""What each metric tells. Their names here lack the prefix that all have in the exposition."""


_ACROSS_WORKERS: Mapping[str, Literal["livesum", "livemin"]] = {
    "change_feed_connected": "livemin",
    "stream_listeners": "livesum",
}
"""What several workers' values of a gauge amount to; the most recent one where nothing is said."""


class Prometheus:
    """`Telemetry` that a scraper reads. A call costs about a microsecond.

    With `multiprocess`, the workers of a server collect together in the directory that PROMETHEUS_MULTIPROC_DIR names.
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
        counter = self._counted.get((name, *labels.values()))
        (counter or self._new_counter(name, labels)).inc(value)

    def observe(self, name: str, value: float) -> None:
        (self._histograms.get(name) or self._new_histogram(name)).observe(value)

    def gauge(self, name: str, value: float) -> None:
        (self._gauges.get(name) or self._new_gauge(name)).set(value)

    def exposition(self) -> tuple[bytes, str]:
        """Return all metrics as they are now, and their content type."""
        registry = self._registry
        if self._multiprocess:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # as it is published
        exposition: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # as it is published
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
            f"leaderforge_{name}",
            MEANINGS.get(name, name),
            labels,
            buckets=SECONDS if name.endswith("_seconds") else SIZES,
            registry=self._registry,
        )


class _Timer:
    """Observes the seconds that what runs inside takes."""

    __slots__ = ("_begin", "_histogram")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram

    def __enter__(self) -> None:
        self._begin = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._histogram.observe(perf_counter() - self._begin)
