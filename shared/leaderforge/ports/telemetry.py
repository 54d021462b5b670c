"""Metrics."""

from contextlib import AbstractContextManager
from typing import Protocol


class Telemetry(Protocol):
    """Receiver of metrics. docs/operations.md lists the names of the metrics."""

    def transaction(self, name: str) -> AbstractContextManager[None]:
        """Record the block as one transaction with this name."""
        ...

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Observe the duration of the block, in s."""
        ...

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add `value` to a counter."""
        ...

    def observe(self, name: str, value: float) -> None:
        """Record one value of a histogram. The metric's name contains the unit."""
        ...

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        ...
