"""Measurements."""

from contextlib import AbstractContextManager
from typing import Protocol


class Telemetry(Protocol):
    """Where measurements go."""

    def transaction(self, name: str) -> AbstractContextManager[None]:
        """Time what runs inside as one transaction of that name."""
        ...

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Observe the seconds that what runs inside takes."""
        ...

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, value: float) -> None:
        """Record one value of a distribution, in seconds, items or whatever the name says."""
        ...

    def gauge(self, name: str, value: float) -> None:
        """Set a value that goes up and down."""
        ...
