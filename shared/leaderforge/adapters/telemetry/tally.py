"""Counts of one process, which a scrape of Prometheus reads."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from time import perf_counter
from types import TracebackType
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from leaderforge.adapters.telemetry.metrics import buckets, described


class Tally(Collector):
    """Counters, gauges and histograms as plain numbers, without locks: all calls must come from one thread.

    The counters and histograms of the package lock and validate at every call, which takes most of the time of a
    measurement. Each request has three to five measurements.
    """

    def __init__(self) -> None:
        self._labels: dict[str, tuple[str, ...]] = {}
        self._counts: dict[tuple[str, ...], int] = {}
        self._gauges: dict[str, float] = {}
        self._histograms: dict[tuple[str, str], HistogramCounts] = {}

    def count(self, name: str, value: int, labels: Mapping[str, str]) -> None:
        """Add to a counter. The names of the labels must be the same, in the same order, at every call."""
        key = (name, *labels.values())
        try:
            self._counts[key] += value
        except KeyError:
            self._labels.setdefault(name, tuple(labels))
            self._counts[key] = value

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        self._gauges[name] = value

    def histogram(self, name: str, transaction: str = "") -> "HistogramCounts":
        """Return a histogram, or the histogram of one transaction."""
        histogram = self._histograms.get((name, transaction))
        if histogram is None:
            histogram = self._histograms[name, transaction] = HistogramCounts(buckets(name))
        return histogram

    def collect(self) -> Iterator[Metric]:
        for name, value in self._gauges.items():
            yield GaugeMetricFamily(*described(name), value)
        counters = {name: CounterMetricFamily(*described(name), labels=labels) for name, labels in self._labels.items()}
        for (name, *values), count in self._counts.items():
            counters[name].add_metric(values, count)
        yield from counters.values()
        histograms: dict[str, HistogramMetricFamily] = {}
        for (name, transaction), histogram in self._histograms.items():
            labels, values = (["name"], [transaction]) if transaction else ([], [])
            family = histograms.setdefault(name, HistogramMetricFamily(*described(name), labels=labels))
            family.add_metric(values, histogram.cumulated(), histogram.total)
        yield from histograms.values()


class HistogramCounts:
    """Histogram: numbers of values by bucket, and the sum of the values."""

    __slots__ = ("_bounds", "_numbers", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(map(float, bounds))
        self._numbers = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value in its bucket. A bucket includes its upper bound."""
        self._numbers[bisect_left(self._bounds, value)] += 1
        self.total += value

    def cumulated(self) -> list[tuple[str, float]]:
        """Return the upper bound of each bucket as text, and the number of values up to this bound."""
        return list(zip([*map(str, self._bounds), "+Inf"], accumulate(self._numbers), strict=True))


class Observer(Protocol):
    """Receiver of values: a `HistogramCounts`, or a histogram of the package."""

    def observe(self, value: float, /) -> None:
        """Count a value."""
        ...


class Timer:
    """Context manager that observes its duration, in s."""

    __slots__ = ("_begin", "_counts")

    def __init__(self, counts: Observer) -> None:
        self._counts = counts

    def __enter__(self) -> None:
        self._begin = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._counts.observe(perf_counter() - self._begin)
