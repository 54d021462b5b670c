"""Metrics."""

from contextlib import AbstractContextManager
from typing import Protocol


class Telemetry(Protocol):
    """Sink of metrics. Names are those of docs/operations.md."""

    def transaction(self, name: str) -> AbstractContextManager[None]:
        """Record the block as one transaction of that name."""
        ...

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Observe the duration of the block, in s."""
        ...

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add `value` to a counter."""
        ...

    def observe(self, name: str, value: float) -> None:
        """Record one value of a histogram. The metric's name says the unit."""
        ...

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        ...
